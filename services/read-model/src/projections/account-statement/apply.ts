import { addDigest, entryDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import type { AccountProjection, GenerationChanges, Tally } from '../projection.ts';
import { sumPages, Tallies } from '../tallies.ts';
import { applyCorrections } from './corrections.ts';
import { project, type EntryChange, type StatementChange, type TermsChange } from './project.ts';

const ENTRY_TYPE = 4;

const INSERT_ENTRIES = statement(`insert into read.account_statement
    (generation, account, position, event_index, type, transaction_index, in_batch, version, amount, posted_after, held_after, recorded_at, effective_at)
  select generation, account, position, event_index, ${ENTRY_TYPE}, transaction_index, in_batch, version, amount, posted_after, held_after, recorded_at, effective_at
  from unnest($1::int[], $2::int[], $3::bigint[], $4::int[], $5::smallint[], $6::boolean[], $7::bigint[], $8::numeric[], $9::numeric[], $10::numeric[],
    $11::bigint[], $12::bigint[])
    as e(generation, account, position, event_index, transaction_index, in_batch, version, amount, posted_after, held_after, recorded_at, effective_at)`);

const INSERT_TERMS = statement(`insert into read.account_statement
    (generation, account, position, event_index, type, in_batch, version, posted_after, held_after, recorded_at, effective_at, status, freeze_scope, min_balance, max_balance,
     owner_id, details)
  select generation, account, position, event_index, type, false, version, posted_after, held_after, recorded_at, effective_at, status, freeze_scope, min_balance, max_balance,
    owner_id, details::jsonb
  from unnest($1::int[], $2::int[], $3::bigint[], $4::int[], $5::smallint[], $6::bigint[], $7::numeric[], $8::numeric[], $9::bigint[], $10::bigint[], $11::text[],
    $12::text[], $13::numeric[], $14::numeric[], $15::text[], $16::text[])
    as e(generation, account, position, event_index, type, version, posted_after, held_after, recorded_at, effective_at, status, freeze_scope, min_balance, max_balance,
      owner_id, details)`);

function insertEntries(db: Queryable, rows: readonly (EntryChange & { generation: number })[]): Promise<unknown> {
  return run(db, INSERT_ENTRIES, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.accountNumber)),
    numbers(rows.map((r) => r.position)),
    numbers(rows.map((r) => r.index)),
    numbers(rows.map((r) => r.transaction)),
    numbers(rows.map((r) => r.inBatch)),
    numbers(rows.map((r) => r.version)),
    numbers(rows.map((r) => r.amount)),
    numbers(rows.map((r) => r.postedAfter)),
    numbers(rows.map((r) => r.heldAfter)),
    numbers(rows.map((r) => r.recordedAt)),
    numbers(rows.map((r) => r.effectiveAt)),
  ]);
}

function insertTerms(db: Queryable, rows: readonly (TermsChange & { generation: number })[]): Promise<unknown> {
  return run(db, INSERT_TERMS, [
    numbers(rows.map((r) => r.generation)),
    numbers(rows.map((r) => r.accountNumber)),
    numbers(rows.map((r) => r.position)),
    numbers(rows.map((r) => r.index)),
    numbers(rows.map((r) => r.type)),
    numbers(rows.map((r) => r.version)),
    numbers(rows.map((r) => r.postedAfter)),
    numbers(rows.map((r) => r.heldAfter)),
    numbers(rows.map((r) => r.recordedAt)),
    numbers(rows.map((r) => r.effectiveAt)),
    texts(rows.map((r) => r.terms.status)),
    texts(rows.map((r) => r.terms.freezeScope)),
    numbers(rows.map((r) => r.terms.minBalance)),
    numbers(rows.map((r) => r.terms.maxBalance)),
    texts(rows.map((r) => r.terms.ownerId)),
    jsons(rows.map((r) => r.details)),
  ]);
}

async function apply(db: Queryable, batch: readonly GenerationChanges<StatementChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const entries: (EntryChange & { generation: number })[] = [];
  const terms: (TermsChange & { generation: number })[] = [];
  for (const { generation, changes } of batch) {
    for (const change of changes) {
      for (const entry of change.entries) entries.push({ generation, ...entry });
      for (const term of change.terms) terms.push({ generation, ...term });
      tallies.add(generation, change.entries.length + change.terms.length, change.digest);
    }
  }
  const work: Promise<unknown>[] = [];
  if (entries.length > 0) work.push(insertEntries(db, entries), applyCorrections(db, entries));
  if (terms.length > 0) work.push(insertTerms(db, terms));
  await Promise.all(work);
  return tallies.byGeneration;
}

interface StoredRow {
  id: string;
  account: number;
  position: string;
  event_index: number;
  version: string;
  amount: string | null;
  posted_after: string;
  held_after: string;
}

async function recompute(db: Queryable, generation: number, names: number): Promise<Tally> {
  return sumPages<StoredRow>(
    async (after, limit) => {
      const { rows } = await db.query<StoredRow>(
        `select a.id, s.account, s.position, s.event_index, s.version, s.amount, s.posted_after, s.held_after
         from read.account_statement s left join read.account_summary a on a.generation = $6 and a.account = s.account
         where s.generation = $1 and (s.account, s.position, s.event_index) > ($2::int, $3::bigint, $4::int) order by s.account, s.position, s.event_index limit $5`,
        [generation, after?.account ?? 0, after?.position ?? '0', after?.event_index ?? 0, limit, names],
      );
      return rows;
    },
    (row) =>
      row.amount === null
        ? 0n
        : entryDigest({
            account: row.id ?? '',
            version: BigInt(row.version),
            amount: BigInt(row.amount),
            postedAfter: BigInt(row.posted_after),
            heldAfter: BigInt(row.held_after),
          }),
  );
}

function ofAccounts(change: StatementChange, includes: (accountNumber: number) => boolean): StatementChange {
  const entries = change.entries.filter(({ accountNumber }) => includes(accountNumber));
  const terms = change.terms.filter(({ accountNumber }) => includes(accountNumber));
  return { entries, terms, digest: entries.map(entryDigest).reduce(addDigest, 0n) };
}

export const accountStatement: AccountProjection<StatementChange> = {
  name: 'account_statement',
  carriesBalances: true,
  scope: 'account',
  tables: ['account_statement', 'corrections', 'correction_blocks'],
  project,
  ofAccounts,
  apply,
  recompute,
};
