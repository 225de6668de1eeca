-- Whether a generation is live, asked for each that is to be deleted: without it every ask reads all projections of all ledgers. What is asked for changes with a swap only, so
-- batches that move positions still update rows in place.
create index projections_generation on read.projections (generation);
-- What is to be deleted next, the oldest first.
create index retired_generations_at on read.retired_generations (retired_at);
