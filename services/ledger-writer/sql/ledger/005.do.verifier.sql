-- The verifier reads everything and changes nothing. Deployments without that role are fine: the bootstrap command calls this again once it has made it.
create function ledger.grant_verifier() returns void language plpgsql as $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ledgerflow_verifier') then
    return;
  end if;
  execute format('grant connect on database %I to ledgerflow_verifier', current_database());
  grant usage on schema ledger to ledgerflow_verifier;
  grant select on all tables in schema ledger to ledgerflow_verifier;
  grant select on public.schema_version_ledger to ledgerflow_verifier;
  alter default privileges in schema ledger grant select on tables to ledgerflow_verifier;
end $$;
revoke execute on function ledger.grant_verifier() from public;
select ledger.grant_verifier();
