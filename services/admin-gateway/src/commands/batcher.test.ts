import { describe, expect, it } from '@jest/globals';
import type { Command, ExecuteRequest, ExecuteResponse, Principal, Result } from '@ledgerflow/contracts/grpc';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { status } from '@grpc/grpc-js';
import { type EntryPostedEvent, recordToJson } from '@ledgerflow/contracts';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { OversizedMessage, toProblem } from '../writer/calls.ts';
import { CommandBatcher, QUEUE_COMMANDS_MAX } from './batcher.ts';
import { weightOf } from './weight.ts';

const principal = (id: string): Principal => ({ id, roles: [], ledgers: [], source: 'api' });
const commandOf = (ledger: string, idempotencyKey: string): Command => ({
  ledger,
  principal: 0,
  idempotencyKey,
  requestId: '',
  correlationId: '',
  causationId: '',
  dryRun: false,
  body: undefined,
});
const resultOf = (command: Command): Result => ({ outcome: { $case: 'record', value: command.idempotencyKey }, replayed: false });

/** Calls that are answered when the test says so. */
function calls() {
  const pending: { ledger: string; request: ExecuteRequest; answer: (result?: Result) => void; fail: (error: Error) => void }[] = [];
  const execute = (ledger: string, request: ExecuteRequest): Promise<ExecuteResponse> =>
    new Promise((resolve, reject) =>
      pending.push({
        ledger,
        request,
        answer: (result) => resolve({ results: request.commands.map((command) => result ?? resultOf(command)) }),
        fail: reject,
      }),
    );
  return { pending, batcher: new CommandBatcher({ execute, metrics: createMetrics('test') }) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the command batcher', () => {
  it('gathers what comes in one turn, then what comes while two calls are on their way', async () => {
    const { pending, batcher } = calls();
    const alice = principal('alice');
    const bob = principal('bob');
    const answers = ['a', 'b', 'c'].map((key) => batcher.submit(commandOf('one', key), key === 'b' ? bob : alice, 100));
    await turn();
    answers.push(batcher.submit(commandOf('one', 'd'), alice, 100));
    await turn();
    for (const key of ['e', 'f', 'g']) answers.push(batcher.submit(commandOf('one', key), alice, 100));
    await turn();
    expect(pending.map(({ request }) => request.commands.map(({ idempotencyKey }) => idempotencyKey))).toEqual([['a', 'b', 'c'], ['d']]);
    expect(pending[0]?.request.principals).toEqual([alice, bob]);
    expect(pending[0]?.request.commands.map((command) => command.principal)).toEqual([0, 1, 0]);
    pending[0]?.answer();
    await turn();
    await turn();
    expect(pending[2]?.request.commands.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['e', 'f', 'g']);
    pending[1]?.answer();
    pending[2]?.answer();
    const values = (await Promise.all(answers)).map(({ outcome }) => outcome?.value);
    expect(values).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('keeps ledgers apart, and a failed call to its own commands', async () => {
    const { pending, batcher } = calls();
    const one = batcher.submit(commandOf('one', 'a'), principal('x'), 100);
    const two = batcher.submit(commandOf('two', 'b'), principal('x'), 100);
    await turn();
    expect(pending.map(({ ledger }) => ledger)).toEqual(['one', 'two']);
    pending[0]?.fail(new Error('lost'));
    pending[1]?.answer();
    await expect(one).rejects.toThrow('lost');
    expect((await two).outcome?.value).toBe('b');
  });

  it('is bounded: refuses early when too many commands wait, and takes new ones when they are done', async () => {
    const { pending, batcher } = calls();
    const who = principal('x');
    const all = Array.from({ length: QUEUE_COMMANDS_MAX }, (_, i) => batcher.submit(commandOf('one', String(i)), who, 10));
    await expect(batcher.submit(commandOf('one', 'late'), who, 10)).rejects.toMatchObject({ code: 'overloaded' });
    for (let i = 0; i < 100 && pending.length < QUEUE_COMMANDS_MAX / 1_000; i++) {
      await turn();
      pending.forEach(({ answer }) => answer());
    }
    expect(Math.max(...pending.map(({ request }) => request.commands.length))).toBeLessThanOrEqual(1_000);
    pending.forEach(({ answer }) => answer());
    await Promise.all(all);
    await turn();
    const next = batcher.submit(commandOf('one', 'next'), who, 10);
    await turn();
    pending.at(-1)?.answer();
    expect((await next).outcome?.value).toBe('next');
  });
});

describe('a call that would be too large for a message', () => {
  it('is not made: commands leave together up to what their answers may weigh', async () => {
    const { pending, batcher } = calls();
    const postings = Array.from({ length: 100 }, () => ({ from: 'a', to: 'b', amount: '1', currency: 'USD' }));
    const bytes = weightOf({ $case: 'postTransaction', value: { postings, terms: undefined, expectedVersions: [] } }, 6_000);
    const answers = Array.from({ length: 400 }, (_, i) => batcher.submit(commandOf('one', String(i)), principal('x'), bytes));
    for (let i = 0; i < 100 && pending.length < 4; i++) {
      await turn();
      pending.forEach(({ answer }) => answer());
    }
    await Promise.all(answers);
    for (const { request } of pending) expect(request.commands.length * bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  it('never weighs less than its record', () => {
    const big = 10n ** 38n - 1n;
    const id = 'a'.repeat(128);
    const currency = 'C'.repeat(16);
    const posting = { from: id, to: id, amount: big.toString(), currency };
    const entry: EntryPostedEvent = {
      type: 'EntryPosted',
      account: id,
      accountNumber: 2 ** 31 - 1,
      currency,
      version: 2n ** 63n - 1n,
      transaction: 999,
      amount: -big,
      postedAfter: -big,
      heldAfter: -big,
    };
    const transaction = { id: `${2n ** 63n - 1n}-999`, effectiveAt: GOLDEN_RECORD.effectiveAt, externalId: 'x'.repeat(255) };
    const terms = { externalId: transaction.externalId };
    for (const [count, postings] of [
      [1, 1],
      [1, 100],
      [1_000, 1],
      [50, 100],
    ] as const) {
      const transactions = Array.from({ length: count }, () => ({ postings: Array.from({ length: postings }, () => posting) }));
      const record = recordToJson({
        ...GOLDEN_RECORD,
        ledger: id,
        actor: 'x'.repeat(255),
        scales: { [currency]: 18 },
        transactions: transactions.map(() => transaction),
        details: transactions.map((_, index) => ({ index, hash: '6'.repeat(64), salt: '6'.repeat(32), body: {} })),
        events: Array.from({ length: count * postings * 2 }, () => entry),
      });
      const requestBytes = JSON.stringify(transactions.map((one) => ({ ...one, ...terms }))).length;
      const value = { transactions: transactions.map((one) => ({ ...one, terms: undefined, expectedVersions: [] })) };
      expect(weightOf({ $case: 'postBatch', value }, requestBytes)).toBeGreaterThanOrEqual(record.length);
    }
  });

  it('is repeated by halves under the same keys when it comes to it', async () => {
    const { pending, batcher } = calls();
    const answers = ['a', 'b', 'c', 'd'].map((key) => batcher.submit(commandOf('one', key), principal(key), 100));
    const settled = Promise.allSettled(answers);
    const isTooLarge = (keys: string[]): boolean => keys.length > 2 || keys.includes('d');
    const tried: string[] = [];
    for (let i = 0; i < 100 && tried.length < 5; i++) {
      await turn();
      for (const { request, answer, fail } of pending.splice(0)) {
        const keys = request.commands.map(({ idempotencyKey, principal: index }) => {
          expect(request.principals[index]?.id).toBe(idempotencyKey);
          return idempotencyKey;
        });
        tried.push(keys.join(''));
        if (isTooLarge(keys)) fail(new OversizedMessage());
        else answer();
      }
    }
    expect(tried).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
    const [a, b, c, d] = await settled;
    expect([a, b, c].map((one) => one?.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(d).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  });

  it('is not turned away when a half of it is: the whole may have happened', async () => {
    const { pending, batcher } = calls();
    const answers = Promise.all(['a', 'b'].map((key) => batcher.submit(commandOf('one', key), principal(key), 100)));
    await turn();
    pending.shift()?.fail(new OversizedMessage());
    for (let i = 0; i < 100 && pending.length === 0; i++) await turn();
    pending.shift()?.answer({ outcome: { $case: 'failure', value: { code: 'overloaded', message: '' } }, replayed: false });
    for (let i = 0; i < 100 && pending.length === 0; i++) await turn();
    pending.shift()?.answer();
    expect(await answers).toMatchObject([{ outcome: { value: { code: 'unavailable' } } }, { outcome: { value: 'b' } }]);
  });

  it('is known by what gRPC says', () => {
    const exhausted = (details: string) => toProblem(Object.assign(new Error(details), { code: status.RESOURCE_EXHAUSTED, details }));
    for (const details of [
      'Received message larger than max (20000000 vs 16777216)',
      'Sent message larger than max (20000000 vs. 16777216)',
      'Attempted to send message with a size larger than 16777216',
    ])
      expect(exhausted(details)).toBeInstanceOf(OversizedMessage);
    expect(exhausted('Bandwidth exhausted')).not.toBeInstanceOf(OversizedMessage);
  });
});
