-- A rebuild of a whole ledger that takes the read model into the writer's history: the ledger was restored, and this is the epoch that was raised for it (docs/guides/restored-ledger.md). Null: an ordinary
-- rebuild, which goes on where the read model is.
alter table read.rebuilds add column epoch integer;
