/**
 * Every code a caller can meet, each with its HTTP status and whether trying again can help. `writer` codes are business refusals: values, not
 * exceptions, stored with their key and replayed. `gateway` codes come from the edge and are never stored.
 */
export interface ProblemDefinition {
  status: number;
  title: string;
  /** writer: decided by the domain and replayed under its key. gateway: decided at the edge. */
  by: 'writer' | 'gateway';
  /** Whether the same request, under the same key, can succeed later. */
  retry: boolean;
}

const writer = (status: 404 | 409 | 412 | 422, title: string) => ({ status, title, by: 'writer', retry: false }) as const;
const gateway = (status: number, title: string, retry = false) => ({ status, title, by: 'gateway', retry }) as const;

export const PROBLEMS = {
  ledger_not_found: writer(404, 'There is no such ledger'),
  account_not_found: writer(404, 'There is no such account'),
  ledger_exists: writer(409, 'The ledger exists'),
  account_exists: writer(409, 'The account exists'),
  currency_exists: writer(409, 'The ledger has this currency'),
  external_id_exists: writer(409, 'A transaction with this externalId exists'),
  version_mismatch: writer(412, 'The account has another version'),
  insufficient_funds: writer(422, 'The available balance is too small'),
  limit_exceeded: writer(422, 'The balance would exceed a limit of the account'),
  balance_out_of_range: writer(422, 'The balance would have more than 38 digits'),
  account_frozen: writer(422, 'The account is frozen'),
  account_not_frozen: writer(422, 'The account is not frozen'),
  account_closed: writer(422, 'The account is closed'),
  account_not_empty: writer(422, 'The account still has a balance'),
  currency_mismatch: writer(422, 'The account has another currency'),
  unknown_currency: writer(422, 'The currency is not known'),
  amount_too_precise: writer(422, 'The amount has more decimals than the currency'),
  same_account: writer(422, 'A posting needs two different accounts'),
  system_account: writer(422, 'System accounts are not for clients'),
  effective_at_out_of_range: writer(422, 'effectiveAt is too far from now'),
  invalid_limits: writer(422, 'The limits contradict each other or the balance'),
  record_too_large: writer(422, 'The command makes a record that is too large'),
  idempotency_key_reused: writer(422, 'The key was used for another request'),

  malformed_json: gateway(400, 'The body is not JSON'),
  invalid_request: gateway(400, 'The request does not fit its schema'),
  invalid_amount: gateway(400, 'The amount is not a positive decimal string'),
  invalid_time: gateway(400, 'The time is not RFC 3339 with at most six decimals'),
  time_in_future: gateway(400, 'The time has not come yet'),
  invalid_cursor: gateway(400, 'The cursor is not one of this list'),
  invalid_consistency_token: gateway(400, 'The consistency token is not one of ours'),
  idempotency_key_missing: gateway(400, 'Idempotency-Key is required'),
  idempotency_key_invalid: gateway(400, 'Idempotency-Key must be 1 to 255 printable ASCII characters'),
  unauthenticated: gateway(401, 'A valid bearer token or session is required'),
  forbidden: gateway(403, 'The token does not grant this'),
  csrf_refused: gateway(403, 'The request does not come from a page of this site'),
  not_found: gateway(404, 'There is no such thing'),
  transaction_not_found: gateway(404, 'There is no such transaction'),
  dead_letter_not_found: gateway(404, 'There is no such dead letter'),
  repair_not_found: gateway(404, 'There is no such repair'),
  projection_not_found: gateway(404, 'There is no such projection'),
  rebuild_not_found: gateway(404, 'There is no such rebuild'),
  method_not_allowed: gateway(405, 'The method is not allowed here'),
  not_acceptable: gateway(406, 'Only application/json can be answered'),
  request_timeout: gateway(408, 'The request did not arrive in time', true),
  epoch_superseded: gateway(409, 'The ledger was restored since the token was made'),
  rebuild_in_progress: gateway(409, 'A rebuild of the same rows is going on'),
  records_parked: gateway(409, 'Records of accounts of the ledger are parked'),
  ledger_diverged: gateway(409, 'Records of accounts of the ledger were discarded'),
  earlier_record_parked: gateway(409, 'An earlier record of its accounts is parked'),
  balance_depends: gateway(409, 'A balance depends on the record'),
  not_refused: gateway(409, 'The record was not refused, it waits for an earlier one'),
  still_refused: gateway(409, 'The record is refused again'),
  ledger_stopped: gateway(409, 'The read side has stopped the ledger'),
  body_too_large: gateway(413, 'The body is larger than 1 MiB'),
  uri_too_long: gateway(414, 'The address is too long'),
  unsupported_media_type: gateway(415, 'The body must be application/json'),
  headers_too_large: gateway(431, 'The headers are too large'),
  rate_limited: gateway(429, 'Too many requests', true),
  internal: gateway(500, 'Something is broken on our side', true),
  overloaded: gateway(503, 'Too busy, try again later', true),
  unavailable: gateway(503, 'A part of the service is not available', true),
  not_yet_consistent: gateway(503, 'The read side has not caught up with the token', true),
  projection_parked: gateway(503, 'A record that the answer needs waits for repair', true),
  audit_unavailable: gateway(503, 'The audit store does not answer, so nothing was done', true),
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof PROBLEMS;
export type RefusalCode = { [K in ProblemCode]: (typeof PROBLEMS)[K]['by'] extends 'writer' ? K : never }[ProblemCode];

/** A business refusal: a code and what it is about (account, available, limit, …), all as text so that it can be stored and replayed. */
export interface Refusal {
  code: RefusalCode;
  parameters: Record<string, string>;
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
