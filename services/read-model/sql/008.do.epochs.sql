-- A rebuild of a whole ledger that takes the read model into the writer's history: the ledger was restored, and this is the epoch that was raised for it (docs/guides/restored-ledger.md). Null: an ordinary
-- rebuild, which goes on where the read model is. By id only: a builder that does not know epochs would take it for an ordinary one.
alter table read.rebuilds
  add column epoch integer,
  add constraint rebuilds_epoch_check check (epoch is null or by_id_only);
