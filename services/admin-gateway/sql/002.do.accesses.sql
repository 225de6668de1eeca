-- What is written after the fact, in batches: calls that were refused for who made them (401, 403), and what was read below /admin. Kept as long as the actions are; the owner's
-- retention command deletes what is older than it is told, and nobody else can.
-- actor: null when the caller could not be told. action: the operation's id. outcome: done, or the code of the problem.
create table audit.accesses (
  id          bigint generated always as identity primary key,
  recorded_at timestamptz not null,
  actor       text collate "C",
  roles       text[] not null,
  action      text collate "C" not null,
  ledger      text collate "C",
  target      text collate "C",
  parameters  jsonb not null default '{}',
  request_id  uuid not null,
  outcome     text collate "C" not null
);
create index accesses_recorded_at on audit.accesses (recorded_at desc, id desc);
create index accesses_actor on audit.accesses (actor, recorded_at desc, id desc);
create index accesses_action on audit.accesses (action, recorded_at desc, id desc);
create index accesses_ledger on audit.accesses (ledger, recorded_at desc, id desc);
create index accesses_request on audit.accesses (request_id);
create index actions_request on audit.actions (request_id);

-- A session that says it expires may delete, if its role may: only the owner.
create or replace function audit.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('audit.expiring', true) = 'on' then
    return old;
  end if;
  raise exception 'audit.% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on audit.accesses for each row execute function audit.refuse_change();
create trigger no_truncate before truncate on audit.accesses execute function audit.refuse_change();

grant select, insert on audit.accesses to ledgerflow_audit_gateway;
