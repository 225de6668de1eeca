import type { Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../statement.ts';
import type { Page, PageRequest } from '../types.ts';
import { microsOf } from './requests.ts';
import { Conditions, rowsWanted, toPage } from './seen.ts';

/** refused: a projection did not take it. queued: it waits behind an earlier record of one of its accounts. */
export type DeadLetterState = 'refused' | 'queued';

export interface DeadLetterRow {
  id: bigint;
  ledger: string;
  ledgerNumber: number;
  position: bigint;
  state: DeadLetterState;
  /** Why it was refused; null for one that waits. */
  error: string | null;
  /** Which projections refused it; none when it could not be read. */
  projections: string[];
  /** Of the accounts whose part is not applied the first ones, by text id. */
  accounts: string[];
  accountCount: number;
  recordBytes: number;
  parkedAt: Micros;
  attempts: number;
  lastAttemptAt: Micros | null;
}

export interface DeadLetter extends DeadLetterRow {
  /** The record's text as it came. */
  record: string;
}

/** A place in the order of the list: by ledger's number and position, which is the order of repair. */
export interface DeadLetterKey {
  ledger: number;
  position: bigint;
}

export interface DeadLetterFilter {
  /** Text ids; null: all. */
  ledgers: readonly string[] | null;
  /** Text id; with exactly one ledger. */
  account?: string | undefined;
  state?: DeadLetterState | undefined;
}

/** Rows that one page of a filter without an index looks at. */
const SCANNED_MAX = 5_000;
const LISTED_ACCOUNTS_MAX = 10;
const ACCOUNTS_MAX = 100;

const columns = (accountsMax: number): string => `d.id, c.id as ledger_id, d.ledger, d.position, d.error, d.projections,
  array(select q.id from read.parked_accounts q where q.ledger = d.ledger and q.account = any(d.accounts[1:${accountsMax}])) as accounts,
  cardinality(d.accounts) as account_count, octet_length(d.record) as record_bytes, ${microsOf('d.parked_at')} as parked_at, d.attempts,
  ${microsOf('d.last_attempt_at')} as last_attempt_at`;

const LEDGER = 'join lateral (select * from read.checkpoints k where k.ledger = d.ledger limit 1) c on true';

interface Row {
  id: string;
  ledger_id: string;
  ledger: number;
  position: string;
  error: string | null;
  projections: string[];
  accounts: string[];
  account_count: number;
  record_bytes: number;
  parked_at: string;
  attempts: number;
  last_attempt_at: string | null;
}

function toRow(row: Row): DeadLetterRow {
  return {
    id: BigInt(row.id),
    ledger: row.ledger_id,
    ledgerNumber: row.ledger,
    position: BigInt(row.position),
    state: row.error === null ? 'queued' : 'refused',
    error: row.error,
    projections: row.projections,
    accounts: row.accounts,
    accountCount: row.account_count,
    recordBytes: row.record_bytes,
    parkedAt: BigInt(row.parked_at),
    attempts: row.attempts,
    lastAttemptAt: row.last_attempt_at === null ? null : BigInt(row.last_attempt_at),
  };
}

/** Where the walk of (ledger, position) begins and which ledgers it visits. */
function walk(where: Conditions, { ledgers }: DeadLetterFilter, page: PageRequest<DeadLetterKey>): void {
  if (ledgers !== null)
    where.add(`d.ledger = any(array(select k.ledger from read.checkpoints k where k.id = any(${where.value(ledgers)}::text[])))`);
  if (page.after !== null)
    where.add(`(d.ledger, d.position) > (${where.value(page.after.ledger)}::int, ${where.value(page.after.position)}::bigint)`);
}

const ORDER = 'order by d.ledger, d.position';
const keyOf = (row: DeadLetterRow): DeadLetterKey => ({ ledger: row.ledgerNumber, position: row.position });

/** All, or the refused ones: each has an index in the order of the list. */
async function listInOrder(
  db: Queryable,
  filter: DeadLetterFilter,
  page: PageRequest<DeadLetterKey>,
): Promise<Page<DeadLetterRow, DeadLetterKey>> {
  const where = new Conditions([]);
  walk(where, filter, page);
  if (filter.state === 'refused') where.add('d.error is not null');
  const sql = `select ${columns(LISTED_ACCOUNTS_MAX)}
    from (select * from read.dead_letters d where ${where.toString()} ${ORDER} limit ${where.value(rowsWanted(page))}) d ${LEDGER} ${ORDER}`;
  const { rows } = await db.query<Row>(sql, where.parameters);
  return toPage(rows, page, toRow, keyOf);
}

/** The same walk for so many rows, of which those that fit are answered. */
async function listByFilter(
  db: Queryable,
  filter: DeadLetterFilter,
  page: PageRequest<DeadLetterKey>,
): Promise<Page<DeadLetterRow, DeadLetterKey>> {
  const where = new Conditions([]);
  walk(where, filter, page);
  const fits = new Conditions(where.parameters);
  if (filter.state !== undefined) fits.add(`w.error is ${filter.state === 'refused' ? 'not ' : ''}null`);
  if (filter.account !== undefined) {
    const ofAccount = `read.parked_accounts q join read.checkpoints k on k.ledger = q.ledger where k.id = any(${where.value(filter.ledgers)}::text[]) and q.id = ${where.value(filter.account)}`;
    where.add(`d.position >= (select q.since from ${ofAccount})`);
    fits.add(`w.accounts @> array(select q.account from ${ofAccount}) and exists (select from ${ofAccount})`);
  }
  const sql = `with walked as materialized (
      select d.id, d.ledger, d.position, d.error, d.accounts from read.dead_letters d where ${where.toString()} ${ORDER} limit ${SCANNED_MAX}),
    last as (select ledger as last_ledger, position as last_position, (select count(*) from walked) as walked from walked order by ledger desc, position desc limit 1)
    select l.*, r.* from last l left join lateral (
      select ${columns(LISTED_ACCOUNTS_MAX)} from (select w.id from walked w where ${fits.toString()} order by w.ledger, w.position limit ${where.value(rowsWanted(page))}) f
        join read.dead_letters d on d.id = f.id ${LEDGER}) r on true order by r.ledger, r.position`;
  const { rows } = await db.query<Row & { id: string | null; last_ledger: number; last_position: string; walked: string }>(
    sql,
    where.parameters,
  );
  const found = toPage(
    rows.filter(({ id }) => id !== null),
    page,
    toRow,
    keyOf,
  );
  const first = rows[0];
  if (found.next !== null || first === undefined || Number(first.walked) < SCANNED_MAX) return found;
  return { rows: found.rows, next: { ledger: first.last_ledger, position: BigInt(first.last_position) } };
}

/**
 * Dead letters by ledger and position, oldest first: the order in which they can be repaired. No page counts or sorts what is parked: it walks the index of (ledger, position), or that of
 * the refused ones, from where the page before ended. Filters that neither serves (an account, or those that only wait) look at 5,000 rows a page, which may so be short or empty and still
 * have a next.
 */
export async function listDeadLetters(
  db: Queryable,
  filter: DeadLetterFilter,
  page: PageRequest<DeadLetterKey>,
): Promise<Page<DeadLetterRow, DeadLetterKey>> {
  return filter.account === undefined && filter.state !== 'queued' ? listInOrder(db, filter, page) : listByFilter(db, filter, page);
}

const GET = statement(`select ${columns(ACCOUNTS_MAX)}, d.record from read.dead_letters d ${LEDGER} where d.id = $1`);

/** One with its record; null when there is none (any more). Primary key. */
export async function getDeadLetter(db: Queryable, id: bigint): Promise<DeadLetter | null> {
  const { rows } = await run<Row & { record: string }>(db, GET, [id.toString()]);
  const row = rows[0];
  return row === undefined ? null : { ...toRow(row), record: row.record };
}
