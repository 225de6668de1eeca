-- Who relays a slot to Kafka, and how far each ledger of it was published. The lease's epoch fences: a cursor moves only while the epoch is the holder's.
create table ledger.relay_slots (
  slot int primary key,
  holder text,
  epoch bigint not null default 0,
  expires_at timestamptz,
  breaker text,
  last_error text,
  last_error_at timestamptz
) with (fillfactor = 50);

create table ledger.relay_cursors (
  ledger int primary key,
  slot int not null,
  position bigint not null,
  updated_at timestamptz,
  published_at timestamptz
) with (fillfactor = 50);
create index relay_cursors_slot on ledger.relay_cursors (slot);
