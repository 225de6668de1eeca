import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';
import { Workload } from '../stack/workload.ts';

interface Balance {
  posted: string;
  version: string;
  asOf: string;
  asOfPosition: string;
}

/** The same question always gets the same answer, whatever is being written. */
describe('as-of answers', () => {
  let stack: Stack;
  let api: ApiClient;

  beforeAll(async () => {
    stack = await Stack.start();
    api = await stack.client({ roles: ['admin'] });
    await api.seed('history', { a1: '1.00', a2: '1.00' });
  }, 120_000);
  afterAll(() => stack?.stop());

  const ask = (at: string) => api.get<Balance>(`/ledgers/history/accounts/a1/balance?at=${at}`);
  const now = (): string => new Date().toISOString();

  it('are the same before, during and after load, T = now included', async () => {
    const load = new Workload(api, 'history', ['a1', 'a2']);
    const asked = new Map<string, string>();
    const remember = async (at: string): Promise<void> => {
      const answer = await ask(at);
      // The clock of the database may be a little behind ours: that time has not come yet, which is an answer of its own.
      if (answer.status === 400 && answer.body && (answer.body as unknown as { code: string }).code === 'time_in_future') return;
      expect(answer.status).toBe(200);
      const earlier = asked.get(at);
      if (earlier !== undefined) expect(answer.text).toBe(earlier);
      asked.set(at, answer.text);
    };
    await remember(now());
    load.start(6);
    for (let round = 0; round < 25; round++) {
      const before = load.acknowledged;
      await Promise.all([now(), ...asked.keys()].map(remember));
      await until('load goes on', () => load.acknowledged > before + 5);
    }
    await load.settle();
    await Promise.all([...asked.keys()].map(remember));
    expect(asked.size).toBeGreaterThan(20);
  });

  it('refuse a time that has not come', async () => {
    const answer = await ask(new Date(Date.now() + 60_000).toISOString());
    expect([answer.status, (answer.body as unknown as { code: string }).code]).toEqual([400, 'time_in_future']);
  });

  it('differ by axis: a backdated deposit counts from its effective time on the effective axis only', async () => {
    const opened = await api.mustPost<{ recordedAt: string }>('/ledgers/history/accounts', {
      id: 'late',
      currency: 'USD',
      initialBalance: '1.00',
    });
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    const backdated = await api.mustPost('/ledgers/history/accounts/late/deposits', {
      amount: '5.00',
      currency: 'USD',
      effectiveAt: yesterday,
    });
    const consistency = backdated.headers.get('ledger-consistency');
    const at = await api.get<Balance>('/ledgers/history/accounts/late/balance', { consistency });
    expect(at.body.posted).toBe('6.00');
    const effective = await api.get<Balance>(
      `/ledgers/history/accounts/late/balance?effectiveAt=${new Date(Date.now() - 3_600_000).toISOString()}`,
      { consistency },
    );
    expect(effective.body.posted).toBe('5.00');
    expect(opened.status).toBe(201);
  });
});
