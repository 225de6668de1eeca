-- by_id_only: whoever names the rebuild's id works on it, and nobody else takes it over, but to end one that is cancelled. prove_only: what is made is proven and dropped; the live rows stay.
-- proven: the end of such a one.
-- lease_until: of these two kinds, until when its worker has it if nothing is heard of it; -infinity when nobody works on it. Builders that know neither kind look at worker and worker_until, take a rebuild over
-- that has no worker or an overdue one, and would put what was only to be proven in place: of these two kinds the worker is never null (all zeros: nobody), and worker_until never comes.
alter table read.rebuilds
  add column by_id_only boolean not null default false,
  add column prove_only boolean not null default false,
  add column lease_until timestamptz,
  drop constraint rebuilds_state_check,
  add constraint rebuilds_state_check check (state in ('waiting', 'running', 'cancelling', 'cancelled', 'swapped', 'proven', 'refused', 'failed')),
  -- The repair of an account is in place: there is nothing that could be dropped.
  add constraint rebuilds_prove_only_check check (not prove_only or account is null),
  add constraint rebuilds_lease_until_check check (case when by_id_only or prove_only then lease_until is not null and worker is not null and worker_until = 'infinity' else lease_until is null end);

-- With two functions of one name a call that leaves the new parameters out would fit both.
drop function read.request_rebuild(text, text, text, integer, text, uuid, uuid);

-- Null when a rebuild that touches the same rows is going on. Two requests at once: the second sees the first. id: the same one asked for again is the same rebuild, as it was asked for first.
-- worker: who does it, null for whichever builder is free.
create function read.request_rebuild(projection text, ledger text, account text, max_rate integer, actor text, id uuid default null, worker uuid default null,
  by_id_only boolean default false, prove_only boolean default false) returns uuid
language plpgsql security definer set search_path = pg_catalog as $$
declare
  asked uuid := coalesce(request_rebuild.id, gen_random_uuid());
  leased boolean := request_rebuild.by_id_only or request_rebuild.prove_only;
  until timestamptz := case when request_rebuild.worker is not null then clock_timestamp() + interval '30 seconds' end;
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
  insert into read.rebuilds (id, projection, ledger, account, max_rate, actor, worker, worker_until, lease_until, by_id_only, prove_only)
    values (asked, request_rebuild.projection, request_rebuild.ledger, request_rebuild.account, request_rebuild.max_rate, request_rebuild.actor,
      case when leased then coalesce(request_rebuild.worker, '00000000-0000-0000-0000-000000000000') else request_rebuild.worker end,
      case when leased then 'infinity' else until end, case when leased then coalesce(until, '-infinity') end, request_rebuild.by_id_only, request_rebuild.prove_only);
  perform pg_notify('rebuilds', asked::text);
  return asked;
end $$;

revoke execute on function read.request_rebuild(text, text, text, integer, text, uuid, uuid, boolean, boolean) from public;
grant execute on function read.request_rebuild(text, text, text, integer, text, uuid, uuid, boolean, boolean) to ledgerflow_read_gateway, ledgerflow_read_builder;
