-- The verifier reads everything and changes nothing. Deployments without that role are fine: the bootstrap command calls this again once it has made it.
create function read.grant_verifier() returns void language plpgsql as $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ledgerflow_read_verifier') then
    return;
  end if;
  execute format('grant connect on database %I to ledgerflow_read_verifier', current_database());
  grant usage on schema read to ledgerflow_read_verifier;
  grant select on all tables in schema read to ledgerflow_read_verifier;
  grant select on public.schema_version to ledgerflow_read_verifier;
  alter default privileges in schema read grant select on tables to ledgerflow_read_verifier;
end $$;
revoke execute on function read.grant_verifier() from public;
select read.grant_verifier();
