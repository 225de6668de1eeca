-- What people did through the gateway that no ledger's log has: dead letters, rebuilds. An action is written before it is done, its outcome afterwards: an action without
-- an outcome was begun, and nobody knows how it ended. Nothing here is ever changed or deleted.
create schema audit;

-- ledger: text id; null: none, or all. target: what was acted on (a dead letter's id, a projection's name …). parameters: what was asked for.
create table audit.actions (
  id          bigint generated always as identity primary key,
  recorded_at timestamptz not null default clock_timestamp(),
  actor       text collate "C" not null,
  roles       text[] not null,
  action      text collate "C" not null,
  ledger      text collate "C",
  target      text collate "C",
  parameters  jsonb not null default '{}',
  request_id  uuid not null
);
create index actions_recorded_at on audit.actions (recorded_at desc, id desc);
create index actions_actor on audit.actions (actor, recorded_at desc, id desc);
create index actions_action on audit.actions (action, recorded_at desc, id desc);
create index actions_ledger on audit.actions (ledger, recorded_at desc, id desc);

-- outcome: done, accepted (it goes on), or the code of the problem that was answered. result: what was answered.
create table audit.outcomes (
  action      bigint primary key references audit.actions (id),
  recorded_at timestamptz not null default clock_timestamp(),
  outcome     text collate "C" not null,
  result      jsonb
);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit.% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on audit.actions for each row execute function audit.refuse_change();
create trigger no_truncate before truncate on audit.actions execute function audit.refuse_change();
create trigger append_only before update or delete on audit.outcomes for each row execute function audit.refuse_change();
create trigger no_truncate before truncate on audit.outcomes execute function audit.refuse_change();

do $$ begin execute format('grant connect on database %I to ledgerflow_audit_gateway', current_database()); end $$;
grant usage on schema audit to ledgerflow_audit_gateway;
grant select, insert on audit.actions, audit.outcomes to ledgerflow_audit_gateway;
grant select on public.schema_version to ledgerflow_audit_gateway;
