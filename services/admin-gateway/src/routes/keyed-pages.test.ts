import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../test/gateway.ts';

/** The routes whose lists have keys of their own: searches, days, buckets. */
describe('lists of projections', () => {
  let test: TestGateway;
  const deposit = (account: string, amount: string) => test.post(`/ledgers/main/accounts/${account}/deposits`, { amount, currency: 'USD' });

  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0', alba: '0', bob: '0' });
    await deposit('alice', '5');
    await test.post('/ledgers/main/accounts/alice/withdrawals', { amount: '2', currency: 'USD' });
    await deposit('bob', '7');
  });
  afterAll(() => test.stop());

  it('a search is paged by its cursor, and says whether it is of a sample', async () => {
    const first = await test.get('/ledgers/main/account-search?q=al&limit=1');
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ data: [{ id: 'alba', posted: '0.00' }], isSample: false });
    const second = await test.get(`/ledgers/main/account-search?q=al&limit=1&cursor=${String(first.body['nextCursor'])}`);
    expect(second.body).toMatchObject({ data: [{ id: 'alice', posted: '3.00' }], nextCursor: null });
    const other = await test.get(`/ledgers/main/account-search?q=bo&cursor=${String(first.body['nextCursor'])}`);
    expect([other.status, other.body['code']]).toEqual([400, 'invalid_cursor']);
    expect((await test.get('/ledgers/main/account-search')).status).toBe(400);
  });

  it('daily balances have the day as it is so far; days that are none are refused', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const days = await test.get('/ledgers/main/accounts/alice/daily-balances');
    expect(days.status).toBe(200);
    const data = days.body['data'] as Record<string, unknown>[];
    // The test may run over midnight.
    expect(data.at(-1)).toMatchObject({ posted: '3.00', held: '0.00', available: '3.00' });
    expect(data.reduce((sum, { entries }) => sum + Number(entries), 0)).toBe(2);
    expect((await test.get(`/ledgers/main/accounts/alice/daily-balances?to=2001-01-01`)).body['data']).toEqual([]);
    expect((await test.get(`/ledgers/main/accounts/alice/daily-balances?from=${today}`)).status).toBe(200);
    for (const day of ['2026-02-30', '2026-13-01', 'today', '2026-1-1']) {
      const { body: problem } = await test.get(`/ledgers/main/accounts/alice/daily-balances?from=${day}`);
      expect(problem).toMatchObject({ code: 'invalid_time', field: 'from', detail: expect.stringContaining('YYYY-MM-DD') });
    }
    expect((await test.get('/ledgers/main/accounts/nobody/daily-balances')).body['code']).toBe('account_not_found');
  });

  it('activity is counted by bucket and type', async () => {
    const { body, status } = await test.get('/ledgers/main/activity?bucket=day&currency=USD');
    expect(status).toBe(200);
    const data = body['data'] as { volume: string; entries: number; byType: Record<string, number> }[];
    const total = (type: string): number => data.reduce((sum, { byType }) => sum + (byType[type] ?? 0), 0);
    expect([total('FundsDeposited'), total('FundsWithdrawn')]).toEqual([2, 1]);
    expect(data.reduce((sum, { volume }) => sum + Number(volume), 0)).toBe(14);
    expect((await test.get('/ledgers/main/activity')).status).toBe(400);
    expect((await test.get('/ledgers/main/activity?bucket=week')).status).toBe(400);
  });
});
