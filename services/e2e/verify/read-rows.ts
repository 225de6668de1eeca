import { columns, query, type Query } from './query.ts';

// Of the read model; rows.ts has those of the log.

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
export const transactionsQuery = (ledger: number): Query =>
  query(
    ledger,
    TRANSACTION_COLUMNS,
    { check: 'read transactions', what: 'a transaction of the read model', position: 0 },
    (n) => `from read.transactions where ledger = ${n} order by position, transaction_index`,
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
export const summaryQuery = (ledger: number): Query =>
  query(
    ledger,
    SUMMARY_COLUMNS,
    { check: 'read accounts', what: "the read model's row of an account", account: 0, accountId: 1 },
    (n) => `from read.account_summary where ledger = ${n} order by account`,
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
export const statementQuery = (ledger: number): Query =>
  query(
    ledger,
    STATEMENT_COLUMNS,
    { check: 'read statement', what: "the read model's statement", position: 1, account: 0 },
    (n) => `from read.account_statement where ledger = ${n} order by account, position, event_index`,
  );
