import { randomUUID } from 'node:crypto';
import type { Listener } from '@ledgerflow/platform/postgres';
import { claimRebuild } from './store.ts';
import { RebuildRun, type RunOptions } from './run.ts';

const INTERVAL_MS = 2_000;

export interface RebuildWorkerOptions extends Omit<RunOptions, 'worker'> {
  /** Told of rebuilds that were asked for or changed. */
  listen?: (onChange: (id: string) => void) => Listener;
  intervalMs?: number;
}

/** Does the rebuilds that people ask for, one after the other: those that nobody works on, and those whose worker is not heard of any more. */
export class RebuildWorker {
  private readonly options: RebuildWorkerOptions;
  private readonly worker = randomUUID();
  private readonly listener: Listener | null;
  private current: { id: string; run: RebuildRun } | null = null;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(options: RebuildWorkerOptions) {
    this.options = options;
    this.listener = options.listen?.((id) => this.changed(id)) ?? null;
  }

  async start(): Promise<void> {
    await this.listener?.start();
    this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.current?.run.stop();
    await this.running;
    await this.listener?.stop();
  }

  private changed(id: string): void {
    if (this.current?.id === id)
      this.current.run
        .look()
        .catch((error: unknown) =>
          this.options.log.warn({ err: error, rebuild: id }, 'a change of the rebuild could not be read; its next heartbeat will'),
        );
    else this.look();
  }

  private look(): void {
    if (this.stopped || this.running !== null) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.running = this.work()
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'rebuilds could not be looked for'))
      .finally(() => {
        this.running = null;
        if (this.stopped) return;
        this.timer = setTimeout(() => this.look(), this.options.intervalMs ?? INTERVAL_MS);
        this.timer.unref();
      });
  }

  private async work(): Promise<void> {
    for (;;) {
      const rebuild = this.stopped ? null : await claimRebuild(this.options.pool, this.worker);
      if (rebuild === null) return;
      const run = new RebuildRun(rebuild, { ...this.options, worker: this.worker });
      this.current = { id: rebuild.id, run };
      await run.run().finally(() => (this.current = null));
    }
  }
}
