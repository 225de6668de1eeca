export interface TokenContext {
  /** The API did not take the last token, so another is wanted. */
  isRefused: boolean;
  /** That token: when a newer one is there already, that is the one to give. */
  refusedToken: string | null;
  /** Ends with the attempt: nobody waits for the token any more. */
  signal: AbortSignal;
}

/**
 * Asked for a token before each attempt, so it should keep the one that it has. When it fails a call ends; a stream asks again until `giveUpMs`, unless the error has
 * `isFinal: true`.
 */
export type TokenFunction = (context: TokenContext) => string | Promise<string>;

/**
 * Who calls: a bearer token, a function that gives one, or `'cookie'` for a page of the same origin whose session cookie the browser sends (with the header against
 * forged requests). `null`: nobody, for what needs no token.
 */
export type Credentials = string | TokenFunction | { cookie: true } | null;

export interface RetryPolicy {
  /** Attempts of a call in all, without those for which there was no connection; 1 never tries again. */
  attemptsMax: number;
  /** From the start of a call to its end, waits included. */
  totalMs: number;
  /** One attempt, its whole answer included. */
  attemptMs: number;
  /** The wait before the second attempt is a random part of it; doubled for each further one. */
  firstWaitMs: number;
  waitMsMax: number;
}

export const RETRY_POLICY: RetryPolicy = {
  attemptsMax: 6,
  totalMs: 30_000,
  attemptMs: 10_000,
  firstWaitMs: 100,
  waitMsMax: 5_000,
};

/** Of `fetch` as much as is used here. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Origin of the gateway, as https://ledger.example.com; a page of the same origin may leave it empty. */
  baseUrl: string;
  credentials: Credentials;
  retry?: Partial<RetryPolicy>;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  /** For tests, proxies and instrumentation. */
  fetch?: Fetch;
  /** Told of each attempt that is to be repeated. */
  onRetry?: (retry: RetryNotice) => void;
}

export interface RetryNotice {
  operation: string;
  /** The attempt that failed, from 1. */
  attempt: number;
  waitMs: number;
  /** Problem code, or what the network said. */
  reason: string;
}

export interface CallOptions {
  /** Ends the call, its waits and its attempts; it rejects with the signal's reason, a command that was sent with a LedgerFlowError of which that is the cause. */
  signal?: AbortSignal;
  retry?: Partial<RetryPolicy>;
  /** A UUID that the answer, the log lines and the record will carry. */
  requestId?: string;
  /** A UUID for what belongs together. */
  correlationId?: string;
  /** false: answer from what is there, without waiting for the writes of this client. */
  isConsistent?: boolean;
}

export interface CommandOptions extends CallOptions {
  /** 1 to 255 printable ASCII characters; made when absent, and the same for all attempts of the call. */
  idempotencyKey?: string;
}

/** Of a command that is about one account. */
export interface VersionedOptions extends CommandOptions {
  /** The version that the account must have at the writer, else the problem `version_mismatch`. */
  ifVersion?: string;
}

export interface ExportOptions extends Pick<CallOptions, 'signal' | 'requestId' | 'correlationId'> {
  /** Without a byte for so long the connection counts as lost. */
  silentMsMax?: number;
}

export interface StreamOptions extends Pick<CallOptions, 'signal' | 'isConsistent'> {
  /** Without a byte for so long the connection counts as lost; the gateway sends a heartbeat every 15 s. */
  silentMsMax?: number;
  /** Without a connection for so long the stream gives up. */
  giveUpMs?: number;
  /** Told of each connection after the first, and why the one before it ended. */
  onReconnect?: (reason: string) => void;
}
