-- What makes a read of the past cost about as much as one of the present, however long the log and however much of it is backdated.

-- When each record was recorded, a row for each run of records that were applied together: `times` begins with that of the record at `position` and ascends, so a time
-- becomes a position by one probe and a binary search (width_bucket), without asking the writer. Filled from the first record that is applied after this migration:
-- times before that are asked of the writer, as all were.
create table read.log_times (
  ledger      integer not null,
  recorded_at bigint not null,
  position    bigint not null,
  times       bigint[] not null,
  primary key (ledger, recorded_at)
);

-- The entries that do not take effect when they are recorded, numbered from 1 for each account in the order of the log; sum_after is the sum of the amounts up to here.
create table read.corrections (
  ledger       integer not null,
  account      integer not null,
  ordinal      bigint not null,
  position     bigint not null,
  event_index  integer not null,
  effective_at bigint not null,
  amount       numeric(38, 0) not null,
  sum_after    numeric not null,
  primary key (ledger, account, ordinal)
);
create unique index corrections_position on read.corrections (ledger, account, position, event_index) include (ordinal, sum_after);

-- The same entries in blocks of 16 × 4^level ordinals, each block in the order of effective time with its running sum. What of the first n entries takes effect by a time is
-- then a probe in each of the few blocks that n is made of (at most three a level) and a sum over the last fifteen entries. Blocks never change.
create table read.correction_blocks (
  ledger       integer not null,
  account      integer not null,
  level        smallint not null,
  block        bigint not null,
  effective_at bigint not null,
  ordinal      bigint not null,
  sum_after    numeric not null,
  primary key (ledger, account, level, block, effective_at, ordinal) include (sum_after)
);

insert into read.corrections (ledger, account, ordinal, position, event_index, effective_at, amount, sum_after)
select ledger, account, row_number() over in_order, position, event_index, effective_at, amount, sum(amount) over in_order
from read.account_statement where effective_at <> recorded_at and amount is not null
window in_order as (partition by ledger, account order by position, event_index rows unbounded preceding);

insert into read.correction_blocks (ledger, account, level, block, effective_at, ordinal, sum_after)
select c.ledger, c.account, l.level, (c.ordinal - 1) / l.size, c.effective_at, c.ordinal,
  sum(c.amount) over (partition by c.ledger, c.account, l.level, (c.ordinal - 1) / l.size order by c.effective_at, c.ordinal rows unbounded preceding)
from (select level, (16 * 4 ^ level)::bigint as size from generate_series(0, 8) as level) l
cross join (select *, max(ordinal) over (partition by ledger, account) as count from read.corrections) c
where c.ordinal <= c.count / l.size * l.size;

-- Its sums were read entry by entry.
drop index read.account_statement_effective;

grant select, insert, update, delete on read.log_times, read.corrections, read.correction_blocks to ledgerflow_read_builder;
grant select on read.log_times, read.corrections, read.correction_blocks to ledgerflow_read_gateway;
select read.grant_verifier();
