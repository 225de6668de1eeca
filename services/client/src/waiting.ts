/** setTimeout takes no more, and more would be none. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Resolves after so long; rejects with the signal's reason when that comes first. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const aborted = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', aborted);
        resolve();
      },
      Math.min(ms, TIMER_MS_MAX),
    );
    signal.addEventListener('abort', aborted, { once: true });
  });
}

/** What the work gives, unless the signal comes first: then its reason, whatever the work does later. */
export function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

/** "Full jitter": a random part of a bound that doubles, so that callers who failed together do not come back together. */
export function jitter(attempt: number, firstMs: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, firstMs * 2 ** (attempt - 1));
}

/** Retry-After in milliseconds (seconds or an HTTP date, RFC 9110); null when it is absent or makes no sense. */
export function retryAfterMs(value: string | null, nowMs: number = Date.now()): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** A deadline that can be put off: its signal aborts when time is over, or with the caller's own signal (not yet aborted), whose reason it then has. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly caller: AbortSignal | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly aborted = (): void => this.controller.abort(this.caller?.reason);

  constructor(ms: number, caller?: AbortSignal) {
    this.caller = caller;
    caller?.addEventListener('abort', this.aborted, { once: true });
    this.extend(ms);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** So long from now. */
  extend(ms: number): void {
    clearTimeout(this.timer);
    const over = (): void => this.controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
    this.timer = setTimeout(over, Math.min(ms, TIMER_MS_MAX));
  }

  pause(): void {
    clearTimeout(this.timer);
  }

  /** Ends what it watches over, and forgets the caller's signal. */
  close(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.aborted);
  }

  abort(): void {
    this.close();
    this.controller.abort();
  }
}
