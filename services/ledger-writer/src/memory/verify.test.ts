import { beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { leafHash, recordFromJson, recordToJson } from '@ledgerflow/contracts';
import { execute, say, submit, terms } from './fixtures.ts';
import { makeMemoryStore } from './store.ts';
import { replayLog } from './verify.ts';

describe('replaying a log', () => {
  let texts: string[];

  beforeAll(async () => {
    const { store, directory } = makeMemoryStore();
    const location = await directory.allocate('test');
    await execute(store, location, [
      submit(say.openLedger('USD')),
      submit(say.open('alice', 'USD', { initialBalance: '10' })),
      submit(say.open('bob', 'USD')),
      submit(say.transfer('alice', 'bob', '4', 'USD', terms({ reference: 'r' }))),
    ]);
    texts = await store.readLog(location, 0n, null, 10, 1_000_000);
  });

  /** The log with its last record changed, and hashed again: who tampers with a database can do that. */
  const tampered = (change: (record: LedgerRecord) => Partial<LedgerRecord>): string[] => {
    const last = recordFromJson(texts.at(-1) as string);
    const changed = { ...last, ...change(last) };
    return [...texts.slice(0, -1), recordToJson({ ...changed, hash: leafHash(changed) })];
  };
  const doubled = (record: LedgerRecord, by: bigint): LedgerRecord['events'] =>
    record.events.map((event) =>
      event.type === 'EntryPosted'
        ? { ...event, amount: event.amount * by, postedAfter: event.postedAfter + event.amount * (by - 1n) }
        : event,
    );

  it('takes a log as it is', () => expect(replayLog(texts).head.position).toBe(4n));

  it.each<[string, () => string[], RegExp]>([
    ['a missing record', () => [...texts.slice(0, 2), ...texts.slice(3)], /record 4 after 2/],
    [
      'a record without its hash',
      () => [...texts.slice(0, -1), (texts.at(-1) as string).replace('"actor":"tester"', '"actor":"nobody"')],
      /another hash/,
    ],
    ['another record before', () => tampered(() => ({ previousHash: '1'.repeat(64) })), /does not know/],
    ['a time that goes back', () => tampered(() => ({ recordedAt: 1n })), /not later/],
    [
      'details that were changed',
      () => tampered(({ details }) => ({ details: details.map((one) => ({ ...one, body: { reference: 'x' } })) })),
      /details of 4/,
    ],
    ['one-sided money', () => tampered(({ events }) => ({ events: events.slice(1) })), /sums to/],
    ['a balance below the minimum', () => tampered((record) => ({ events: doubled(record, 3n) })), /below its minimum/],
  ])('finds %s', (_, log, message) => expect(() => replayLog(log())).toThrow(message));
});
