import { addDigest, entryDigest, isAccountEvent, type LedgerRecord } from '@ledgerflow/contracts';
import { copyIn, CopyRows, type Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { jsons, numbers, texts } from '../columns.ts';
import {
  differs,
  type AccountNames,
  type AccountProjection,
  type GenerationChanges,
  type RowDifference,
  type Tally,
} from '../projection.ts';
import { sumEntryPages, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
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

const ENTRY_COLUMNS =
  'generation, account, position, event_index, type, transaction_index, in_batch, version, amount, posted_after, held_after, recorded_at, effective_at';
const ENTRY_COLUMNS_COUNT = 13;
/** Of a row of ordinary numbers; more grows the buffer. */
const ENTRY_BYTES = 160;

function copyEntries(db: Queryable, entries: readonly (EntryChange & { generation: number })[]): Promise<void> {
  const rows = new CopyRows(entries.length * ENTRY_BYTES);
  for (const entry of entries) {
    rows.row(ENTRY_COLUMNS_COUNT);
    rows.int4(entry.generation);
    rows.int4(entry.accountNumber);
    rows.int8(entry.position);
    rows.int4(entry.index);
    rows.int2(ENTRY_TYPE);
    rows.int2(entry.transaction);
    rows.bool(entry.inBatch);
    rows.int8(entry.version);
    rows.numeric(entry.amount);
    rows.numeric(entry.postedAfter);
    rows.numeric(entry.heldAfter);
    rows.int8(entry.recordedAt);
    rows.int8(entry.effectiveAt);
  }
  return copyIn(db, `read.account_statement (${ENTRY_COLUMNS})`, rows.finish());
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

type Batch = readonly GenerationChanges<StatementChange>[];

async function write(db: Queryable, batch: Batch, insert: typeof insertEntries): Promise<ReadonlyMap<number, Tally>> {
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
  // In the order of the primary key, so that neighbours go to one page of the index; an account's entries stay in the order of the log. Measured on 10,000 rows of 1,000
  // accounts: 8.0 instead of 11.0 µs a row in the database, and 5.8 by COPY.
  entries.sort((a, b) => a.generation - b.generation || a.accountNumber - b.accountNumber);
  const work: Promise<unknown>[] = [];
  if (entries.length > 0) work.push(insert(db, entries), applyCorrections(db, entries));
  if (terms.length > 0) work.push(insertTerms(db, terms));
  await Promise.all(work);
  return tallies.byGeneration;
}

const apply = (db: Queryable, batch: Batch): Promise<ReadonlyMap<number, Tally>> => write(db, batch, insertEntries);
const fill = (db: Queryable, batch: Batch): Promise<ReadonlyMap<number, Tally>> => write(db, batch, copyEntries);

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

async function recompute(db: Queryable, generation: number, names: AccountNames, account: number | null = null): Promise<Tally> {
  return sumEntryPages<StoredRow>(
    async (after, limit) => {
      const { rows } = await db.query<StoredRow>(
        `select a.id, s.account, s.position, s.event_index, s.version, s.amount, s.posted_after, s.held_after
         from read.account_statement s left join read.account_summary a on a.generation = $6 and a.account = s.account
         where s.generation = $1 and ($7::int is null or s.account = $7) and (s.account, s.position, s.event_index) > ($2::int, $3::bigint, $4::int) order by s.account, s.position, s.event_index limit $5`,
        [
          generation,
          after?.account ?? 0,
          after?.position ?? '0',
          after?.event_index ?? 0,
          limit,
          typeof names === 'number' ? names : 0,
          account,
        ],
      );
      return rows;
    },
    (sum, row) => {
      if (row.amount === null) return;
      sum.addEntry({
        account: typeof names === 'number' ? (row.id ?? '') : names(row.account),
        version: BigInt(row.version),
        amount: BigInt(row.amount),
        postedAfter: BigInt(row.posted_after),
        heldAfter: BigInt(row.held_after),
      });
    },
  );
}

/** A row for each versioned event, and a correction for each entry that takes effect at another time. */
async function prove(db: Queryable, generation: number, { accountEvents, entries }: Witness): Promise<RowDifference | null> {
  const { rows } = await db.query<{ events: string; entries: string; late: string; late_sum: string; corrections: string; sum: string }>(
    `select s.*, c.* from (select count(*) as events, count(amount) as entries, count(*) filter (where effective_at <> recorded_at and amount is not null) as late,
        coalesce(sum(amount) filter (where effective_at <> recorded_at), 0) as late_sum from read.account_statement where generation = $1) s,
      (select count(*) as corrections, coalesce(sum(amount), 0) as sum from read.corrections where generation = $1) c`,
    [generation],
  );
  const stored = rows[0]!;
  return (
    differs(`${accountEvents} events, ${entries} entries`, `${stored.events} events, ${stored.entries} entries`) ??
    differs(`${stored.late} corrections, in sum ${stored.late_sum}`, `${stored.corrections} corrections, in sum ${stored.sum}`)
  );
}

interface LocatedRow {
  account: number;
  position: string;
  event_index: number;
  version: string | null;
  amount: string | null;
  posted_after: string | null;
  held_after: string | null;
}

/** Probes of the primary key, one an event. */
async function locate(db: Queryable, generation: number, records: readonly LedgerRecord[]): Promise<RowDifference | null> {
  const said = records.flatMap((record) =>
    record.events.flatMap((event, index) => (isAccountEvent(event) ? [{ event, index, position: record.position }] : [])),
  );
  const { rows } = await db.query<LocatedRow>(
    `select k.account, k.position, k.event_index, s.version, s.amount, s.posted_after, s.held_after
     from unnest($2::int[], $3::bigint[], $4::int[]) with ordinality as k(account, position, event_index, place)
     left join lateral (select * from read.account_statement r where r.generation = $1 and r.account = k.account and r.position = k.position
       and r.event_index = k.event_index limit 1) s on true order by k.place`,
    [
      generation,
      numbers(said.map(({ event }) => event.accountNumber)),
      numbers(said.map(({ position }) => position)),
      numbers(said.map(({ index }) => index)),
    ],
  );
  for (const [i, { event, position }] of said.entries()) {
    const row = rows[i]!;
    const amount = event.type === 'EntryPosted' ? event.amount : null;
    const expected = `version ${event.version}, amount ${amount}, posted after ${event.postedAfter}, held after ${event.heldAfter}`;
    const found =
      row.version === null
        ? 'no row'
        : `version ${row.version}, amount ${row.amount}, posted after ${row.posted_after}, held after ${row.held_after}`;
    if (expected !== found) return differs(expected, found, { position: `${position}`, account: event.account });
  }
  return null;
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
  repairsInPlace: true,
  tables: ['account_statement', 'corrections', 'correction_blocks'],
  project,
  ofAccounts,
  apply,
  fill,
  recompute,
  writerDigest: 'entries',
  prove,
  locate,
};
