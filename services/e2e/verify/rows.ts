import type { ColumnKind } from '@ledgerflow/platform/postgres';

/**
 * What is read, each by one index in its order: a plan with a sort would hold a whole ledger in memory or on disk (plans.ts sees that there is none). COPY takes
 * no parameters, so the ledger's number stands in the text; it is a number, and checked to be one.
 */
export interface Query {
  sql: string;
  kinds: readonly ColumnKind[];
}

function query(number: number, columns: readonly (readonly [string, ColumnKind])[], rest: (ledger: string) => string): Query {
  if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is no ledger number`);
  return { sql: `select ${columns.map(([name]) => name).join(', ')} ${rest(String(number))}`, kinds: columns.map(([, kind]) => kind) };
}

const LIST = <const T extends readonly (readonly [string, ColumnKind])[]>(columns: T): T => columns;

const RECORD_COLUMNS = LIST([
  ['position', 'int8'],
  ['recorded_at', 'timestamptz'],
  ['effective_at', 'timestamptz'],
  ['epoch', 'int4'],
  ['actor', 'int4'],
  ['bytes', 'int4'],
  ['correlation', 'uuid'],
  ['causation', 'uuid'],
  ['key', 'uuid'],
  ['fingerprint', 'uuid'],
  ['type', 'int2'],
  ['leaf', 'bytea'],
  ['transactions::text', 'text'],
  ['entry_digest', 'bytea'],
  ['account_digest', 'bytea'],
]);
export type RecordRow = [
  position: number,
  recordedAt: number,
  effectiveAt: number,
  epoch: number,
  actor: number,
  bytes: number,
  correlation: string,
  causation: string,
  key: string,
  fingerprint: string,
  type: number,
  leaf: string,
  transactions: string | null,
  entryDigest: string | null,
  accountDigest: string | null,
];
/** Primary key. */
export const recordsQuery = (ledger: number): Query =>
  query(ledger, RECORD_COLUMNS, (n) => `from ledger.records where ledger = ${n} order by position`);

const EVENT_COLUMNS = LIST([
  ['position', 'int8'],
  ['index', 'int4'],
  ['type', 'int2'],
  ['account', 'int4'],
  ['version', 'int8'],
  ['transaction', 'int2'],
  ['amount', 'numeric'],
  ['posted_after', 'numeric'],
  ['held_after', 'numeric'],
  ['data::text', 'text'],
]);
export type EventRow = [
  position: number,
  index: number,
  type: number,
  account: number | null,
  version: number | null,
  transaction: number | null,
  amount: bigint | null,
  postedAfter: bigint | null,
  heldAfter: bigint | null,
  data: string | null,
];
/** Primary key. */
export const eventsQuery = (ledger: number): Query =>
  query(ledger, EVENT_COLUMNS, (n) => `from ledger.events where ledger = ${n} order by position, index`);

const DETAILS_COLUMNS = LIST([
  ['position', 'int8'],
  ['index', 'int4'],
  ['hash', 'bytea'],
  ['salt', 'bytea'],
  ['body::text', 'text'],
]);
export type DetailsRow = [position: number, index: number, hash: string, salt: string | null, body: string | null];
/** Primary key. */
export const detailsQuery = (ledger: number): Query =>
  query(ledger, DETAILS_COLUMNS, (n) => `from ledger.details where ledger = ${n} order by position, index`);

const TRANSACTION_COLUMNS = LIST([
  ['position', 'int8'],
  ['transaction_index', 'int2'],
  ['type', 'int2'],
  ['recorded_at', 'int8'],
  ['effective_at', 'int8'],
  ['external_id', 'text'],
  ['reference', 'text'],
  ['description', 'text'],
  ['metadata::text', 'text'],
  ['actor', 'text'],
  ['correlation_id', 'uuid'],
  ['currency', 'text'],
  ['amount', 'numeric'],
  ['other_amounts::text', 'text'],
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
export const transactionsQuery = (ledger: number): Query =>
  query(ledger, TRANSACTION_COLUMNS, (n) => `from read.transactions where ledger = ${n} order by position, transaction_index`);

const ACCOUNT_EVENT_COLUMNS = LIST([
  ['e.account', 'int4'],
  ['e.version', 'int8'],
  ['e.position', 'int8'],
  ['e.index', 'int4'],
  ['e.type', 'int2'],
  ['e.transaction', 'int2'],
  ['e.amount', 'numeric'],
  ['e.posted_after', 'numeric'],
  ['e.held_after', 'numeric'],
  ['e.data::text', 'text'],
  ['r.type', 'int2'],
  ['r.recorded_at', 'timestamptz'],
  ['r.effective_at', 'timestamptz'],
  ['case when e.transaction is not null and r.transactions is not null then r.transactions -> e.transaction::int ->> 0 end', 'text'],
  [
    `case when e.type in (3, 9) then (select d.body::text from ledger.details d where d.ledger = e.ledger and d.position = e.position and d.index = 0) end`,
    'text',
  ],
  [
    `case when e.type in (3, 9) then (select d.body is null from ledger.details d where d.ledger = e.ledger and d.position = e.position and d.index = 0) end`,
    'bool',
  ],
]);
export type AccountEventRow = [
  account: number,
  version: number | null,
  position: number,
  index: number,
  type: number,
  transaction: number | null,
  amount: bigint | null,
  postedAfter: bigint | null,
  heldAfter: bigint | null,
  data: string | null,
  recordType: number | null,
  recordedAt: number | null,
  effectiveAt: number | null,
  /** Microseconds, when the record gives its transactions times of their own. */
  transactionEffectiveAt: string | null,
  details: string | null,
  isErased: boolean | null,
];
/** Unique (ledger, account, version) of events, the primary key of records for each. */
export const accountEventsQuery = (ledger: number): Query =>
  query(
    ledger,
    ACCOUNT_EVENT_COLUMNS,
    (n) => `from ledger.events e left join ledger.records r on r.ledger = ${n} and r.position = e.position
      where e.ledger = ${n} and e.account is not null order by e.account, e.version`,
  );

const ACCOUNT_COLUMNS = LIST([
  ['number', 'int4'],
  ['id', 'text'],
  ['currency', 'text'],
  ['version', 'int8'],
  ['posted', 'numeric'],
  ['held', 'numeric'],
  ['status', 'int2'],
  ['freeze_scope', 'int2'],
  ['min_balance', 'numeric'],
  ['max_balance', 'numeric'],
  ['owner_id', 'text'],
  ['name', 'text'],
  ['metadata::text', 'text'],
]);
export type AccountRow = [
  number: number,
  id: string,
  currency: string,
  version: number,
  posted: bigint,
  held: bigint,
  status: number,
  freezeScope: number | null,
  minBalance: bigint | null,
  maxBalance: bigint | null,
  ownerId: string | null,
  name: string | null,
  metadata: string | null,
];
/** Primary key. */
export const accountsQuery = (ledger: number): Query =>
  query(ledger, ACCOUNT_COLUMNS, (n) => `from ledger.accounts where ledger = ${n} order by number`);

const SUMMARY_COLUMNS = LIST([
  ['account', 'int4'],
  ['id', 'text'],
  ['currency', 'text'],
  ['version', 'int8'],
  ['posted', 'numeric'],
  ['held', 'numeric'],
  ['status', 'text'],
  ['freeze_scope', 'text'],
  ['min_balance', 'numeric'],
  ['max_balance', 'numeric'],
  ['owner_id', 'text'],
  ['name', 'text'],
  ['metadata::text', 'text'],
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
export const summaryQuery = (ledger: number): Query =>
  query(ledger, SUMMARY_COLUMNS, (n) => `from read.account_summary where ledger = ${n} order by account`);

const STATEMENT_COLUMNS = LIST([
  ['account', 'int4'],
  ['position', 'int8'],
  ['event_index', 'int4'],
  ['type', 'int2'],
  ['transaction_index', 'int2'],
  ['in_batch', 'bool'],
  ['version', 'int8'],
  ['amount', 'numeric'],
  ['posted_after', 'numeric'],
  ['held_after', 'numeric'],
  ['recorded_at', 'int8'],
  ['effective_at', 'int8'],
  ['status', 'text'],
  ['freeze_scope', 'text'],
  ['min_balance', 'numeric'],
  ['max_balance', 'numeric'],
  ['owner_id', 'text'],
  ['details::text', 'text'],
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
export const statementQuery = (ledger: number): Query =>
  query(ledger, STATEMENT_COLUMNS, (n) => `from read.account_statement where ledger = ${n} order by account, position, event_index`);

export type KeyRow = [key: string];
/** Unique (ledger, key). */
export const keysQuery = (ledger: number): Query =>
  query(ledger, [['key', 'uuid']], (n) => `from ledger.records where ledger = ${n} order by key`);

export type RefusalRow = [key: string, actor: number, code: string];
/** Primary key. */
export const refusalsQuery = (ledger: number): Query =>
  query(
    ledger,
    [
      ['key', 'uuid'],
      ['actor', 'int4'],
      ['code', 'text'],
    ],
    (n) => `from ledger.refusals where ledger = ${n} order by key`,
  );

export type ExternalIdRow = [externalId: string, position: number, index: number, recordHas: string | null];
/** Primary keys of both. */
export const externalIdsQuery = (ledger: number): Query =>
  query(
    ledger,
    [
      ['x.external_id', 'text'],
      ['x.position', 'int8'],
      ['x.index', 'int4'],
      ['r.transactions -> x.index ->> 1', 'text'],
    ],
    (n) => `from ledger.external_ids x left join ledger.records r on r.ledger = ${n} and r.position = x.position
      where x.ledger = ${n} order by x.external_id`,
  );
