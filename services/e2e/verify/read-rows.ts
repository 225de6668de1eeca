import { BLOCK_LEVEL_MAX } from '@ledgerflow/read-model/projections';
import { columns, query, type Query } from './query.ts';

// Of one generation of the read model; rows.ts has those of a ledger's log.

const TRANSACTION_COLUMNS = columns([
  ['position', 'int8'],
  ['transaction_index', 'int2'],
  ['type', 'int2'],
  ['recorded_at', 'int8'],
  ['effective_at', 'int8'],
  ['external_id', 'text', 'null'],
  ['reference', 'text', 'null'],
  ['description', 'text', 'null'],
  ['metadata::text', 'text', 'null'],
  ['actor', 'text'],
  ['correlation_id', 'uuid'],
  ['currency', 'text'],
  ['amount', 'numeric'],
  ['other_amounts::text', 'text', 'null'],
  ['entries::text', 'text'],
]);
export type TransactionRow = [
  position: number,
  index: number,
  type: number,
  recordedAt: number,
  effectiveAt: number,
  externalId: string | null,
  reference: string | null,
  description: string | null,
  metadata: string | null,
  actor: string,
  correlationId: string,
  currency: string,
  amount: bigint,
  otherAmounts: string | null,
  entries: string,
];
/** Primary key. */
export const transactionsQuery = (generation: number): Query =>
  query(
    generation,
    TRANSACTION_COLUMNS,
    { check: 'read transactions', what: 'a transaction of the read model', position: 0 },
    (n) => `from read.transactions where generation = ${n} order by position, transaction_index`,
  );

const LOG_TIMES_COLUMNS = columns([
  ['position', 'int8'],
  ['recorded_at', 'int8'],
  ['times::text', 'text'],
]);
export type LogTimesRow = [position: number, recordedAt: number, times: string];
/** Primary key. */
export const logTimesQuery = (generation: number): Query =>
  query(
    generation,
    LOG_TIMES_COLUMNS,
    { check: 'read log times', what: "a run of the read model's times of the log", position: 0 },
    (n) => `from read.log_times where generation = ${n} order by recorded_at`,
  );

const SUMMARY_COLUMNS = columns([
  ['account', 'int4'],
  ['id', 'text'],
  ['currency', 'text'],
  ['version', 'int8'],
  ['posted', 'numeric'],
  ['held', 'numeric'],
  ['status', 'text'],
  ['freeze_scope', 'text', 'null'],
  ['min_balance', 'numeric', 'null'],
  ['max_balance', 'numeric', 'null'],
  ['owner_id', 'text', 'null'],
  ['name', 'text', 'null'],
  ['metadata::text', 'text', 'null'],
  ['scale', 'int2'],
  ['opened_at', 'int8'],
  ['updated_at', 'int8'],
]);
export type SummaryRow = [
  number: number,
  id: string,
  currency: string,
  version: number,
  posted: bigint,
  held: bigint,
  status: string,
  freezeScope: string | null,
  minBalance: bigint | null,
  maxBalance: bigint | null,
  ownerId: string | null,
  name: string | null,
  metadata: string | null,
  scale: number,
  openedAt: number,
  updatedAt: number,
];
/** Primary key. */
export const summaryQuery = (generation: number): Query =>
  query(
    generation,
    SUMMARY_COLUMNS,
    { check: 'read accounts', what: "the read model's row of an account", account: 0, accountId: 1 },
    (n) => `from read.account_summary where generation = ${n} order by account`,
  );

const STATEMENT_COLUMNS = columns([
  ['account', 'int4'],
  ['position', 'int8'],
  ['event_index', 'int4'],
  ['type', 'int2'],
  ['transaction_index', 'int2', 'null'],
  ['in_batch', 'bool'],
  ['version', 'int8'],
  ['amount', 'numeric', 'null'],
  ['posted_after', 'numeric'],
  ['held_after', 'numeric'],
  ['recorded_at', 'int8'],
  ['effective_at', 'int8'],
  ['status', 'text', 'null'],
  ['freeze_scope', 'text', 'null'],
  ['min_balance', 'numeric', 'null'],
  ['max_balance', 'numeric', 'null'],
  ['owner_id', 'text', 'null'],
  ['details::text', 'text', 'null'],
]);
export type StatementRow = [
  account: number,
  position: number,
  index: number,
  type: number,
  transaction: number | null,
  inBatch: boolean,
  version: number,
  amount: bigint | null,
  postedAfter: bigint,
  heldAfter: bigint,
  recordedAt: number,
  effectiveAt: number,
  status: string | null,
  freezeScope: string | null,
  minBalance: bigint | null,
  maxBalance: bigint | null,
  ownerId: string | null,
  details: string | null,
];
/** Primary key. */
export const statementQuery = (generation: number): Query =>
  query(
    generation,
    STATEMENT_COLUMNS,
    { check: 'read statement', what: "the read model's statement", position: 1, account: 0 },
    (n) => `from read.account_statement where generation = ${n} order by account, position, event_index`,
  );

const CORRECTION_COLUMNS = columns([
  ['account', 'int4'],
  ['ordinal', 'int8'],
  ['position', 'int8'],
  ['event_index', 'int4'],
  ['effective_at', 'int8'],
  ['amount', 'numeric'],
  ['sum_after', 'numeric'],
]);
export type CorrectionRow = [
  account: number,
  ordinal: number,
  position: number,
  index: number,
  effectiveAt: number,
  amount: bigint,
  sumAfter: bigint,
];
/** Primary key. */
export const correctionsQuery = (generation: number): Query =>
  query(
    generation,
    CORRECTION_COLUMNS,
    { check: 'read corrections', what: 'a correction of the read model', position: 2, account: 0 },
    (n) => `from read.corrections where generation = ${n} order by account, ordinal`,
  );

const BLOCK_COLUMNS = columns([
  ['b.account', 'int4'],
  ['c.position', 'int8', 'null'],
  ['b.level', 'int2'],
  ['b.block', 'int8'],
  ['b.effective_at', 'int8'],
  ['b.ordinal', 'int8'],
  ['b.sum_after', 'numeric'],
  ['c.effective_at', 'int8', 'null'],
  ['c.amount', 'numeric', 'null'],
]);
export type BlockRow = [
  account: number,
  /** Of the correction that has this ordinal, as are the last two. */
  position: number | null,
  level: number,
  block: number,
  effectiveAt: number,
  ordinal: number,
  sumAfter: bigint,
  correctionEffectiveAt: number | null,
  amount: bigint | null,
];
/** Primary key, and that of corrections for each; written as the probe of records is, for the same reason. Levels above the highest one are of an earlier version. */
export const blocksQuery = (generation: number): Query =>
  query(
    generation,
    BLOCK_COLUMNS,
    { check: 'read correction blocks', what: 'a block of corrections of the read model', position: 1, account: 0 },
    (n) => `from read.correction_blocks b left join lateral (select * from read.corrections
        where generation = ${n} and account = b.account and ordinal between b.ordinal and b.ordinal order by ordinal limit 1) c on true
      where b.generation = ${n} and b.level <= ${BLOCK_LEVEL_MAX} order by b.account, b.level, b.block, b.effective_at, b.ordinal`,
  );

const DAY_COLUMNS = columns([
  ['account', 'int4'],
  ['day', 'int4'],
  ['posted', 'numeric'],
  ['held', 'numeric'],
  ['version', 'int8'],
  ['position', 'int8'],
  ['entries', 'int8'],
  ['credits', 'numeric'],
  ['debits', 'numeric'],
]);
export type DayRow = [
  account: number,
  day: number,
  posted: bigint,
  held: bigint,
  version: number,
  position: number,
  entries: number,
  credits: bigint,
  debits: bigint,
];
/** Primary key. */
export const daysQuery = (generation: number): Query =>
  query(
    generation,
    DAY_COLUMNS,
    { check: 'read days', what: 'a daily balance of the read model', position: 5, account: 0 },
    (n) => `from read.daily_balances where generation = ${n} order by account, day`,
  );

const ACTIVITY_COLUMNS = columns([
  ['starts_at', 'int8'],
  ['currency', 'text'],
  ['type', 'int2'],
  ['transactions', 'int8'],
  ['entries', 'int8'],
  ['volume', 'numeric'],
]);
export type ActivityRow = [startsAt: number, currency: string, type: number, transactions: number, entries: number, volume: bigint];
/** Primary key: the minutes. */
export const activityQuery = (generation: number): Query =>
  query(
    generation,
    ACTIVITY_COLUMNS,
    { check: 'read activity', what: "a minute of the read model's activity" },
    (n) => `from read.ledger_activity where generation = ${n} and bucket = 0 order by starts_at, currency, type`,
  );

const SEARCH_COLUMNS = columns([
  ['account', 'int4'],
  ['level', 'int8'],
  ['id', 'text'],
  ['currency', 'text'],
  ['status', 'text'],
  ['owner_id', 'text', 'null'],
  ['name', 'text', 'null'],
  ['metadata', 'text', 'null'],
  ['naming', 'text'],
]);
export type SearchRow = [
  account: number,
  level: number,
  id: string,
  currency: string,
  status: string,
  ownerId: string | null,
  name: string | null,
  metadata: string | null,
  naming: string,
];
/** Primary key. */
export const searchQuery = (generation: number): Query =>
  query(
    generation,
    SEARCH_COLUMNS,
    { check: 'read search', what: "a document of the read model's search", account: 0, accountId: 2 },
    (n) => `from read.account_search where generation = ${n} order by account`,
  );
