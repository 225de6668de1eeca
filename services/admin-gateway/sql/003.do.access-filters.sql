-- The two filters of a search that are rare among many rows: an outcome (forbidden), and a request's id, which a caller may choose and give to any number of requests.
create index accesses_outcome on audit.accesses (outcome, recorded_at desc, id desc);
create index accesses_request_recorded on audit.accesses (request_id, recorded_at desc, id desc);
create index actions_request_recorded on audit.actions (request_id, recorded_at desc, id desc);
drop index audit.accesses_request;
drop index audit.actions_request;
