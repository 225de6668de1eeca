-- What can not be is refused before there is a row of it: SQLSTATE RB001 another rebuild has the id, RB002 there is no such ledger, RB003 and RB004 the rows of one account can not be made anew in place, because
-- records of accounts are parked, or were discarded: then the log of the account is not what the live rows and their kept digest are made of.
-- Null when a rebuild that touches the same rows is going on. Two requests at once: the second sees the first. id: the same one asked for again, with the same options, is the same rebuild.
-- worker: who does it, null for whichever builder is free.
create or replace function read.request_rebuild(projection text, ledger text, account text, max_rate integer, actor text, id uuid default null, worker uuid default null,
  by_id_only boolean default false, prove_only boolean default false) returns uuid
language plpgsql security definer set search_path = pg_catalog as $$
declare
  asked uuid := coalesce(request_rebuild.id, gen_random_uuid());
  leased boolean := request_rebuild.by_id_only or request_rebuild.prove_only;
  until timestamptz := case when request_rebuild.worker is not null then clock_timestamp() + interval '30 seconds' end;
  there read.rebuilds;
  book read.checkpoints;
begin
  perform pg_advisory_xact_lock(hashtextextended('read.rebuilds', 0));
  select * into there from read.rebuilds r where r.id = asked;
  if found then
    if (there.projection, there.ledger, there.account, there.max_rate, there.by_id_only, there.prove_only)
        is distinct from (request_rebuild.projection, request_rebuild.ledger, request_rebuild.account, request_rebuild.max_rate, request_rebuild.by_id_only, request_rebuild.prove_only) then
      raise exception using errcode = 'RB001', message = format('Rebuild %s was asked for with other options', asked);
    end if;
    return asked;
  end if;
  if request_rebuild.ledger is not null then
    select * into book from read.checkpoints c where c.id = request_rebuild.ledger;
    if not found then
      raise exception using errcode = 'RB002', message = format('The read model has no ledger %s', request_rebuild.ledger);
    end if;
  end if;
  if exists (select from read.rebuilds r where r.finished_at is null
      and (r.projection is null or request_rebuild.projection is null or r.projection = request_rebuild.projection)
      and (r.ledger is null or request_rebuild.ledger is null or r.ledger = request_rebuild.ledger)) then
    return null;
  end if;
  if request_rebuild.account is not null and book.parked_accounts > 0 then
    raise exception using errcode = 'RB003', message = format('Records of %s are parked: retry them, or rebuild all projections of the ledger', book.id);
  end if;
  if request_rebuild.account is not null and exists (select from read.divergences d where d.ledger = book.ledger and d.accounts <> '{}') then
    raise exception using errcode = 'RB004', message = format('Records of accounts of %s were discarded: rebuild all projections of the ledger, that heals it', book.id);
  end if;
  insert into read.rebuilds (id, projection, ledger, account, max_rate, actor, worker, worker_until, lease_until, by_id_only, prove_only)
    values (asked, request_rebuild.projection, request_rebuild.ledger, request_rebuild.account, request_rebuild.max_rate, request_rebuild.actor,
      case when leased then coalesce(request_rebuild.worker, '00000000-0000-0000-0000-000000000000') else request_rebuild.worker end,
      case when leased then 'infinity' else until end, case when leased then coalesce(until, '-infinity') end, request_rebuild.by_id_only, request_rebuild.prove_only);
  perform pg_notify('rebuilds', asked::text);
  return asked;
end $$;
