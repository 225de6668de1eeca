import { describe, expect, it } from '@jest/globals';
import type { Command, ExecuteRequest, ExecuteResponse, Principal, Result } from '@ledgerflow/contracts/grpc';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { CommandBatcher, QUEUE_COMMANDS_MAX } from './batcher.ts';

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
  const pending: { ledger: string; request: ExecuteRequest; answer: () => void; fail: (error: Error) => void }[] = [];
  const execute = (ledger: string, request: ExecuteRequest): Promise<ExecuteResponse> =>
    new Promise((resolve, reject) =>
      pending.push({ ledger, request, answer: () => resolve({ results: request.commands.map(resultOf) }), fail: reject }),
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
