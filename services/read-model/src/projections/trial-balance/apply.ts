import { subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers, texts } from '../columns.ts';
import { ProjectionError, differs, type GenerationChanges, type LedgerProjection, type RowDifference, type Tally } from '../projection.ts';
import { rowDigest, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { project, type TrialBalanceChange } from './project.ts';

const NAME = 'trial_balance';

const INSERT =
  'insert into read.trial_balance (generation, currency, debits, credits) select generation, currency, 0, 0 from unnest($1::int[], $2::text[]) as c(generation, currency)';
const UPDATE = statement(`update read.trial_balance b set debits = b.debits + m.debits, credits = b.credits + m.credits
  from unnest($1::int[], $2::text[], $3::numeric[], $4::numeric[]) as m(generation, currency, debits, credits)
  where b.generation = m.generation and b.currency = m.currency returning b.generation, b.currency, b.debits, b.credits`);

interface StoredRow {
  generation: number;
  currency: string;
  debits: string;
  credits: string;
}

const digest = (currency: string, debits: bigint | string, credits: bigint | string): bigint =>
  rowDigest([currency, debits.toString(), credits.toString()]);

interface Movement {
  generation: number;
  currency: string;
  debits: bigint;
  credits: bigint;
}

function sumMovements(batch: readonly GenerationChanges<TrialBalanceChange>[]): Map<string, Movement> {
  const sums = new Map<string, Movement>();
  for (const { generation, changes } of batch) {
    for (const { currency, debits, credits } of changes.flatMap((change) => change.moved)) {
      const key = `${generation} ${currency}`;
      const sum = sums.get(key);
      if (sum === undefined) sums.set(key, { generation, currency, debits, credits });
      else {
        sum.debits += debits;
        sum.credits += credits;
      }
    }
  }
  return sums;
}

async function apply(db: Queryable, batch: readonly GenerationChanges<TrialBalanceChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const added = batch.flatMap(({ generation, changes }) =>
    changes.flatMap((change) => change.added.map((currency) => ({ generation, currency }))),
  );
  const sums = sumMovements(batch);
  const moved = [...sums.values()];
  for (const { generation, currency } of added) tallies.add(generation, 1, digest(currency, 0n, 0n));
  const work: Promise<unknown>[] = [];
  if (added.length > 0) work.push(db.query(INSERT, [numbers(added.map((r) => r.generation)), texts(added.map((r) => r.currency))]));
  if (moved.length > 0) {
    const columns = [
      numbers(moved.map((r) => r.generation)),
      texts(moved.map((r) => r.currency)),
      numbers(moved.map((r) => r.debits)),
      numbers(moved.map((r) => r.credits)),
    ];
    work.push(
      run<StoredRow>(db, UPDATE, columns).then(({ rows }) => {
        for (const row of rows) {
          const key = `${row.generation} ${row.currency}`;
          const { debits, credits } = sums.get(key) as Movement;
          sums.delete(key);
          if (row.debits !== row.credits)
            throw new ProjectionError(
              NAME,
              row.generation,
              `${row.currency} does not balance: debits ${row.debits}, credits ${row.credits}`,
            );
          const before = digest(row.currency, BigInt(row.debits) - debits, BigInt(row.credits) - credits);
          tallies.add(row.generation, 0, subtractDigest(digest(row.currency, row.debits, row.credits), before));
        }
        for (const { generation, currency } of sums.values())
          throw new ProjectionError(NAME, generation, `${currency} moved before it joined the ledger`);
      }),
    );
  }
  await Promise.all(work);
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  const tallies = new Tallies();
  const { rows } = await db.query<StoredRow>('select generation, currency, debits, credits from read.trial_balance where generation = $1', [
    generation,
  ]);
  for (const row of rows) tallies.add(generation, 1, digest(row.currency, row.debits, row.credits));
  return tallies.byGeneration.get(generation) ?? { rows: 0, digest: 0n };
}

/** From the balances that the log says its accounts have in the end, not from what moved. */
async function prove(db: Queryable, generation: number, { accounts, currencies }: Witness): Promise<RowDifference | null> {
  const said = new Map([...currencies.keys()].map((code) => [code, { debits: 0n, credits: 0n }]));
  for (const { currency, posted } of accounts.values()) {
    const total = said.get(currency);
    if (total === undefined) continue;
    if (posted < 0n) total.debits -= posted;
    else total.credits += posted;
  }
  const { rows } = await db.query<StoredRow>('select generation, currency, debits, credits from read.trial_balance where generation = $1', [
    generation,
  ]);
  const stored = new Map(rows.map((row) => [row.currency, row]));
  for (const [code, { debits, credits }] of said) {
    const row = stored.get(code);
    const found = row === undefined ? 'no row' : `${code}: debits ${row.debits}, credits ${row.credits}`;
    const difference = differs(`${code}: debits ${debits}, credits ${credits}`, found);
    if (difference !== null) return difference;
  }
  return differs(`${said.size} currencies`, `${rows.length} currencies`);
}

export const trialBalanceProjection: LedgerProjection<TrialBalanceChange> = {
  name: NAME,
  carriesBalances: true,
  scope: 'ledger',
  tables: ['trial_balance'],
  project,
  apply,
  recompute,
  prove,
};
