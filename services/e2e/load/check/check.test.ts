import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpRequest } from '../../driver/index.ts';
import { stackMembers } from '../cpu.ts';
import { AccountHistory, checkHistory, type EntryLine } from './history.ts';
import { isServedFrom } from './ledger.ts';
import { checkLog } from './log.ts';
import { asOutcome } from './outcome.ts';
import { LedgerReader } from './reader.ts';

const entry = (change: Partial<EntryLine> = {}): EntryLine => ({
  position: '3',
  index: 0,
  account: 'a',
  amount: '1.00',
  balanceAfter: '1.00',
  version: '2',
  ...change,
});
const second = (change: Partial<EntryLine> = {}): EntryLine =>
  entry({ position: '5', amount: '-0.40', balanceAfter: '0.60', version: '3', ...change });

const readerOf = (bodyOf: (path: string) => unknown, signal?: AbortSignal): LedgerReader =>
  new LedgerReader(
    { request: async ({ path }: HttpRequest) => ({ status: 200, headers: {}, text: JSON.stringify(bodyOf(path)) }) },
    'l',
    null,
    signal,
  );

describe('the history of an account', () => {
  it('fits when versions are dense and each balance follows from the one before', () => {
    const history = new AccountHistory('a');
    expect([history.take([entry()]), history.take([second()]), history.end(60n)]).toEqual([null, null, null]);
    expect(history.end(61n)).toMatch(/sum to 0.60 instead of 0.61/);
  });

  it.each([
    [second({ version: '4' }), /version 4 follows 2/],
    [second({ position: '3' }), /is listed after/],
    [second({ balanceAfter: '0.61' }), /sum to 0.60/],
    [second({ account: 'b' }), /account b/],
  ])('does not fit with %j', (wrong, message) => expect(new AccountHistory('a').take([entry(), wrong])).toMatch(message));

  it('is read and compared, without accounts in doubt', async () => {
    const reader = readerOf(() => ({ data: [entry(), second()], nextCursor: null }));
    const expected = new Map([
      ['a', 60n],
      ['b', 1n],
    ]);
    expect(await checkHistory(reader, expected, new Set(['b']))).toMatchObject({ outcome: 'ok', accounts: 1, of: 1, entries: 2 });
    expect(await checkHistory(reader, new Map([['a', 61n]]), new Set())).toMatchObject({ outcome: 'wrong' });
  });
});

describe('a check', () => {
  it('of a ledger to which others write is not possible, not wrong', async () => {
    const reader = readerOf((path) =>
      path.includes('/events')
        ? { data: [], nextCursor: null }
        : { data: [{ account: 'a', currency: 'USD', posted: '0.00', version: '1', asOfPosition: '9' }], nextCursor: null },
    );
    expect(await checkLog(reader, () => undefined)).toMatchObject({ outcome: 'not possible', isExpected: true });
  });

  it('that throws is a value, and an interruption ends it', async () => {
    const reader = readerOf(() => ({}), AbortSignal.abort());
    expect(await asOutcome(() => checkHistory(reader, new Map([['a', 1n]]), new Set()))).toEqual({
      outcome: 'not possible',
      why: 'it was interrupted',
      isExpected: false,
    });
  });
});

describe('a data folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-'));
    await writeFile(join(folder, 'instance.lock'), JSON.stringify({ url: 'http://localhost:8080' }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['http://127.0.0.1:8080', true],
    ['http://127.0.0.1:8081', false],
    ['http://other.example.com:8080', false],
  ])('is that of %s: %s', async (address, expected) => expect(await isServedFrom(folder, address)).toBe(expected));
});

it('the CPU of a stack is that of its known parts', () => {
  const line = (pid: number, parent: number, name: string) => ({ pid, parent, name, seconds: 1 });
  const processes = [
    line(10, 1, 'local'),
    line(12, 11, 'postgres'),
    line(11, 10, 'postgres'),
    line(13, 10, 'other'),
    line(14, 1, 'postgres'),
  ];
  expect(stackMembers(processes, 10).map(({ pid }) => pid)).toEqual([10, 12, 11]);
});
