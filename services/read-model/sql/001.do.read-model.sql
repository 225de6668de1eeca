-- The read model. Times are microseconds since 1970-01-01T00:00:00Z (read.as_time shows them), amounts are minor units, hashes and digests
-- raw bytes. Inside, a ledger and an account are their integers; text ids are looked up once a query. Every table can be rebuilt from the log.
create schema read;

create function read.as_time(micros bigint) returns timestamptz language sql immutable strict parallel safe
  return timestamptz '1970-01-01 00:00:00+00' + (micros / 1000000) * interval '1 second' + (micros % 1000000) * interval '1 microsecond';

-- How far the builder has applied each ledger's log. Locked by its batches, in order of ledger; moved in the transaction that writes the rows.
create table read.checkpoints (
  ledger         integer primary key,
  id             text collate "C" not null unique,
  uuid           uuid not null,
  slot           integer not null,
  epoch          integer not null,
  position       bigint not null,
  record_hash    bytea not null,
  recorded_at    bigint not null,
  applied_at     timestamptz not null default clock_timestamp(),
  stopped_reason text
) with (fillfactor = 50);
create index checkpoints_slot on read.checkpoints (slot);

-- What each projection has made of a ledger's log: how many rows, and a digest of them (see projections/*) at a position.
create table read.projection_state (
  projection text collate "C" not null,
  ledger     integer not null,
  position   bigint not null,
  row_count  bigint not null,
  digest     bytea not null,
  primary key (ledger, projection)
) with (fillfactor = 50);

create table read.ledgers (
  ledger      integer primary key,
  id          text collate "C" not null unique,
  uuid        uuid not null,
  opened_at   bigint not null
);

create table read.currencies (
  ledger   integer not null,
  code     text collate "C" not null,
  scale    smallint not null,
  position bigint not null,
  primary key (ledger, code)
);

-- One row an account, as it is at the checkpoint. No index holds a column that money movements change, so their updates stay on the page (HOT).
create table read.account_summary (
  ledger       integer not null,
  account      integer not null,
  id           text collate "C" not null,
  currency     text collate "C" not null,
  scale        smallint not null,
  owner_id     text collate "C",
  status       text collate "C" not null,
  freeze_scope text collate "C",
  min_balance  numeric(38, 0),
  max_balance  numeric(38, 0),
  posted       numeric(38, 0) not null,
  held         numeric(38, 0) not null,
  version      bigint not null,
  name         text,
  metadata     jsonb,
  opened_at    bigint not null,
  updated_at   bigint not null,
  primary key (ledger, account)
) with (fillfactor = 70);
create unique index account_summary_id on read.account_summary (ledger, id);
create index account_summary_owner on read.account_summary (ledger, owner_id, id) where owner_id is not null;
create index account_summary_currency on read.account_summary (ledger, currency, id);
create index account_summary_not_open on read.account_summary (ledger, status, id) where status <> 'open';

-- Every versioned event of every account, in the order of the log: the balance at any position is one probe of the primary key.
-- A record has up to 65,535 events and 1,000 transactions. Terms (status … owner_id) are set by events that move no money; details are the name and metadata which such an event gave.
create table read.account_statement (
  ledger            integer not null,
  account           integer not null,
  position          bigint not null,
  event_index       integer not null,
  type              smallint not null,
  transaction_index smallint,
  in_batch          boolean not null,
  version           bigint not null,
  amount            numeric(38, 0),
  posted_after      numeric(38, 0) not null,
  held_after        numeric(38, 0) not null,
  recorded_at       bigint not null,
  effective_at      bigint not null,
  status            text collate "C",
  freeze_scope      text collate "C",
  min_balance       numeric(38, 0),
  max_balance       numeric(38, 0),
  owner_id          text collate "C",
  details           jsonb,
  primary key (ledger, account, position, event_index)
) partition by hash (ledger);
-- Status and limits at a position: the last of the few events without an amount.
create index account_statement_terms on read.account_statement (ledger, account, position, event_index) where amount is null;
-- The corrections of the effective axis: only the entries that do not take effect when they are recorded.
create index account_statement_effective on read.account_statement (ledger, account, effective_at)
  include (recorded_at, position, amount) where effective_at <> recorded_at and amount is not null;

-- entries: [[account id, account number, currency, scale, version, amount, posted after, held after], …], amounts as text.
-- currency and amount: what moved in the first currency; other_amounts: {currency: amount} of further ones.
create table read.transactions (
  ledger            integer not null,
  position          bigint not null,
  transaction_index smallint not null,
  type              smallint not null,
  recorded_at       bigint not null,
  effective_at      bigint not null,
  external_id       text collate "C",
  reference         text,
  description       text,
  metadata          jsonb,
  actor             text collate "C" not null,
  correlation_id    uuid not null,
  currency          text collate "C" not null,
  amount            numeric not null,
  other_amounts     jsonb,
  entries           json not null,
  primary key (ledger, position, transaction_index)
) partition by hash (ledger);
-- Positions of a time range; the order is that of the positions.
create index transactions_recorded_at on read.transactions (ledger, recorded_at);
-- References and external ids may be long: the hash is indexed, the text compared.
create index transactions_reference on read.transactions (ledger, hashtextextended(reference, 0), position, transaction_index) where reference is not null;
create index transactions_external_id on read.transactions (ledger, hashtextextended(external_id, 0)) where external_id is not null;

do $$
begin
  for i in 0..7 loop
    execute format('create table read.account_statement_%s partition of read.account_statement for values with (modulus 8, remainder %s)', i, i);
    execute format('create table read.transactions_%s partition of read.transactions for values with (modulus 8, remainder %s)', i, i);
  end loop;
end $$;

-- Per currency what is owed (accounts below zero) and owned (above zero); equal in a ledger that balances.
create table read.trial_balance (
  ledger   integer not null,
  currency text collate "C" not null,
  debits   numeric not null,
  credits  numeric not null,
  primary key (ledger, currency)
) with (fillfactor = 50);

grant usage on schema read to ledgerflow_read_builder, ledgerflow_read_gateway;
grant select, insert, update, delete on all tables in schema read to ledgerflow_read_builder;
grant select on all tables in schema read to ledgerflow_read_gateway;
grant select on public.schema_version to ledgerflow_read_builder, ledgerflow_read_gateway;
do $$
begin
  execute format('grant connect on database %I to ledgerflow_read_builder, ledgerflow_read_gateway', current_database());
end $$;
