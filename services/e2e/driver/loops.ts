import { setTimeout as delay } from 'node:timers/promises';

interface LoopOptions {
  durationMs: number;
  /** Ends the loop early: nothing more is begun, what is under way is waited for. */
  signal?: AbortSignal;
}

const MS_PER_SECOND = 1_000;
/** The least that a timer can wait; what comes due meanwhile is begun together. */
const TICK_MS = 1;
/** Between two looks at the clock when nothing comes due for long, so that the end of the loop is seen. */
const TICK_MS_MAX = 50;
/** Begun or shed before others of this process, signals among them, have their turn. */
const TURN_MAX = 1_000;

/**
 * Each worker begins its next piece of work when the last is done, until the time is over. `seconds` is until the last work ended. The first work that rejects ends
 * the loop with its error, once the others are done.
 */
export async function closedLoop(
  { workers, durationMs, signal }: LoopOptions & { workers: number },
  work: (worker: number) => Promise<void>,
): Promise<{ seconds: number }> {
  const startedMs = performance.now();
  let isOver = false;
  const run = async (worker: number): Promise<void> => {
    try {
      while (!isOver && signal?.aborted !== true && performance.now() - startedMs < durationMs) await work(worker);
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  await settled(Array.from({ length: workers }, (_, worker) => run(worker)));
  return { seconds: (performance.now() - startedMs) / MS_PER_SECOND };
}

/**
 * Work begins at a steady rate whether or not earlier work is done, as it does when the callers are people: a slow answer delays nobody else, and the wait it causes
 * is in the latency of what it held up, which is why latency counts from `scheduledMs` (performance.now()). At most `inFlightMax` are under way; what comes due
 * beyond that is shed and counted, so that a server that cannot keep up does not take the memory of this process.
 */
export async function openLoop(
  { ratePerSecond, inFlightMax, durationMs, signal }: LoopOptions & { ratePerSecond: number; inFlightMax: number },
  work: (scheduledMs: number) => Promise<void>,
): Promise<{ seconds: number; started: number; shed: number }> {
  const startedMs = performance.now();
  const total = Math.floor((ratePerSecond * durationMs) / MS_PER_SECOND);
  const scheduled = (index: number): number => startedMs + (index * MS_PER_SECOND) / ratePerSecond;
  const inFlight = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let due = 0;
  let shed = 0;
  const begin = (scheduledMs: number): void => {
    const running = work(scheduledMs)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => inFlight.delete(running));
    inFlight.add(running);
  };
  while (due < total && failures.length === 0 && signal?.aborted !== true) {
    const now = performance.now();
    const turnEnd = Math.min(total, due + TURN_MAX);
    for (; due < turnEnd && scheduled(due) <= now; due++) {
      if (inFlight.size < inFlightMax) begin(scheduled(due));
      else shed++;
    }
    await delay(Math.min(TICK_MS_MAX, Math.max(TICK_MS, scheduled(due) - performance.now())));
  }
  await settled([...inFlight]);
  if (failures.length > 0) throw failures[0];
  return { seconds: (performance.now() - startedMs) / MS_PER_SECOND, started: due - shed, shed };
}

/** Waits for all, then rejects with the first failure if there is one. */
async function settled(running: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(running);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
