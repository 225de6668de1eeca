-- The one global table: where each ledger lives. Everything else of a ledger is on its cluster.
create schema directory;

create table directory.ledgers (
  id text collate "C" primary key,
  number int generated always as identity unique,
  uuid uuid not null unique default gen_random_uuid(),
  cluster text collate "C" not null,
  slot int not null,
  epoch int not null default 1,
  -- active; moving and retired belong to moves between clusters. An allocated place without a first record has no head and reads as unknown.
  state text not null default 'active' check (state in ('active', 'moving', 'retired')),
  created_at timestamptz not null default clock_timestamp()
);
create index ledgers_slot on directory.ledgers (slot);

do $$ begin execute format('grant connect on database %I to ledgerflow_writer', current_database()); end $$;
grant usage on schema directory to ledgerflow_writer;
grant select, insert on directory.ledgers to ledgerflow_writer;
grant select on public.schema_version_directory to ledgerflow_writer;
