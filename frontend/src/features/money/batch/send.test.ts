import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOVEMENT, problem, unreachable } from '../intent/intent.fixture.ts';
import type { Row } from './parse.ts';
import { type BatchAnswer, itemOf, PART_ROWS_MAX, partsOf, sendBatch, type Sending } from './send.ts';
import { type Batch, batches, type Batches, isDoubtful, type Mode, newBatch } from './slice.ts';

const place = 'p';
const row = (line: number, change: Partial<Row> = {}): Row => ({
  line,
  from: 'a',
  to: 'b',
  amount: '1',
  currency: 'USD',
  fault: null,
  ...change,
});
const manyRows = (count: number): Row[] => Array.from({ length: count }, (_, index) => row(index + 2));

type Body = Parameters<Sending['post']>[0];
type Result = BatchAnswer['data']['results'][number];
type Gateway = (body: Body, key: string, request: number) => Result[] | Error | 'stop';

const done: Result = { status: 201, transaction: MOVEMENT };
const refusal = (status: number, code: string): Result => ({
  status,
  problem: { type: 't', title: code, status, code, detail: code, requestId: 'r' },
});

/** Sends a batch to a gateway of these answers, as often as one goes on. */
function scene(rows: Row[], mode: Mode, gateway: Gateway) {
  let state: Batches = { [place]: { ...newBatch('key', 'f.csv', rows), mode } };
  const requests: { body: Body; key: string }[] = [];
  const now = (): Batch => state[place] as Batch;
  const send = async (): Promise<unknown> => {
    state = batches.reducer(state as Record<string, Batch>, batches.actions.started({ place }));
    return sendBatch({
      place,
      now,
      step: (action) => void (state = batches.reducer(state as Record<string, Batch>, action)),
      post: (body, key) => {
        requests.push({ body, key });
        const answer = gateway(body, key, requests.length);
        if (answer instanceof Error) return Promise.reject(answer);
        if (answer === 'stop') state = batches.reducer(state as Record<string, Batch>, batches.actions.stopping({ place }));
        const results = answer === 'stop' ? body.transactions.map(() => done) : answer;
        return Promise.resolve({ data: { results }, isReplayed: false });
      },
    }).catch((error: unknown) => error);
  };
  const states = (): (string | undefined)[] => now().results.map((result) => result?.state);
  return { send, now, states, requests };
}

const all: Gateway = ({ transactions }) => transactions.map(() => done);

describe('rows on their own', () => {
  it('go in parts of 1,000, each row under a key of its own line, wrong ones not at all', async () => {
    const rows = manyRows(2_500);
    rows[3] = row(5, { fault: 'wrong' });
    const { send, now, requests } = scene(rows, 'each', all);
    expect(await send()).toBeUndefined();
    expect(requests.map(({ body }) => body.transactions.length)).toEqual([1_000, 1_000, 499]);
    const keys = requests.flatMap(({ body }) => body.transactions.map(({ idempotencyKey }) => idempotencyKey));
    expect(keys).toEqual(rows.filter(({ fault }) => fault === null).map(({ line }) => `key/${line}`));
    expect(now().phase).toBe('done');
    expect(now().results[3]).toBeNull();
  });

  it('keep what the ledger says to each; one without a decision is asked for again', async () => {
    const { send, now, states, requests } = scene(manyRows(3), 'each', (_body, _key, request) =>
      request === 1 ? [done, refusal(422, 'insufficient_funds'), refusal(503, 'unavailable')] : [done],
    );
    await send();
    expect([states(), now().phase]).toEqual([['done', 'refused', 'open'], 'stopped']);
    await send();
    expect([states(), now().phase]).toEqual([['done', 'refused', 'done'], 'done']);
    expect(requests[1]?.body.transactions.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['key/4']);
  });

  it('go on after a lost answer under the same keys', async () => {
    const { send, now, states, requests } = scene(manyRows(1_500), 'each', (body, key, request) =>
      request === 2 ? unreachable() : all(body, key, request),
    );
    expect(await send()).toMatchObject({ isOutcomeUnknown: true });
    expect([now().phase, states().filter((state) => state === 'open').length, isDoubtful(now())]).toEqual(['stopped', 500, true]);
    expect(await send()).toBeUndefined();
    expect(requests[2]?.body).toEqual(requests[1]?.body);
    expect(now().phase).toBe('done');
  });

  it('that nobody looked at are as before; of those that may have been done that is not said', async () => {
    const answers: Gateway = (body, key, request) =>
      request === 1 ? unreachable() : request === 2 ? problem(401, 'unauthenticated') : all(body, key, request);
    const lost = scene(manyRows(2), 'each', answers);
    await lost.send();
    await lost.send();
    expect(lost.states()).toEqual(['open', 'open']);
    const fresh = scene(manyRows(2), 'each', () => problem(401, 'unauthenticated'));
    expect(await fresh.send()).toMatchObject({ status: 401 });
    expect([fresh.now().results, fresh.now().phase, isDoubtful(fresh.now())]).toEqual([[null, null], 'stopped', false]);
  });

  it('go without the one that the gateway would not take', async () => {
    const { send, states, now } = scene(manyRows(3), 'each', (body, key, request) =>
      request === 1 ? problem(400, 'invalid_request', { field: 'transactions.1.reference' }) : all(body, key, request),
    );
    expect(await send()).toBeUndefined();
    expect([states(), now().phase]).toEqual([['done', 'refused', 'done'], 'done']);
  });

  it('end behind the part that is on its way when one stops', async () => {
    const { send, now, requests } = scene(manyRows(3_000), 'each', (body, key, request) =>
      request === 1 ? 'stop' : all(body, key, request),
    );
    await send();
    expect([requests.length, now().phase, now().isStopping, isDoubtful(now())]).toEqual([1, 'stopped', false, false]);
    await send();
    expect([requests.length, now().phase]).toEqual([3, 'done']);
  });

  it('are each sent to an end once, whatever is lost, busy or broken on the way', async () => {
    const fate = fc.constantFrom('fine', 'lost', 'busy', 'broken', 'signed-out');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_200 }), fc.array(fate, { maxLength: 6 }), async (count, fates) => {
        const written = new Map<string, number>();
        const { send, now } = scene(manyRows(count), 'each', (body, _key, request) => {
          const what = fates[request - 1] ?? 'fine';
          if (what === 'busy') return problem(503, 'overloaded');
          if (what === 'signed-out') return problem(401, 'unauthenticated');
          for (const { idempotencyKey = '' } of body.transactions) written.set(idempotencyKey, (written.get(idempotencyKey) ?? 0) + 1);
          if (what === 'lost') return unreachable();
          return body.transactions.map((_one, index) => (what === 'broken' && index % 3 === 0 ? refusal(500, 'internal') : done));
        });
        for (let turn = 0; turn <= fates.length && now().phase !== 'done'; turn++) await send();
        expect(now().phase).toBe('done');
        expect([...written.keys()].toSorted()).toEqual(Array.from({ length: count }, (_, index) => `key/${index + 2}`).toSorted());
      }),
      { numRuns: 20 },
    );
  });
});

describe('all or none', () => {
  it('is one request under the key itself', async () => {
    const { send, now, requests } = scene(manyRows(3), 'atomic', all);
    await send();
    expect(requests.map(({ key, body }) => [key, body.atomic, body.transactions.length])).toEqual([['key', true, 3]]);
    expect(requests[0]?.body.transactions[0]).not.toHaveProperty('idempotencyKey');
    expect(now().phase).toBe('done');
  });

  it('names the row that was refused, and that nothing was done', async () => {
    const { send, now, states } = scene(manyRows(3), 'atomic', () => problem(422, 'insufficient_funds', { index: '1' }));
    await send();
    expect([now().phase, states()]).toEqual(['nothing', [undefined, 'refused', undefined]]);
  });

  it('is unknown after a lost answer until the ledger has said it', async () => {
    const { send, now, requests } = scene(manyRows(2), 'atomic', (body, key, request) =>
      request === 1 ? unreachable() : request === 2 ? problem(403, 'forbidden') : all(body, key, request),
    );
    await send();
    await send();
    expect([now().phase, isDoubtful(now())]).toEqual(['stopped', true]);
    await send();
    expect([now().phase, requests.map(({ key }) => key)]).toEqual(['done', ['key', 'key', 'key']]);
  });
});

it('makes parts that a request of 1 MiB holds', () => {
  const rows = manyRows(900).map((one) => ({ ...one, reference: 'ü'.repeat(1_000) }));
  const parts = partsOf(
    rows,
    rows.map((_, index) => index),
  );
  expect(parts.flat()).toEqual(rows.map((_, index) => index));
  for (const part of parts) {
    const body = JSON.stringify({
      atomic: false,
      transactions: part.map((index) => ({ idempotencyKey: 'k'.repeat(40), ...itemOf(rows[index] as Row) })),
    });
    expect(Buffer.byteLength(body)).toBeLessThan(1_024 * 1_024);
    expect(part.length).toBeLessThanOrEqual(PART_ROWS_MAX);
  }
});
