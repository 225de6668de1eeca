-- The log of every ledger on this cluster, the end of each (heads), and nothing derived. Integers inside: ledger and account numbers, principal numbers,
-- 16-byte keys; text ids are looked up once a batch. Free text stands apart in details, where it can be erased without touching a hash.
create schema ledger;

-- One row a ledger, locked FOR NO KEY UPDATE by whoever writes to it: it serialises the ledger. fillfactor 50 keeps its updates on its page (HOT).
-- resolved_to: an as-of question up to this time was answered for good, so nothing may be recorded up to it any more, whatever the clock says later.
create table ledger.heads (
  ledger int primary key,
  id text collate "C" not null unique,
  uuid uuid not null unique,
  slot int not null,
  epoch int not null,
  position bigint not null,
  recorded_at timestamptz not null,
  resolved_to timestamptz not null default '1970-01-01T00:00:00Z',
  record_hash bytea not null,
  frontier bytea not null,
  entry_digest bytea not null,
  account_digest bytea not null,
  account_count int not null
) with (fillfactor = 50);
create index heads_slot on ledger.heads (slot);

-- A record is the outcome of one accepted command. transactions: null unless a batch's or one with an externalId or an effective time of its own.
-- bytes: length of its JSON text, so that pages are cut without rendering. account_digest, entry_digest: only on the last record of a batch.
create table ledger.records (
  position bigint not null,
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  ledger int not null,
  epoch int not null,
  actor int not null,
  bytes int not null,
  correlation uuid not null,
  causation uuid not null,
  key uuid not null,
  fingerprint uuid not null,
  type smallint not null,
  leaf bytea not null,
  transactions jsonb,
  entry_digest bytea,
  account_digest bytea,
  primary key (ledger, position),
  unique (ledger, key)
) partition by hash (ledger);

-- account, version and the amounts are null for events of the ledger itself. data: what is not a number, null for entries.
create table ledger.events (
  position bigint not null,
  version bigint,
  ledger int not null,
  index int not null,
  account int,
  type smallint not null,
  transaction smallint,
  amount numeric(38, 0),
  posted_after numeric(38, 0),
  held_after numeric(38, 0),
  data jsonb,
  primary key (ledger, position, index),
  unique (ledger, account, version)
) partition by hash (ledger);

-- Free text. json, not jsonb: the text is kept as it was hashed (order of members, digits of numbers).
create table ledger.details (
  position bigint not null,
  ledger int not null,
  index int not null,
  hash bytea not null,
  salt bytea,
  body json,
  primary key (ledger, position, index)
) partition by hash (ledger);

create table ledger.external_ids (
  position bigint not null,
  ledger int not null,
  index int not null,
  external_id text collate "C" not null,
  primary key (ledger, external_id)
) partition by hash (ledger);

do $$
declare
  log_table text;
begin
  foreach log_table in array array['records', 'events', 'details', 'external_ids'] loop
    for remainder in 0..15 loop
      execute format('create table ledger.%1$I partition of ledger.%2$I for values with (modulus 16, remainder %3$s)', log_table || '_' || remainder, log_table, remainder);
    end loop;
  end loop;
end $$;

create table ledger.principals (
  ledger int not null,
  number int not null,
  id text collate "C" not null,
  primary key (ledger, number),
  unique (ledger, id)
);

create table ledger.currencies (
  ledger int not null,
  code text collate "C" not null,
  scale smallint not null,
  primary key (ledger, code)
);

-- The inline snapshot: an account as the log has it so far. Disposable and rebuilt from the log. Only columns without an index change, so updates are HOT.
create table ledger.accounts (
  version bigint not null,
  ledger int not null,
  number int not null,
  status smallint not null,
  freeze_scope smallint,
  posted numeric(38, 0) not null,
  held numeric(38, 0) not null,
  min_balance numeric(38, 0),
  max_balance numeric(38, 0),
  id text collate "C" not null,
  currency text collate "C" not null,
  owner_id text,
  name text,
  metadata json,
  primary key (ledger, number),
  unique (ledger, id)
) with (fillfactor = 50);

-- What a key was refused with; kept for 30 days.
create table ledger.refusals (
  recorded_at timestamptz not null,
  key uuid not null,
  fingerprint uuid not null,
  ledger int not null,
  actor int not null,
  code text not null,
  parameters json not null,
  primary key (ledger, key)
);
create index refusals_recorded_at on ledger.refusals (recorded_at);

-- The last position recorded at or before a time. recorded_at rises with position, so it is found by bisection: about log2(n) probes of the primary key,
-- and the log needs no index on time. 0 = before the first record.
create function ledger.position_at(in_ledger int, in_last bigint, in_time timestamptz) returns bigint language plpgsql stable as $$
declare
  low bigint := 0;
  high bigint := in_last;
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select recorded_at from ledger.records where ledger = in_ledger and position = middle) <= in_time then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return low;
end $$;
