import type { Verdict } from '@ledgerflow/platform/health';
import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { openProjections, PROJECTIONS, readProjections, type Projection } from '@ledgerflow/read-model/projections';
import { CheckpointMovedError } from '../apply/checkpoints.ts';
import { prepareRecord, type PreparedRecord } from '../apply/prepare.ts';
import type { LogReader } from '../feed/log-reader.ts';
import { chooseStep, type CatchUpView, type RefusedLetter, type Step } from './choose.ts';
import { advance, holdRefused, type Advance, type ApartLedger } from './advance.ts';

const INTERVAL_MS = 1_000;
/** How often all ledgers are looked at for projections that are behind without having been held: new ones, and what a builder left that did not know them. */
const FULL_LOOK_EVERY = 60;
const LEDGERS_CONCURRENT_MAX = 2;
/** Refused records that are looked at for where to stop; the first of them decide. */
const REFUSED_MAX = 1_000;
/** After this many steps of a ledger the others get their turn. */
const STEPS_MAX = 200;
/** After a failure a ledger is left alone for so many rounds, doubled for each further one up to the maximum. */
const PAUSE_ROUNDS_MIN = 1;
const PAUSE_ROUNDS_MAX = 30;

export interface CatchUpOptions {
  pool: Pool;
  reader: LogReader;
  batchCountMax: number;
  log: Logger;
  projections?: readonly Projection[];
  intervalMs?: number;
}

interface Pause {
  failures: number;
  rounds: number;
}

/**
 * Brings projections that are behind their ledger's checkpoint to it again, from the log, each at its own pace and in transactions of its own, so that none holds another back: new
 * ones, those that were too slow, and those that held before a record which is parked no more.
 */
export class CatchUp {
  private readonly options: CatchUpOptions;
  private readonly projections: readonly Projection[];
  private readonly pauses = new Map<string, Pause>();
  private readonly loop: Periodic;
  private rounds = 0;
  private failing = false;

  constructor(options: CatchUpOptions) {
    this.options = options;
    this.projections = options.projections ?? PROJECTIONS;
    this.loop = new Periodic(() => this.round(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => {
        this.failing = true;
        options.log.warn({ err: error }, 'projections that are behind could not be looked for');
      },
    });
  }

  start(): void {
    this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  health(): Verdict {
    return this.failing ? { ok: false, reason: 'projections that are behind can not be looked for' } : { ok: true };
  }

  private async round(): Promise<void> {
    const ledgers = await this.behind(this.rounds++ % FULL_LOOK_EVERY === 0);
    this.failing = false;
    const queue = ledgers.filter(({ id }) => {
      const pause = this.pauses.get(id);
      return pause === undefined || --pause.rounds <= 0;
    });
    const lane = async (): Promise<void> => {
      for (let ledger = queue.shift(); ledger !== undefined && !this.loop.isStopped; ledger = queue.shift()) await this.follow(ledger);
    };
    await Promise.all(Array.from({ length: LEDGERS_CONCURRENT_MAX }, lane));
  }

  /** Ledgers with projections that hold (a partial index); with `all` also those with a projection that is behind or missing. */
  private async behind(all: boolean): Promise<ApartLedger[]> {
    const names = this.projections.map(({ name }) => name);
    const { rows } = await this.options.pool.query<{ id: string; ledger: number }>(
      `select c.id, c.ledger from read.checkpoints c where c.stopped_reason is null and c.position > 0 and ${
        all
          ? `(select count(*) filter (where p.held_reason is null and p.position = c.position) from read.projections p where p.ledger = c.ledger and p.projection = any($1))
             < cardinality($1::text[])`
          : 'c.ledger in (select p.ledger from read.projections p where p.held_reason is not null and p.projection = any($1))'
      } order by c.ledger`,
      [names],
    );
    return rows.map(({ id, ledger }) => ({ id, number: ledger }));
  }

  private async follow(ledger: ApartLedger): Promise<void> {
    const { log } = this.options;
    try {
      for (let steps = 0; steps < STEPS_MAX && !this.loop.isStopped; steps++) {
        const step = chooseStep(await this.view(ledger), this.projections, this.options.batchCountMax);
        if (step === null) break;
        if (!(await this.step(ledger, step))) break;
      }
      this.pauses.delete(ledger.id);
    } catch (error) {
      if (this.loop.isStopped) return;
      const failures = (this.pauses.get(ledger.id)?.failures ?? 0) + 1;
      const rounds = Math.min(PAUSE_ROUNDS_MIN * 2 ** Math.min(failures - 1, 10), PAUSE_ROUNDS_MAX);
      this.pauses.set(ledger.id, { failures, rounds });
      log.warn({ err: error, ledger: ledger.id, rounds }, 'a projection that is behind could not go on; trying again later');
    }
  }

  private async view({ number }: ApartLedger): Promise<CatchUpView> {
    const { pool } = this.options;
    let live = (await readProjections(pool, [number])).get(number) ?? new Map();
    const missing = this.projections.filter(({ name }) => !live.has(name)).map(({ name }) => name);
    if (missing.length > 0) {
      await openProjections(pool, [number], missing);
      live = (await readProjections(pool, [number])).get(number) ?? new Map();
    }
    const least =
      [...live.values()].reduce<bigint | null>((min, { position }) => (min === null || position < min ? position : min), null) ?? 0n;
    const [checkpoint, refused] = await Promise.all([
      pool.query<{ position: string }>('select position from read.checkpoints where ledger = $1', [number]),
      readRefused(pool, number, least),
    ]);
    return { position: BigInt(checkpoint.rows[0]?.position ?? 0), live, refused };
  }

  /** Reads the log and applies it; false when somebody else did so meanwhile. */
  private async step(ledger: ApartLedger, step: Step): Promise<boolean> {
    const records = await this.read(ledger, step);
    for (let count = records.length; ;) {
      const outcome: Advance = await advance(this.options.pool, ledger, step, records.slice(0, count));
      if (outcome.kind === 'advanced') return true;
      if (outcome.kind === 'moved') return false;
      if (outcome.kind === 'slow') throw outcome.error;
      // Refused rows are found by halves; what is before them is applied on the way.
      if (count > 1) count >>= 1;
      else {
        await holdRefused(this.options.pool, ledger, records[0] as PreparedRecord, outcome.refusal);
        return true;
      }
    }
  }

  /** The next records after the step's start, made for its projections. When they join, to the end of the log, because the checkpoint moves on meanwhile. */
  private async read(ledger: ApartLedger, { from, to, projections, joins }: Step): Promise<PreparedRecord[]> {
    const { reader, batchCountMax } = this.options;
    if (from === to && !joins) return [];
    const records: PreparedRecord[] = [];
    const limit = batchCountMax;
    for await (const texts of reader.read({ ledger: ledger.id, after: from, to: joins ? 0n : to, limit }))
      for (const text of texts) {
        const prepared = prepareRecord({ ledger: ledger.id, text }, projections);
        if (prepared.record.position !== from + BigInt(records.length) + 1n)
          throw new CheckpointMovedError(`the log of ${ledger.id} was read with a gap after ${from + BigInt(records.length)}`);
        records.push(prepared);
      }
    return records;
  }
}

/** The first of a ledger's parked records behind a position that were refused: nobody goes beyond them. Index: dead_letters_refused. */
async function readRefused(pool: Pool, ledger: number, after: bigint): Promise<RefusedLetter[]> {
  const { rows } = await pool.query<{ position: string; projections: string[]; error: string }>(
    `select position, projections, error from read.dead_letters where ledger = $1 and position > $2 and error is not null order by position limit ${REFUSED_MAX}`,
    [ledger, after.toString()],
  );
  return rows.map((row) => ({ ...row, position: BigInt(row.position) }));
}
