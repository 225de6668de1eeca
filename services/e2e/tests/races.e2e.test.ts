import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';

const ROUNDS = 50;
const RACERS = 64;

/** G1, G3: through two writers at once. */
describe('races', () => {
  let stack: Stack;
  let api: ApiClient;

  beforeAll(async () => {
    stack = await Stack.start({ writers: 2 });
    api = await stack.client({ roles: ['admin'] });
    await api.seed('races', { pot: '0', sink: '0' });
  }, 120_000);
  afterAll(() => stack?.stop());

  const outcomes = (answers: Answer[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const answer of answers) {
      const name = answer.status < 300 ? String(answer.status) : `${answer.status} ${String(answer.body['code'])}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };

  it(`lets exactly one of ${RACERS} withdrawals of the whole balance win, ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await api.mustPost('/ledgers/races/accounts/pot/deposits', { amount: '10.00', currency: 'USD' });
      const answers = await Promise.all(
        Array.from({ length: RACERS }, () => api.post('/ledgers/races/accounts/pot/withdrawals', { amount: '10.00', currency: 'USD' })),
      );
      expect(outcomes(answers)).toEqual({ '201': 1, '422 insufficient_funds': RACERS - 1 });
    }
  }, 120_000);

  it('gives one key from 32 callers one effect and equal bodies', async () => {
    await api.mustPost('/ledgers/races/accounts/pot/deposits', { amount: '10.00', currency: 'USD' });
    const answers = await Promise.all(
      Array.from({ length: 32 }, () =>
        api.post('/ledgers/races/transfers', { from: 'pot', to: 'sink', amount: '1.00', currency: 'USD' }, { key: 'same-key' }),
      ),
    );
    expect(outcomes(answers)).toEqual({ '201': 32 });
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(31);
  });

  it('gives 32 keys with one externalId one transaction', async () => {
    const answers = await Promise.all(
      Array.from({ length: 32 }, () =>
        api.post<{ transactionId: string }>('/ledgers/races/accounts/pot/deposits', {
          amount: '1.00',
          currency: 'USD',
          externalId: 'invoice-7',
        }),
      ),
    );
    expect(outcomes(answers as unknown as Answer[])).toEqual({ '201': 1, '409 external_id_exists': 31 });
    const first = answers.find((answer) => answer.status === 201)!.body.transactionId;
    for (const answer of answers.filter((one) => one.status === 409)) expect(answer.body.transactionId).toBe(first);
  });

  it('opens an account once and refuses no innocent neighbour', async () => {
    const [twice, innocent] = await Promise.all([
      Promise.all(Array.from({ length: 8 }, () => api.post('/ledgers/races/accounts', { id: 'twice', currency: 'USD' }))),
      Promise.all(Array.from({ length: 8 }, (_, i) => api.post('/ledgers/races/accounts', { id: `innocent-${i}`, currency: 'USD' }))),
    ]);
    expect(outcomes(twice)).toEqual({ '201': 1, '409 account_exists': 7 });
    expect(outcomes(innocent)).toEqual({ '201': 8 });
  });

  it('accepts one body under a key that two writers get with different bodies', async () => {
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          api.post('/ledgers/races/accounts/pot/deposits', { amount: `0.0${i + 1}`, currency: 'USD' }, { key: `bodies-${round}` }),
        ),
      );
      expect(outcomes(answers)).toEqual({ '201': 1, '422 idempotency_key_reused': 7 });
    }
  });

  it('keeps a stale If-Match from writing', async () => {
    const account = await api.get('/ledgers/races/accounts/sink');
    const etag = account.headers.get('etag')!;
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        api.post('/ledgers/races/accounts/sink/deposits', { amount: '0.01', currency: 'USD' }, { headers: { 'if-match': etag } }),
      ),
    );
    expect(outcomes(answers)).toEqual({ '201': 1, '412 version_mismatch': 15 });
  });
});
