import { describe, expect, it } from '@jest/globals';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { bindReadModel } from './read-model.ts';

const PAGE = { after: null, limit: 1 };

describe('the read model', () => {
  const asked = async (call: (model: ReturnType<typeof bindReadModel>) => Promise<unknown>): Promise<string[]> => {
    const pools: string[] = [];
    const pool = (name: string): Queryable => ({ query: () => (pools.push(name), Promise.resolve({ rows: [] })) }) as unknown as Queryable;
    await call(bindReadModel(pool('main'), pool('scans'))).catch(() => undefined);
    return [...new Set(pools)];
  };

  it('sends what may scan to connections of their own', async () => {
    expect(await asked((model) => model.listAccounts('l', { q: 'x' }, PAGE))).toEqual(['scans']);
    expect(await asked((model) => model.listTransactions('l', { currency: 'USD' }, PAGE))).toEqual(['scans']);
    expect(await asked((model) => model.trialBalanceAsOf('l', 1n))).toEqual(['scans']);
    expect(await asked((model) => model.listTransactions('l', { currency: 'USD', minAmount: 1n }, PAGE))).toEqual(['scans']);
    expect(await asked((model) => model.listTransactions('l', { currency: 'USD', maxAmount: 1n }, PAGE))).toEqual(['scans']);
  });

  it('sends everything else to the others', async () => {
    expect(await asked((model) => model.listAccounts('l', { prefix: 'x' }, PAGE))).toEqual(['main']);
    expect(await asked((model) => model.listTransactions('l', {}, PAGE))).toEqual(['main']);
    expect(await asked((model) => model.getBalance('l', 'a'))).toEqual(['main']);
    expect(await asked((model) => model.trialBalance('l'))).toEqual(['main']);
  });
});
