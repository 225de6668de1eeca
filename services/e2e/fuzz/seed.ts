import { PATH } from '@ledgerflow/admin-gateway/testing/examples';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import type { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

/** What hooks.py knows to be there, as JSON in FUZZ_SEED. */
export interface Seed {
  ledger: string;
  /** With money, for what moves it. */
  accounts: string[];
  /** Without money, to be frozen and closed. */
  empty: string[];
  /** What is written to these is parked at first, and applied when it is tried again. */
  parkedLedger: string;
  parked: string[];
  /** Of a rebuild of all projections. */
  rebuild: string;
  repair: string;
  /** A time after all of this. */
  at: string;
}

const MONEY = '1000000.00';
const EMPTY_COUNT = 60;
const PARKED_COUNT = 8;
const numbered = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${name}-${index}`);

/**
 * While its account is not parked, account_summary's live generation takes no change of one called parked-…: so each write to it makes a dead letter, and each try to apply that
 * succeeds. Rebuilds fill generations that are not live.
 */
const PARKING = `
  create function read.takes(of_generation integer, of_id text) returns boolean language sql stable as $$
    select of_id not like 'parked-%' or exists (select from read.parked_accounts where id = of_id)
      or not exists (select from read.projections where projection = 'account_summary' and generation = of_generation)
  $$;
  alter table read.account_summary add constraint takes check (read.takes(generation, id)) not valid`;

/** Makes something for every operation to find: the ledger and accounts of the document's examples, dead letters, a rebuild and a repair. */
export async function seed(stack: Stack): Promise<Seed> {
  const api = await stack.client({ roles: ['admin'] });
  const ledger = PATH['ledger'] as string;
  const accounts = [PATH['account'] as string, 'bob', ...numbered('a', 6)];
  const empty = numbered('empty', EMPTY_COUNT);
  const parkedLedger = 'parked';
  const parked = numbered('parked', PARKED_COUNT);
  await api.seed(ledger, { ...Object.fromEntries(accounts.map((id) => [id, MONEY])), ...Object.fromEntries(empty.map((id) => [id, '0'])) });
  await api.seed(parkedLedger, Object.fromEntries(parked.map((id) => [id, MONEY])));
  // Each account's opening is applied before its changes are parked.
  await until('the openings are applied', async () => {
    const { body } = await api.get<{ data: { isLive: boolean; position: string; headPosition: string }[] }>(
      `/admin/projections?ledger=${parkedLedger}`,
    );
    return body.data.length > 0 && body.data.every(({ isLive, position, headPosition }) => isLive && position === headPosition);
  });
  const owner = createPool({ url: stack.urls.readOwner, max: 1, applicationName: 'fuzz', log: silentLogger });
  try {
    await owner.query(PARKING);
  } finally {
    await owner.end();
  }
  for (const id of parked) {
    const { status, text } = await api.request(
      'PATCH',
      `/ledgers/${parkedLedger}/accounts/${id}`,
      { name: 'Parked' },
      { key: `parks ${id}` },
    );
    if (status !== 200) throw new Error(`the change of ${id} answered ${status}: ${text}`);
  }
  await until('the changes are parked', async () => {
    const { body } = await api.get<{ data: unknown[] }>(`/admin/dlq?ledger=${parkedLedger}&state=refused`);
    return body.data.length === parked.length;
  });
  const rebuild = await api.mustPost<{ id: string }>('/admin/projections/all/rebuilds', { ledger });
  const repair = await api.mustPost<{ id: string }>('/admin/dlq/retry-all', { ledger });
  const at = new Date().toISOString();
  return { ledger, accounts, empty, parkedLedger, parked, rebuild: rebuild.body.id, repair: repair.body.id, at };
}
