import { addDigest, entryDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import type { EntryTuple } from '../../queries/transaction-rows.ts';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import type { GenerationChanges, LedgerProjection, Tally } from '../projection.ts';
import { sumPages, Tallies } from '../tallies.ts';
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

function digestOf(entries: readonly EntryTuple[]): bigint {
  let sum = 0n;
  for (const [account, , , , version, amount, postedAfter, heldAfter] of entries) {
    const entry = {
      account,
      version: BigInt(version),
      amount: BigInt(amount),
      postedAfter: BigInt(postedAfter),
      heldAfter: BigInt(heldAfter),
    };
    sum = addDigest(sum, entryDigest(entry));
  }
  return sum;
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
  return sumPages<StoredRow>(
    async (after, limit) => {
      const { rows } = await db.query<StoredRow>(
        `select position, transaction_index, entries from read.transactions
         where generation = $1 and (position, transaction_index) > ($2::bigint, $3::smallint) order by position, transaction_index limit $4`,
        [generation, after?.position ?? '0', after?.transaction_index ?? 0, limit],
      );
      return rows;
    },
    (row) => digestOf(row.entries),
  );
}

export const transactions: LedgerProjection<TransactionChange[]> = {
  name: 'transactions',
  carriesBalances: true,
  scope: 'ledger',
  tables: ['transactions'],
  project,
  apply,
  recompute,
};
