-- The service's least rights: it appends to the log, and changes heads, the snapshot and the relay's bookkeeping. It owns nothing and may truncate nothing.
do $$ begin execute format('grant connect on database %I to ledgerflow_writer', current_database()); end $$;
grant usage on schema ledger to ledgerflow_writer;
grant select, insert on ledger.records, ledger.events, ledger.details, ledger.external_ids, ledger.principals, ledger.currencies to ledgerflow_writer;
grant select, insert, update on ledger.heads, ledger.accounts, ledger.relay_slots, ledger.relay_cursors to ledgerflow_writer;
grant select, insert, delete on ledger.refusals to ledgerflow_writer;
grant execute on function ledger.position_at(int, bigint, timestamptz) to ledgerflow_writer;
grant select on public.schema_version_ledger to ledgerflow_writer;
