-- Rows belong to a generation of a projection, not to a ledger: a rebuild fills a new one beside the live one and one update of read.projections puts it in its place
-- (docs/decisions/0005). What was there becomes the generation that has the number of its ledger.
alter table read.ledgers rename column ledger to generation;
alter table read.currencies rename column ledger to generation;
alter table read.account_summary rename column ledger to generation;
alter table read.account_statement rename column ledger to generation;
alter table read.transactions rename column ledger to generation;
alter table read.trial_balance rename column ledger to generation;
alter table read.log_times rename column ledger to generation;
alter table read.corrections rename column ledger to generation;
alter table read.correction_blocks rename column ledger to generation;
-- Two generations of a ledger have the same id.
alter table read.ledgers drop constraint ledgers_id_key;

create sequence read.generations as integer;

-- The live generation of each projection of each ledger, and how far it is: at the ledger's checkpoint, or, while it is held or catches up, before it. row_count and digest are of its rows
-- at that position. whole_to: up to here every record is in it whole, whatever is parked (a rebuild reads the log itself). held_reason: why it does not go on.
create table read.projections (
  ledger      integer not null,
  projection  text collate "C" not null,
  generation  integer not null,
  position    bigint not null,
  recorded_at bigint not null,
  row_count   bigint not null,
  digest      bytea not null,
  whole_to    bigint not null default 0,
  held_reason text,
  held_at     timestamptz,
  primary key (ledger, projection)
) with (fillfactor = 50);
create index projections_held on read.projections (ledger) where held_reason is not null;

-- A row that is not where the checkpoint is was left behind by a builder which did not know the projection: it is caught up from there.
insert into read.projections (ledger, projection, generation, position, recorded_at, row_count, digest)
select s.ledger, s.projection, s.ledger, s.position, case when s.position = c.position then c.recorded_at else 0 end, s.row_count, s.digest
from read.projection_state s join read.checkpoints c on c.ledger = s.ledger;
select setval('read.generations', (select coalesce(max(ledger), 0) + 1 from read.checkpoints), false);
drop table read.projection_state;

-- Accounts of which records are parked, and parked records. 0 almost always, so that reads and batches look no further.
alter table read.checkpoints add column parked_accounts integer not null default 0, add column dead_letters integer not null default 0;

-- Records that are not applied, or not to all of their accounts. error: why the record was refused, and by which projections (empty: it could not be read); null for one that only waits,
-- because it touches an account of an earlier one. accounts: the numbers of those whose part of the record is not applied. record: its JSON text as it came.
create table read.dead_letters (
  id              bigint generated always as identity primary key,
  ledger          integer not null,
  position        bigint not null,
  accounts        integer[] not null,
  projections     text[] not null default '{}',
  error           text,
  record          text not null,
  parked_at       timestamptz not null default clock_timestamp(),
  attempts        integer not null default 0,
  last_attempt_at timestamptz,
  published_at    timestamptz,
  unique (ledger, position)
);
create index dead_letters_refused on read.dead_letters (ledger, position) where error is not null;
create index dead_letters_to_publish on read.dead_letters (id) where published_at is null;
create index dead_letters_parked_at on read.dead_letters (parked_at);

-- How many parked records wait for an account; `since` is the position of the first. id: its text id, also when the record that opens it is parked.
create table read.parked_accounts (
  ledger  integer not null,
  account integer not null,
  id      text collate "C" not null,
  since   bigint not null,
  pending integer not null,
  primary key (ledger, account)
);
create unique index parked_accounts_id on read.parked_accounts (ledger, id);

-- Records that somebody discarded: these projections differ from the log here, for good or until they are rebuilt.
create table read.divergences (
  ledger       integer not null,
  position     bigint not null,
  projections  text[] not null,
  accounts     integer[] not null,
  reason       text not null,
  actor        text not null,
  discarded_at timestamptz not null default clock_timestamp(),
  primary key (ledger, position)
);

-- What people asked to be done with dead letters; a builder does it. dead_letter null: all of the ledger, or, with ledger null too, of all ledgers.
create table read.repairs (
  id           uuid primary key default gen_random_uuid(),
  kind         text collate "C" not null check (kind in ('retry', 'discard')),
  dead_letter  bigint,
  ledger       integer,
  reason       text,
  actor        text not null,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at  timestamptz,
  outcome      jsonb
);
create index repairs_open on read.repairs (requested_at) where finished_at is null;

-- Rebuilds, running and past. projection null: all; ledger null: all; account: the repair of one account in place. worker: who works on it, until worker_until if nothing is heard of it.
create table read.rebuilds (
  id            uuid primary key default gen_random_uuid(),
  projection    text collate "C",
  ledger        text collate "C",
  account       text collate "C",
  max_rate      integer,
  state         text collate "C" not null default 'waiting'
    check (state in ('waiting', 'running', 'cancelling', 'cancelled', 'swapped', 'refused', 'failed')),
  actor         text not null,
  requested_at  timestamptz not null default clock_timestamp(),
  started_at    timestamptz,
  finished_at   timestamptz,
  updated_at    timestamptz not null default clock_timestamp(),
  worker        uuid,
  worker_until  timestamptz,
  parts_total   integer not null default 0,
  parts_done    integer not null default 0,
  records_total bigint not null default 0,
  records_done  bigint not null default 0,
  rate          double precision,
  error         text,
  difference    jsonb
);
create index rebuilds_active on read.rebuilds (requested_at) where finished_at is null;
create index rebuilds_requested_at on read.rebuilds (requested_at desc, id);

-- One generation of a rebuild: how far it is filled, by which record it goes on, and what it holds.
create table read.rebuild_parts (
  rebuild     uuid not null references read.rebuilds (id) on delete cascade,
  ledger      integer not null,
  projection  text collate "C" not null,
  generation  integer not null,
  state       text collate "C" not null default 'filling' check (state in ('filling', 'proven', 'swapped', 'dropped')),
  position    bigint not null default 0,
  recorded_at bigint not null default 0,
  record_hash bytea not null default decode(repeat('0', 64), 'hex'),
  row_count   bigint not null default 0,
  digest      bytea not null default decode(repeat('0', 64), 'hex'),
  proven_at   bigint,
  primary key (rebuild, ledger, projection)
);

-- Generations that nobody reads any more; their rows are deleted in the background.
create table read.retired_generations (
  projection text collate "C" not null,
  generation integer not null,
  retired_at timestamptz not null default clock_timestamp(),
  primary key (projection, generation)
);

grant usage on sequence read.generations to ledgerflow_read_builder;
grant select, insert, update, delete on read.projections, read.dead_letters, read.parked_accounts, read.divergences, read.repairs, read.rebuilds, read.rebuild_parts,
  read.retired_generations to ledgerflow_read_builder;
grant select on read.projections, read.dead_letters, read.parked_accounts, read.divergences, read.repairs, read.rebuilds, read.rebuild_parts, read.retired_generations
  to ledgerflow_read_gateway;

-- What the gateway may ask for. It changes nothing else.
create function read.request_repair(kind text, dead_letter bigint, ledger integer, reason text, actor text) returns uuid
language sql security definer set search_path = pg_catalog as $$
  with asked as (insert into read.repairs (kind, dead_letter, ledger, reason, actor) values (kind, dead_letter, ledger, reason, actor) returning id)
  select id from asked, pg_notify('repairs', id::text)
$$;

-- Null when a rebuild that touches the same rows is going on. Two requests at once: the second sees the first. id: the same one asked for again is the same rebuild. worker: who does it,
-- null for whichever builder is free.
create function read.request_rebuild(projection text, ledger text, account text, max_rate integer, actor text, id uuid default null, worker uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog as $$
declare
  asked uuid := coalesce(request_rebuild.id, gen_random_uuid());
begin
  perform pg_advisory_xact_lock(hashtextextended('read.rebuilds', 0));
  if exists (select from read.rebuilds r where r.id = asked) then
    return asked;
  end if;
  if exists (select from read.rebuilds r where r.finished_at is null
      and (r.projection is null or request_rebuild.projection is null or r.projection = request_rebuild.projection)
      and (r.ledger is null or request_rebuild.ledger is null or r.ledger = request_rebuild.ledger)) then
    return null;
  end if;
  insert into read.rebuilds (id, projection, ledger, account, max_rate, actor, worker, worker_until)
    values (asked, request_rebuild.projection, request_rebuild.ledger, request_rebuild.account, request_rebuild.max_rate, request_rebuild.actor, request_rebuild.worker,
      case when request_rebuild.worker is not null then clock_timestamp() + interval '30 seconds' end);
  perform pg_notify('rebuilds', asked::text);
  return asked;
end $$;

-- The state after it: cancelling, or what a rebuild that has ended is; null when there is none.
create function read.cancel_rebuild(rebuild uuid) returns text language plpgsql security definer set search_path = pg_catalog as $$
declare
  now_is text;
begin
  update read.rebuilds set state = 'cancelling', updated_at = clock_timestamp() where id = rebuild and state in ('waiting', 'running');
  select state into now_is from read.rebuilds where id = rebuild;
  perform pg_notify('rebuilds', rebuild::text);
  return now_is;
end $$;

revoke execute on function read.request_repair(text, bigint, integer, text, text), read.request_rebuild(text, text, text, integer, text, uuid, uuid), read.cancel_rebuild(uuid) from public;
grant execute on function read.request_repair(text, bigint, integer, text, text), read.request_rebuild(text, text, text, integer, text, uuid, uuid), read.cancel_rebuild(uuid)
  to ledgerflow_read_gateway, ledgerflow_read_builder;
select read.grant_verifier();
