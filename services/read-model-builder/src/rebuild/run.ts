import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, type Projection } from '@ledgerflow/read-model/projections';
import type { LogReader } from '../feed/log-reader.ts';
import { repairAccount } from './account.ts';
import { RecordRefusedError } from './fill.ts';
import { GateRefusedError } from './gate.ts';
import { LedgerRebuild } from './ledger.ts';
import { Pace } from './pace.ts';
import { retrying, type Retry } from './retrying.ts';
import {
  dropProven,
  finishRebuild,
  heartbeat,
  openParts,
  readLedgersToRebuild,
  readParts,
  RebuildLostError,
  releaseRebuild,
  writeProgress,
  type Difference,
  type Part,
  type Progress,
  type Rebuild,
  type RebuildEnd,
} from './store.ts';
import { HistoryError } from './swap.ts';

const HEARTBEAT_INTERVAL_MS = 5_000;
const PROGRESS_INTERVAL_MS = 500;

export interface RunOptions {
  pool: Pool;
  channels: WriterChannels;
  reader: LogReader;
  worker: string;
  log: Logger;
  projections?: readonly Projection[];
  batchCountMax?: number;
  onProgress?: (progress: Progress) => void;
}

/** lost: somebody else works on it. stopped: it was given back, for whoever goes on. */
export type RunOutcome = RebuildEnd | 'lost' | 'stopped';

/** Somebody asked for the rebuild to be cancelled. */
class CancelledError extends Error {}
/** The process ends: the rebuild is left as it is, for whoever goes on. */
class StoppedError extends Error {}

/** One rebuild that this process has claimed, from where it is to its end. */
export class RebuildRun {
  private readonly options: RunOptions;
  private readonly rebuild: Rebuild;
  private readonly projections: readonly Projection[];
  private readonly pace: Pace;
  private interrupt: Error | null = null;
  private isStopping = false;
  private isEnding = false;
  private wake: () => void = () => undefined;
  private progress: Progress = { partsTotal: 0, partsDone: 0, recordsTotal: 0n, recordsDone: 0n, rate: null };
  private toldAt = -Infinity;
  private doneRecords = 0n;

  constructor(rebuild: Rebuild, options: RunOptions) {
    this.rebuild = rebuild;
    this.options = options;
    this.projections = options.projections ?? PROJECTIONS;
    this.pace = new Pace(rebuild.maxRate, (ms) => this.sleep(ms));
  }

  /** Leaves the rebuild as it is at the next batch. */
  stop(): void {
    this.isStopping = true;
    this.break(new StoppedError('the process ends'));
  }

  /** What it came to is in the rebuild's row too, but when it was lost or the process ends. Rejects only when that row can not be written: then the rebuild is free for others in a while. */
  async run(): Promise<RunOutcome> {
    const { log } = this.options;
    const { id } = this.rebuild;
    const beats = this.startBeating();
    let outcome: RunOutcome;
    let why: { error: string | null; difference: Difference | null } = { error: null, difference: null };
    try {
      if (this.rebuild.state === 'cancelling') throw new CancelledError();
      await this.work();
      outcome = this.rebuild.isProveOnly ? 'proven' : 'swapped';
    } catch (error) {
      const message = (error as Error).message;
      if (error instanceof CancelledError) outcome = 'cancelled';
      else if (error instanceof StoppedError) outcome = 'stopped';
      else if (error instanceof RebuildLostError) outcome = 'lost';
      else if (error instanceof GateRefusedError) {
        outcome = 'refused';
        why = { error: message, difference: error.difference };
      } else {
        outcome = 'failed';
        why = { error: message, difference: null };
        if (!(error instanceof RecordRefusedError || error instanceof HistoryError))
          log.error({ err: error, rebuild: id }, 'a rebuild broke off');
      }
    } finally {
      clearInterval(beats);
    }
    log[outcome === 'failed' || outcome === 'refused' ? 'error' : 'info']({ rebuild: id, outcome, reason: why.error }, 'a rebuild ended');
    if (outcome === 'stopped') await this.release();
    else if (outcome !== 'lost') await this.finish(outcome, why);
    return outcome;
  }

  /** Tried once: the process ends, and without it the rebuild is free when its worker's time has run out. */
  private async release(): Promise<void> {
    const { pool, worker, log } = this.options;
    await releaseRebuild(pool, this.rebuild.id, worker).catch((error: unknown) =>
      log.warn({ err: error, rebuild: this.rebuild.id }, 'the rebuild could not be given back; it is free in a while'),
    );
  }

  private async finish(outcome: RebuildEnd, why: { error: string | null; difference: Difference | null }): Promise<void> {
    const { pool, worker } = this.options;
    this.isEnding = true;
    await retrying(
      async () => {
        await writeProgress(pool, this.rebuild.id, worker, { ...this.progress, rate: null });
        await finishRebuild(pool, this.rebuild.id, worker, outcome, why);
      },
      { mayRetry: () => !this.isStopping, sleep: (ms) => this.sleep(ms) },
    );
  }

  private startBeating(): NodeJS.Timeout {
    const { pool, worker, log } = this.options;
    return setInterval(() => {
      heartbeat(pool, this.rebuild.id, worker)
        .then(({ isCancelled }) => {
          if (isCancelled) this.break(new CancelledError());
        })
        .catch((error: unknown) => {
          if (error instanceof RebuildLostError) this.break(error);
          else log.warn({ err: error, rebuild: this.rebuild.id }, 'the rebuild could not say that it lives');
        });
    }, HEARTBEAT_INTERVAL_MS);
  }

  /** Told that the row of the rebuild changed: looks at once instead of with the next heartbeat. */
  async look(): Promise<void> {
    const { isCancelled } = await heartbeat(this.options.pool, this.rebuild.id, this.options.worker);
    if (isCancelled) this.break(new CancelledError());
  }

  private break(error: Error): void {
    this.interrupt ??= error;
    this.wake();
  }

  private sleep(ms: number): Promise<void> {
    // What is left to do after an interruption, to say what it came to, waits too.
    if (this.isStopping || (this.interrupt !== null && !this.isEnding)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async work(): Promise<void> {
    const { pool } = this.options;
    const { projection, account } = this.rebuild;
    const made = projection === null ? this.projections : this.projections.filter(({ name }) => name === projection);
    if (made.length === 0) throw new HistoryError(`there is no projection ${projection}`);
    if (account !== null) {
      const onPause = (done: bigint, total: bigint): Promise<void> => {
        this.progress.recordsTotal = total;
        return this.pause(done);
      };
      await this.again(() => repairAccount({ ...this.options, rebuild: this.rebuild, projections: made, onPause }));
      this.progress.recordsDone = this.progress.recordsTotal;
      return;
    }
    const ledgers = await this.again(async () => {
      await openParts(pool, this.rebuild, made);
      return readLedgersToRebuild(pool, this.rebuild.id);
    });
    if (ledgers.length === 0)
      throw new HistoryError('there is no such ledger, or nothing of it is applied yet, or the read side has stopped at it');
    this.progress.partsTotal = ledgers.reduce((sum, { parts }) => sum + parts, 0);
    this.progress.recordsTotal = ledgers.reduce((sum, { position }) => sum + position, 0n);
    for (const { id, number, position, parts, left } of ledgers) {
      this.progress.partsDone += parts - left.length;
      if (left.length > 0) await this.one({ id, number }, left, made);
      this.progress.partsDone += left.length;
      this.doneRecords += position;
      await this.again(() => this.pause(0n));
    }
  }

  /** Goes on after what broke off, unless it would end the same way or somebody asked for an end. */
  private again<T>(run: () => Promise<T>, tells: Pick<Retry, 'done' | 'worked'> = {}): Promise<T> {
    return retrying(
      () => {
        if (this.interrupt !== null) throw this.interrupt;
        return run();
      },
      {
        mayRetry: (error) => {
          if (isFinal(error)) return false;
          this.options.log.warn({ err: error, rebuild: this.rebuild.id }, 'a rebuild broke off; going on');
          return true;
        },
        sleep: (ms) => this.sleep(ms),
        ...tells,
      },
    );
  }

  /** One ledger; what breaks off is gone on with from where its parts are. */
  private async one(ledger: { id: string; number: number }, names: readonly string[], made: readonly Projection[]): Promise<void> {
    const { pool } = this.options;
    let reached = 0n;
    let pauses = 0n;
    const onPause = (records: bigint): Promise<void> => {
      pauses += 1n;
      if (records > reached) reached = records;
      return this.pause(records);
    };
    await this.again(
      async () => {
        const parts = new Map(
          (await readParts(pool, this.rebuild.id, ledger.number)).map((part): [string, Part] => [part.projection, part]),
        );
        const fillings = made.flatMap((projection) => {
          const part = names.includes(projection.name) ? parts.get(projection.name) : undefined;
          return part === undefined || part.state === 'swapped' || part.state === 'dropped' ? [] : [{ projection, part }];
        });
        // The swap was committed, and only its answer was lost.
        if (fillings.length === 0) return;
        await new LedgerRebuild({
          ...this.options,
          isProveOnly: this.rebuild.isProveOnly,
          projections: this.projections,
          ledger,
          fillings,
          epoch: this.rebuild.epoch,
          pace: this.pace,
          sleep: (ms) => this.sleep(ms),
          onPause,
        }).run();
        // At once, so that there is never a second copy of more than one ledger.
        if (this.rebuild.isProveOnly) await dropProven(pool, this.rebuild.id, this.options.worker, ledger.number);
      },
      { done: () => reached, worked: () => pauses },
    );
  }

  /** Between batches: throws when the rebuild is to end, and tells how far it is, not too often. */
  private async pause(records: bigint): Promise<void> {
    if (this.interrupt !== null) throw this.interrupt;
    this.progress.recordsDone = this.doneRecords + records;
    this.progress.rate = this.pace.rate;
    const now = performance.now();
    if (now - this.toldAt < PROGRESS_INTERVAL_MS) return;
    this.toldAt = now;
    this.options.onProgress?.(this.progress);
    await writeProgress(this.options.pool, this.rebuild.id, this.options.worker, this.progress);
  }
}

/** Trying again would end the same way. */
const isFinal = (error: unknown): boolean =>
  [CancelledError, StoppedError, RebuildLostError, GateRefusedError, RecordRefusedError, HistoryError].some(
    (kind) => error instanceof kind,
  );
