import { Worker } from 'node:worker_threads';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';

const RESTART_MS = 5_000;
const STOP_TIMEOUT_MS = 8_000;

/** The thread that rebuilds, started again when it ends: what it did goes on from its rows. */
export class RebuildThread {
  private readonly log: Logger;
  private thread: Worker | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(log: Logger) {
    this.log = log;
  }

  start(): void {
    const thread = new Worker(new URL('./thread.ts', import.meta.url));
    this.thread = thread;
    thread.on('error', (error) => this.log.error({ err: error }, 'the thread that rebuilds failed; starting it again'));
    thread.on('exit', () => {
      this.thread = null;
      if (this.stopped) return;
      this.timer = setTimeout(() => this.start(), RESTART_MS);
      this.timer.unref();
    });
  }

  health(): Verdict {
    return this.thread === null ? { ok: false, reason: 'the thread that rebuilds is not running' } : { ok: true };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const { thread } = this;
    if (thread === null) return;
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    thread.postMessage('stop');
    const timer = setTimeout(() => void thread.terminate(), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
