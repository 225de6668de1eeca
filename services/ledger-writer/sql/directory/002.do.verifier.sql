-- As ledger.grant_verifier: the directory may stand in a database of its own.
create function directory.grant_verifier() returns void language plpgsql as $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'ledgerflow_verifier') then
    return;
  end if;
  execute format('grant connect on database %I to ledgerflow_verifier', current_database());
  grant usage on schema directory to ledgerflow_verifier;
  grant select on all tables in schema directory to ledgerflow_verifier;
  grant select on public.schema_version_directory to ledgerflow_verifier;
  alter default privileges in schema directory grant select on tables to ledgerflow_verifier;
end $$;
revoke execute on function directory.grant_verifier() from public;
select directory.grant_verifier();
