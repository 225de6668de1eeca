-- The log is append-only, for every role that is not allowed to drop these triggers.
create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'ledger.% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;

-- Details may lose their body together with its salt, for good; nothing else of them may change.
create function ledger.allow_erasure() returns trigger language plpgsql as $$
begin
  if (old.ledger, old.position, old.index, old.hash) is distinct from (new.ledger, new.position, new.index, new.hash) or new.body is not null or new.salt is not null then
    raise exception 'ledger.% is append-only: only an erasure may change it', tg_table_name using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

-- Row triggers are cloned to every partition; statement triggers are not, and TRUNCATE has only those, so each partition gets its own.
do $$
declare
  log_table text;
begin
  foreach log_table in array array['records', 'events', 'details', 'external_ids'] loop
    if log_table = 'details' then
      execute 'create trigger erasure_only before update on ledger.details for each row execute function ledger.allow_erasure()';
      execute 'create trigger append_only before delete on ledger.details for each row execute function ledger.refuse_change()';
    else
      execute format('create trigger append_only before update or delete on ledger.%I for each row execute function ledger.refuse_change()', log_table);
    end if;
    execute format('create trigger no_truncate before truncate on ledger.%I execute function ledger.refuse_change()', log_table);
    for remainder in 0..15 loop
      execute format('create trigger no_truncate before truncate on ledger.%I execute function ledger.refuse_change()', log_table || '_' || remainder);
    end loop;
  end loop;
end $$;
