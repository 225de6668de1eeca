import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { digestToHex } from '@ledgerflow/contracts';
import type { Logger } from '@ledgerflow/platform/log';
import { askRebuild, RebuildRefusedError } from '@ledgerflow/read-model/projections';
import type { openResources } from './resources.ts';
import { RebuildRun, type RunOptions, type RunOutcome } from './run.ts';
import { claimRebuild, readOnlyPart, releaseRebuild, WORKER_TTL_MS, type Progress, type Rebuild, type RebuildEnd } from './store.ts';

/** How often an id that another process has is asked for, and how long between: longer than one that was killed keeps it. */
const CLAIM_PAUSE_MS = 1_000;
const CLAIM_ATTEMPTS_MAX = (WORKER_TTL_MS + 10_000) / CLAIM_PAUSE_MS;

export interface AttendedOptions extends Omit<Rebuild, 'state'> {
  /** Nobody takes it over who does not name its id. */
  isByIdOnly: boolean;
  /** Nothing but the id was named: what has this id goes on as it was asked for. */
  isIdAlone: boolean;
  /** A line of JSON for each step instead of text. */
  isJson: boolean;
}

export type Resources = ReturnType<typeof openResources> & Pick<RunOptions, 'projections'>;

/** A rebuild that somebody asked for at the command line and waits for: done in this process, to its end. */
export class AttendedRebuild {
  private readonly options: AttendedOptions;
  private readonly resources: Resources;
  private readonly log: Logger;
  private readonly write: (text: string) => void;
  private readonly stopping: AbortSignal;
  private readonly worker = randomUUID();

  constructor(options: AttendedOptions, resources: Resources, log: Logger, write: (text: string) => void, stopping: AbortSignal) {
    this.options = options;
    this.resources = resources;
    this.log = log;
    this.write = write;
    this.stopping = stopping;
  }

  /** not begun: it was asked for what can not be, and there is no row of it. */
  async run(): Promise<RunOutcome | 'in progress' | 'not begun'> {
    // Asked for now, it would be left to whoever names its id, and that may be nobody.
    if (this.stopping.aborted) return this.ended('stopped');
    try {
      if (!(await this.ask())) return this.inProgress('A rebuild of the same rows is going on.');
    } catch (error) {
      if (!(error instanceof RebuildRefusedError)) throw error;
      this.tell({ event: 'not begun', outcome: 'not begun', code: error.refusal, error: error.message }, `${error.message}.`);
      return 'not begun';
    }
    const { stopping: signal } = this;
    const { pool } = this.resources;
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX && !signal.aborted; attempt++) {
      const rebuild = await claimRebuild(pool, this.worker, this.options.id);
      if (rebuild !== null) return this.ended(await this.runHere(rebuild));
      const end = await this.end();
      if (end !== null && attempt === 0)
        this.tell({ event: 'ended before', finishedAt: end.finishedAt }, `This rebuild ended at ${end.finishedAt}; nothing is done now.`);
      if (end !== null) return this.ended(end.state);
      if (attempt === 0) this.tell({ event: 'waiting' }, 'Another process works on this rebuild; waiting until it is free.');
      await delay(CLAIM_PAUSE_MS, null, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) return this.inProgress('Somebody else works on this rebuild.');
    await releaseRebuild(pool, this.options.id, this.worker);
    return this.ended('stopped');
  }

  /** False when a rebuild of the same rows is going on. Until it is claimed, nobody else sees it. */
  private async ask(): Promise<boolean> {
    const { projection, ledger, account, maxRate, epoch, id, isByIdOnly, isProveOnly, isIdAlone } = this.options;
    if (isIdAlone && (await this.resources.pool.query('select from read.rebuilds where id = $1', [id])).rows.length > 0) return true;
    const client = await this.resources.pool.connect();
    try {
      await client.query('begin');
      const asked = { projection, ledger, account, maxRate, isProveOnly, actor: 'command line' };
      const isAsked = (await askRebuild(client, asked, { id, worker: this.worker, isByIdOnly })) !== null;
      if (isAsked && epoch !== null) await client.query('update read.rebuilds set epoch = $2 where id = $1', [id, epoch]);
      await client.query('commit');
      client.release();
      return isAsked;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  private async runHere(rebuild: Rebuild): Promise<RunOutcome> {
    this.tell({ event: 'started' }, `Rebuild ${rebuild.id} started.`);
    const onProgress = (progress: Progress): void => this.tell({ event: 'progress', ...shown(progress) }, textOf(progress));
    const run = new RebuildRun(rebuild, { ...this.resources, worker: this.worker, log: this.log, onProgress });
    if (this.stopping.aborted) run.stop();
    this.stopping.addEventListener('abort', () => run.stop(), { once: true });
    return run.run();
  }

  /** What the rebuild came to, and when, when it has ended. */
  private async end(): Promise<{ state: RebuildEnd; finishedAt: string } | null> {
    const { rows } = await this.resources.pool.query<{ state: RebuildEnd; finishedAt: string }>(
      `select state, to_char(finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "finishedAt"
       from read.rebuilds where id = $1 and finished_at is not null`,
      [this.options.id],
    );
    return rows[0] ?? null;
  }

  private async ended(outcome: RunOutcome): Promise<RunOutcome> {
    const { id } = this.options;
    const { pool } = this.resources;
    const { rows } = await pool.query<{ error: string | null; difference: unknown }>(
      'select error, difference from read.rebuilds where id = $1',
      [id],
    );
    const { error = null, difference = null } = rows[0] ?? {};
    const part = await readOnlyPart(pool, id);
    const at = part === null ? { position: null, digest: null } : { position: `${part.position}`, digest: digestToHex(part.digest) };
    this.tell({ event: outcome, outcome, ...at, error, difference }, `Rebuild ${id}: ${outcome}${error === null ? '' : `: ${error}`}`);
    return outcome;
  }

  private inProgress(text: string): 'in progress' {
    this.tell({ event: 'in progress', outcome: 'in progress' }, text);
    return 'in progress';
  }

  private tell(event: Record<string, unknown>, text: string): void {
    this.write(this.options.isJson ? `${JSON.stringify({ ...event, rebuild: this.options.id })}\n` : `${text}\n`);
  }
}

function shown({ recordsTotal, recordsDone, rate, partsDone, partsTotal }: Progress): Record<string, unknown> {
  const left = rate === null || rate === 0 ? null : Number(recordsTotal - recordsDone) / rate;
  return {
    percent: recordsTotal === 0n ? 0 : Math.min(1_000, Number((recordsDone * 1_000n) / recordsTotal)) / 10,
    recordsPerSecond: rate === null ? null : Math.round(rate),
    secondsLeft: left === null ? null : Math.max(0, Math.ceil(left)),
    partsDone,
    partsTotal,
  };
}

function textOf(progress: Progress): string {
  const { percent, recordsPerSecond, secondsLeft } = shown(progress) as {
    percent: number;
    recordsPerSecond: number | null;
    secondsLeft: number | null;
  };
  const rate = recordsPerSecond === null ? '' : `, ${recordsPerSecond} records/s`;
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`;
  return `${percent.toFixed(1)} %${rate}${left}`;
}
