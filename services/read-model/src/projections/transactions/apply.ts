import type { DigestSum, LedgerRecord } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import type { EntryTuple } from '../../queries/transaction-rows.ts';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import { differs, type GenerationChanges, type LedgerProjection, type RowDifference, type Tally } from '../projection.ts';
import { sumEntryPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { project, type TransactionChange } from './project.ts';

const INSERT = statement(`insert into read.transactions
    (generation, position, transaction_index, type, recorded_at, effective_at, external_id, reference, description, metadata, actor, correlation_id, currency, amount,
     other_amounts, entries)
  select generation, position, transaction_index, type, recorded_at, effective_at, external_id, reference, description, metadata::jsonb, actor, correlation_id, currency, amount,
    other_amounts::jsonb, entries::json
  from unnest($1::int[], $2::bigint[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::uuid[], $13::text[], $14::numeric[], $15::text[], $16::text[])
    as t(generation, position, transaction_index, type, recorded_at, effective_at, external_id, reference, description, metadata, actor, correlation_id, currency, amount,
      other_amounts, entries)`);

function addEntries(sum: DigestSum, { entries }: StoredRow): void {
  for (const [account, , , , version, amount, postedAfter, heldAfter] of entries)
    sum.addEntry({
      account,
      version: BigInt(version),
      amount: BigInt(amount),
      postedAfter: BigInt(postedAfter),
      heldAfter: BigInt(heldAfter),
    });
}

async function apply(db: Queryable, batch: readonly GenerationChanges<TransactionChange[]>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const rows = batch.flatMap(({ generation, changes }) => changes.flat().map((change) => ({ generation, ...change })));
  if (rows.length === 0) return tallies.byGeneration;
  const inserted = run(db, INSERT, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.position)),
    numbers(rows.map((r) => r.index)),
    numbers(rows.map((r) => r.type)),
    numbers(rows.map((r) => r.recordedAt)),
    numbers(rows.map((r) => r.effectiveAt)),
    texts(rows.map((r) => r.externalId)),
    texts(rows.map((r) => r.reference)),
    texts(rows.map((r) => r.description)),
    jsons(rows.map((r) => r.metadata)),
    texts(rows.map((r) => r.actor)),
    texts(rows.map((r) => r.correlationId)),
    texts(rows.map((r) => r.currency)),
    numbers(rows.map((r) => r.amount)),
    jsons(rows.map((r) => r.otherAmounts)),
    jsons(rows.map((r) => r.entries)),
  ]);
  for (const row of rows) tallies.add(row.generation, 1, row.digest);
  await inserted;
  return tallies.byGeneration;
}

interface StoredRow {
  position: string;
  transaction_index: number;
  entries: EntryTuple[];
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  return sumEntryPages<StoredRow>(async (after, limit) => {
    const { rows } = await db.query<StoredRow>(
      `select position, transaction_index, entries from read.transactions
         where generation = $1 and (position, transaction_index) > ($2::bigint, $3::smallint) order by position, transaction_index limit $4`,
      [generation, after?.position ?? '0', after?.transaction_index ?? 0, limit],
    );
    return rows;
  }, addEntries);
}

async function prove(db: Queryable, generation: number, witness: Witness): Promise<RowDifference | null> {
  const { rows } = await db.query<{ count: string }>('select count(*) as count from read.transactions where generation = $1', [generation]);
  return differs(`${witness.transactions} transactions`, `${rows[0]?.count} transactions`);
}

const entryOf = ([account, , , , version, amount, postedAfter, heldAfter]: EntryTuple): string =>
  `${account} version ${version} ${amount} to ${postedAfter}, held ${heldAfter}`;

/** One range of the primary key. */
async function locate(db: Queryable, generation: number, records: readonly LedgerRecord[]): Promise<RowDifference | null> {
  const [first, last] = [records[0]?.position, records[records.length - 1]?.position];
  const { rows } = await db.query<StoredRow>(
    'select position, transaction_index, entries from read.transactions where generation = $1 and position between $2 and $3',
    [generation, `${first}`, `${last}`],
  );
  const stored = new Map(rows.map((row) => [`${row.position} ${row.transaction_index}`, row.entries.map(entryOf).join('; ')]));
  for (const record of records) {
    const position = `${record.position}`;
    const said = record.transactions.map((): string[] => []);
    for (const event of record.events)
      if (event.type === 'EntryPosted')
        said[event.transaction]?.push(
          `${event.account} version ${event.version} ${event.amount} to ${event.postedAfter}, held ${event.heldAfter}`,
        );
    for (const [i, entries] of said.entries()) {
      const difference = differs(entries.join('; '), stored.get(`${position} ${i}`) ?? 'no row', { position });
      if (difference !== null) return difference;
    }
  }
  return null;
}

export const transactions: LedgerProjection<TransactionChange[]> = {
  name: 'transactions',
  carriesBalances: true,
  scope: 'ledger',
  tables: ['transactions'],
  project,
  apply,
  recompute,
  writerDigest: 'entries',
  prove,
  locate,
};
