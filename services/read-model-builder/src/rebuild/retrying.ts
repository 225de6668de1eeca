import { isConnectionError, sqlState } from '@ledgerflow/platform/postgres';
import type { Sleep } from './pace.ts';

/** How long a writer or a database may be away, without anything being done meanwhile, before what waits for it fails: a fail-over takes seconds, a restore or an upgrade minutes. */
export const OUTAGE_MAX_MS = 60 * 60_000;
/** What fails for another reason is tried so often while nothing comes of it. */
export const ATTEMPTS_MAX = 20;
/** Outages that may follow one another, each after some work of which nothing is kept. */
export const OUTAGES_MAX = 100;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 10_000;
/** CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE: what a call comes to whose other end is away. */
const GRPC_OUTAGE_CODES: readonly unknown[] = [1, 4, 14];
/** insufficient_resources: no connections left, a full disk. */
const RESOURCES_CLASS = '53';

export interface Retry {
  /** Whether trying again could end another way. */
  mayRetry: (error: unknown) => boolean;
  /** May end early. */
  sleep: Sleep;
  /** How much is done. When it has grown, an attempt was not in vain: bounds and pauses begin anew. */
  done?: () => bigint;
  /** Grows while an attempt works, also at what has to be begun again when it breaks off: an outage after that is another one than the one before. */
  worked?: () => bigint;
  /** Milliseconds, of a clock that only goes on. */
  now?: () => number;
}

/** Whether a failure says that the writer or the database was not to be had, and nothing else. */
function isOutage(error: unknown): boolean {
  return (
    isConnectionError(error) ||
    sqlState(error)?.startsWith(RESOURCES_CLASS) === true ||
    GRPC_OUTAGE_CODES.includes((error as { code?: unknown } | null)?.code)
  );
}

/**
 * Tries something again, with pauses doubled up to 10 s, while `mayRetry` says so of what it throws: through an outage for an hour, through 100 of them while nothing of the work
 * between them is kept, after any other failure 20 times. Rejects with the last failure.
 */
export async function retrying<T>(
  run: () => Promise<T>,
  { mayRetry, sleep, done = () => 0n, worked = () => 0n, now = () => performance.now() }: Retry,
): Promise<T> {
  let before = done();
  let workedBefore = worked();
  let since: number | null = null;
  let outages = 0;
  let attempts = 0;
  let others = 0;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!mayRetry(error)) throw error;
      if (since === null || done() > before) [before, since, outages, attempts, others] = [done(), now(), 0, 0, 0];
      else if (worked() > workedBefore) [since, outages] = [now(), outages + 1];
      workedBefore = worked();
      attempts += 1;
      if (!isOutage(error)) others += 1;
      if (others >= ATTEMPTS_MAX || outages >= OUTAGES_MAX || now() - since >= OUTAGE_MAX_MS) throw error;
      await sleep(Math.min(RETRY_MIN_MS * 2 ** Math.min(attempts - 1, 10), RETRY_MAX_MS));
    }
  }
}
