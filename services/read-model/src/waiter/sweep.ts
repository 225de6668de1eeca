import type { Logger } from '@ledgerflow/platform/log';

export interface SweepOptions {
  /** One statement that looks for all who wait. */
  look: () => Promise<void>;
  isNeeded: () => boolean;
  /** The net below lost notifications: while somebody waits it is looked at least this often. */
  intervalMs: number;
  log: Logger;
  /** For the log, when `look` fails. */
  what: string;
}

/** After a look that failed. */
const FAILED_INTERVAL_MS = 500;

/** Looks for those who wait: at once when it is told to, never twice at a time, and again after a while for as long as anybody waits. */
export class Sweep {
  private readonly options: SweepOptions;
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> | null = null;
  private again = false;
  private stopped = false;

  constructor(options: SweepOptions) {
    this.options = options;
  }

  now(): void {
    if (this.stopped || !this.options.isNeeded()) return;
    if (this.looking !== null) {
      this.again = true;
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { look, log, what, intervalMs } = this.options;
    let nextMs = intervalMs;
    this.looking = look()
      .catch((error: unknown) => {
        nextMs = Math.max(intervalMs, FAILED_INTERVAL_MS);
        log.warn({ err: error }, `${what} could not be read`);
      })
      .finally(() => {
        this.looking = null;
        if (this.stopped || !this.options.isNeeded()) return;
        if (this.again) {
          this.again = false;
          this.now();
        } else {
          this.timer = setTimeout(() => this.now(), nextMs);
          this.timer.unref();
        }
      });
  }

  /** Resolves when the last look is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.looking;
  }
}
