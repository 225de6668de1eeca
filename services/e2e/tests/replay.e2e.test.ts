import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatMinor } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import type { ApiClient } from '../stack/client.ts';
import { replay, type Replay } from '../stack/replay.ts';
import { Stack } from '../stack/stack.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const COMMANDS = 400;
const PARALLEL = 12;

/** mulberry32: a small generator that gives the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** G5: replaying the log gives exactly the account rows, the read model and the trial balance. */
describe(`the whole log replayed (SEED=${SEED})`, () => {
  let stack: Stack;
  let api: ApiClient;
  let truth: Replay;
  let ledgerDatabase: Pool;
  let readDatabase: Pool;

  beforeAll(async () => {
    stack = await Stack.start({ writers: 2 });
    api = await stack.client({ roles: ['admin'] });
    const random = generator(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const accounts = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'];
    await api.seed('replay', Object.fromEntries(accounts.map((account) => [account, '20.00'])));
    await api.mustPost('/ledgers/replay/accounts', {
      id: 'euro',
      currency: 'EUR',
      initialBalance: '5.00',
      maxBalance: '6.00',
      minBalance: null,
    });
    const amount = (): string => `${Math.floor(random() * 9)}.${10 + Math.floor(random() * 89)}`;
    const steps: (() => Promise<unknown>)[] = Array.from({ length: COMMANDS }, () => {
      const [from, to, sum, dice] = [pick(accounts), pick(accounts), amount(), random()];
      if (dice < 0.45)
        return () => api.post('/ledgers/replay/transfers', { from, to, amount: sum, currency: 'USD', reference: `r ${sum}` });
      if (dice < 0.6) return () => api.post(`/ledgers/replay/accounts/${from}/deposits`, { amount: sum, currency: 'USD' });
      if (dice < 0.75)
        return () =>
          api.post(`/ledgers/replay/accounts/${from}/withdrawals`, {
            amount: sum,
            currency: 'USD',
            effectiveAt: new Date(Date.now() - 3_600_000).toISOString(),
          });
      if (dice < 0.8) return () => api.post('/ledgers/replay/accounts/euro/deposits', { amount: sum, currency: 'EUR' });
      if (dice < 0.85)
        return () =>
          api.request(
            'PATCH',
            `/ledgers/replay/accounts/${from}`,
            { metadata: { seen: sum }, minBalance: '-1.00' },
            { key: `patch-${random()}` },
          );
      if (dice < 0.9) return () => api.post(`/ledgers/replay/accounts/${from}/freeze`, { reason: 'test', scope: 'debits' });
      if (dice < 0.95) return () => api.post(`/ledgers/replay/accounts/${from}/unfreeze`, { reason: 'test' });
      const transactions = Array.from({ length: 5 }, (_, i) => ({
        postings: [{ from, to, amount: `0.1${i}`, currency: 'USD' }],
        externalId: `x-${random()}`,
      }));
      return () => api.post('/ledgers/replay/transactions/batch', { atomic: dice < 0.975, transactions });
    });
    const work = async (): Promise<void> => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    const last = await api.mustPost('/ledgers/replay/accounts/euro/withdrawals', { amount: '0.01', currency: 'EUR' });
    await api.get('/ledgers/replay/accounts/euro/balance', { consistency: last.headers.get('ledger-consistency') });
    truth = await replay(stack, 'replay');
    const pool = (url: string): Pool => createPool({ url, max: 2, applicationName: 'test', log: silentLogger });
    ledgerDatabase = pool(stack.postgres.superuserUrl('ledgerflow_ledger'));
    readDatabase = pool(stack.urls.readGateway);
  }, 180_000);
  afterAll(async () => {
    await Promise.all([ledgerDatabase?.end(), readDatabase?.end()]);
    await stack?.stop();
  });

  const replayed = (): string[] =>
    [...truth.accounts.values()]
      .map(
        ({ id, number, posted, held, version, terms }) =>
          `${number} ${id} ${posted} ${held} ${version} ${terms.status} ${terms.minBalance ?? '-'} ${terms.maxBalance ?? '-'}`,
      )
      .sort();

  it('has something to replay', () => {
    expect(truth.records.length).toBeGreaterThan(COMMANDS / 4);
  });

  it('gives the account rows of the writer', async () => {
    const { rows } = await ledgerDatabase.query<{
      number: number;
      id: string;
      posted: string;
      held: string;
      version: string;
      status: string;
      min: string | null;
      max: string | null;
    }>(
      `select number, id, posted::text, held::text, version::text, status::text, min_balance::text as min, max_balance::text as max from ledger.accounts where ledger = $1`,
      [truth.head.number],
    );
    const STATUS: Record<string, string> = { '1': 'open', '2': 'frozen', '3': 'closed' };
    expect(
      rows
        .map(
          (row) =>
            `${row.number} ${row.id} ${row.posted} ${row.held} ${row.version} ${STATUS[row.status] ?? row.status} ${row.min ?? '-'} ${row.max ?? '-'}`,
        )
        .sort(),
    ).toEqual(replayed());
  });

  it('gives the balances that readers see, system accounts included', async () => {
    const scales: Record<string, number> = { USD: 2, EUR: 2 };
    for (const account of truth.accounts.values()) {
      const answer = await api.get(`/ledgers/replay/accounts/${account.id}/balance`);
      expect(answer.body).toMatchObject({
        account: account.id,
        posted: formatMinor(account.posted, scales[account.currency] as number),
        version: account.version.toString(),
      });
    }
  });

  it('gives the entries of every statement', async () => {
    const { rows } = await readDatabase.query<{ entries: string; sum: string }>(
      `select count(*)::text as entries, coalesce(sum(amount), 0)::text as sum from read.account_statement where amount is not null and amount <> 0
       and generation = (select generation from read.projections where ledger = $1 and projection = 'account_statement')`,
      [truth.head.number],
    );
    const entries = truth.records.flatMap((record) => record.events).filter((event) => event.type === 'EntryPosted');
    expect(rows[0]).toEqual({ entries: String(entries.length), sum: '0' });
  });

  it('gives the trial balance', async () => {
    const trial = await api.get<{ currencies: { currency: string; debits: string; credits: string }[] }>('/ledgers/replay/trial-balance');
    for (const currency of ['USD', 'EUR']) {
      const credits = [...truth.accounts.values()]
        .filter((account) => account.currency === currency && account.posted > 0n)
        .reduce((sum, account) => sum + account.posted, 0n);
      expect(trial.body.currencies.find((line) => line.currency === currency)).toMatchObject({
        debits: formatMinor(credits, 2),
        credits: formatMinor(credits, 2),
      });
    }
  });
});
