import { columns, query, type Query } from './query.ts';

const RECORD_COLUMNS = columns([
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
  ['transactions::text', 'text', 'null'],
  ['entry_digest', 'bytea', 'null'],
  ['account_digest', 'bytea', 'null'],
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
  query(
    ledger,
    RECORD_COLUMNS,
    { check: 'records', what: 'a record', position: 0 },
    (n) => `from ledger.records where ledger = ${n} order by position`,
  );

const EVENT_COLUMNS = columns([
  ['position', 'int8'],
  ['index', 'int4'],
  ['type', 'int2'],
  ['account', 'int4', 'null'],
  ['version', 'int8', 'null'],
  ['transaction', 'int2', 'null'],
  ['amount', 'numeric', 'null'],
  ['posted_after', 'numeric', 'null'],
  ['held_after', 'numeric', 'null'],
  ['data::text', 'text', 'null'],
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
  query(
    ledger,
    EVENT_COLUMNS,
    { check: 'records', what: 'an event', position: 0 },
    (n) => `from ledger.events where ledger = ${n} order by position, index`,
  );

const DETAILS_COLUMNS = columns([
  ['position', 'int8'],
  ['index', 'int4'],
  ['hash', 'bytea'],
  ['salt', 'bytea', 'null'],
  ['body::text', 'text', 'null'],
]);
export type DetailsRow = [position: number, index: number, hash: string, salt: string | null, body: string | null];
/** Primary key. */
export const detailsQuery = (ledger: number): Query =>
  query(
    ledger,
    DETAILS_COLUMNS,
    { check: 'details', what: 'a details row', position: 0 },
    (n) => `from ledger.details where ledger = ${n} order by position, index`,
  );

/**
 * The record r at a position, by all of the primary key whatever the statistics say. To a planner that takes the ledger for a single row (one that came after the last
 * analyze) a probe by the ledger alone is as good, and reads all of it for each event. Only the primary key has the order that this asks for; with "=" it would ask
 * for none.
 */
const recordOf = (ledger: string, position: string): string =>
  `left join lateral (select * from ledger.records
      where ledger = ${ledger} and position between ${position} and ${position} order by position limit 1) r on true`;

const ACCOUNT_EVENT_COLUMNS = columns([
  ['e.account', 'int4'],
  ['e.version', 'int8', 'null'],
  ['e.position', 'int8'],
  ['e.index', 'int4'],
  ['e.type', 'int2'],
  ['e.transaction', 'int2', 'null'],
  ['e.amount', 'numeric', 'null'],
  ['e.posted_after', 'numeric', 'null'],
  ['e.held_after', 'numeric', 'null'],
  ['e.data::text', 'text', 'null'],
  ['r.type', 'int2', 'null'],
  ['r.recorded_at', 'timestamptz', 'null'],
  ['r.effective_at', 'timestamptz', 'null'],
  [
    'case when e.transaction is not null and r.transactions is not null then r.transactions -> e.transaction::int ->> 0 end',
    'text',
    'null',
  ],
  [
    `case when e.type in (3, 9) then (select d.body::text from ledger.details d where d.ledger = e.ledger and d.position = e.position and d.index = 0) end`,
    'text',
    'null',
  ],
  [
    `case when e.type in (3, 9) then (select d.body is null from ledger.details d where d.ledger = e.ledger and d.position = e.position and d.index = 0) end`,
    'bool',
    'null',
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
    { check: 'records', what: 'an event', position: 2, account: 0 },
    (n) => `from ledger.events e ${recordOf(n, 'e.position')}
      where e.ledger = ${n} and e.account is not null order by e.account, e.version`,
  );

const ACCOUNT_COLUMNS = columns([
  ['number', 'int4'],
  ['id', 'text'],
  ['currency', 'text'],
  ['version', 'int8'],
  ['posted', 'numeric'],
  ['held', 'numeric'],
  ['status', 'int2'],
  ['freeze_scope', 'int2', 'null'],
  ['min_balance', 'numeric', 'null'],
  ['max_balance', 'numeric', 'null'],
  ['owner_id', 'text', 'null'],
  ['name', 'text', 'null'],
  ['metadata::text', 'text', 'null'],
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
  query(
    ledger,
    ACCOUNT_COLUMNS,
    { check: 'accounts', what: 'the row of an account', account: 0, accountId: 1 },
    (n) => `from ledger.accounts where ledger = ${n} order by number`,
  );

export type KeyRow = [key: string];
/** Unique (ledger, key). */
export const keysQuery = (ledger: number): Query =>
  query(ledger, [['key', 'uuid']], { check: 'keys', what: 'a record' }, (n) => `from ledger.records where ledger = ${n} order by key`);

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
    { check: 'keys', what: 'a refusal' },
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
      ['r.transactions -> x.index ->> 1', 'text', 'null'],
    ],
    { check: 'external ids', what: 'an external id', position: 1 },
    (n) => `from ledger.external_ids x ${recordOf(n, 'x.position')}
      where x.ledger = ${n} order by x.external_id`,
  );
