export { createLedgerFlow, type LedgerFlow } from './client.ts';
export { clientCredentials, type ClientCredentialsOptions } from './client-credentials.ts';
export type { Answer } from './calls.ts';
export { LedgerFlowError, LedgerFlowProblem, LedgerFlowUnreachable, type ProblemCode } from './errors.ts';
export { Listing } from './listing.ts';
export { makeKey } from './random.ts';
export { RETRY_POLICY } from './options.ts';
export { LedgerFlowRequestError } from './request.ts';
export type {
  CallOptions,
  ClientOptions,
  CommandOptions,
  Credentials,
  ExportOptions,
  Fetch,
  RetryNotice,
  RetryPolicy,
  StreamOptions,
  TokenContext,
  TokenFunction,
  VersionedOptions,
} from './options.ts';
export type {
  Account,
  AnswerableId,
  Balance,
  BodyOf,
  DataOf,
  Entry,
  Ledger,
  LedgerRecord,
  Movement,
  OperationId,
  OptionsOf,
  Page,
  RequestOf,
  Transaction,
} from './types.ts';
export type { components, operations, paths } from './generated/api.ts';
