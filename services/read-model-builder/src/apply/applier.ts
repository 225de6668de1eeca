import type { Logger } from '@ledgerflow/platform/log';
import { type Pool, type PoolClient, type Queryable } from '@ledgerflow/platform/postgres';
import {
  holdProjections,
  moveProjections,
  openProjections,
  PROJECTIONS,
  readProjectionsOf,
  type LiveProjections,
  type Projection,
  type ProjectionMove,
} from '@ledgerflow/read-model/projections';
import { ApplyError, applyWork, LIMITS } from './work.ts';
import { admit, type Admission } from './admit.ts';
import {
  lockCheckpoints,
  moveCheckpoints,
  openCheckpoints,
  readChangedCheckpoints,
  readCheckpoints,
  stopLedgers,
  type LedgerCheckpoint,
} from './checkpoints.ts';
import { park, readParkedAccounts } from '../letters/park.ts';
import { planLedger, type LedgerPlan } from './plan.ts';
import { prepare, type Incoming, type PreparedLedger, type PreparedRecord } from './prepare.ts';

/**
 * Who says what the records are. `log`: the writer's log itself; a misfit there stops the ledger, a record that is refused is parked. `hint`: Kafka, where anybody may have put
 * something; both are answered by reading the log.
 */
export type Source = 'log' | 'hint';

export interface Applied {
  records: number;
  duplicates: number;
  /** Records, or parts of them, that were parked now. */
  parked: number;
  /** Ledgers whose log has to be read on from their checkpoint: records were missing, or (from hints) did not fit. With the reason. */
  refill: Map<string, string>;
  /** Ledgers that stopped now. */
  stopped: Map<string, string>;
  /** recorded_at of the last record of each ledger that moved, in microseconds. */
  recordedAt: Map<string, bigint>;
}

interface Admitted {
  from: LedgerCheckpoint;
  admission: Admission;
  plan: LedgerPlan;
}

export interface ApplierOptions {
  pool: Pool;
  slots: number;
  /** Parked records of one ledger at most; beyond it the ledger stops. */
  deadLettersMax: number;
  log: Logger;
  /** Default: all. */
  projections?: readonly Projection[];
}

/** The one apply path of what is new: whatever brings records, this turns them into rows, and moves the checkpoints in the same transaction. */
export class Applier {
  private readonly options: ApplierOptions;
  readonly projections: readonly Projection[];

  constructor(options: ApplierOptions) {
    this.options = options;
    this.projections = options.projections ?? PROJECTIONS;
  }

  /**
   * Applies what fits. Throws when the database can not be reached (nothing happened, or all of it did: try again). A record that is refused is parked, and whom it concerns with
   * it; everything else goes on. Hints stop and park nothing: only when the log itself does not fit either is its ledger stopped, or its record parked.
   */
  async apply(incoming: readonly Incoming[], source: Source): Promise<Applied> {
    const applied: Applied = {
      records: 0,
      duplicates: 0,
      parked: 0,
      refill: new Map(),
      stopped: new Map(),
      recordedAt: new Map(),
    };
    await this.applyLedgers(prepare(incoming, this.projections), source, applied);
    return applied;
  }

  checkpoints(ledgers: readonly string[] | null = null): Promise<LedgerCheckpoint[]> {
    return readCheckpoints(this.options.pool, ledgers);
  }

  /** Those that moved within the last seconds, and those that are stopped. */
  changedCheckpoints(seconds: number): Promise<LedgerCheckpoint[]> {
    return readChangedCheckpoints(this.options.pool, seconds);
  }

  /** `of`: the checkpoint that the reason is about. */
  async stop(of: LedgerCheckpoint, reason: string): Promise<void> {
    this.options.log.error({ ledger: of.ledger, reason }, 'a ledger was stopped');
    await stopLedgers(this.options.pool, [{ of, reason }]);
  }

  /** Who is refused is found by halves: first its ledger, then its record, then the projections that refuse it one after the other. Each try is a transaction of its own. */
  private async applyLedgers(ledgers: PreparedLedger[], source: Source, applied: Applied, slow = 0): Promise<void> {
    try {
      await this.transaction(ledgers, source, applied);
    } catch (error) {
      if (!(error instanceof ApplyError) || !(error.isRefusal || error.isSlow)) throw error instanceof ApplyError ? error.cause : error;
      // Each time one projection fewer; when that does not help, whoever brought the batch tries again later.
      if (error.isSlow && slow > this.projections.length) throw error.cause;
      if (error.isSlow) await this.holdSlow(ledgers, error, source);
      else if (ledgers.length > 1) for (const ledger of ledgers) await this.applyLedgers([ledger], source, applied);
      else await this.applyRefused(ledgers[0] as PreparedLedger, error, source, applied);
      if (error.isSlow) await this.applyLedgers(ledgers, source, applied, slow + 1);
    }
  }

  private async applyRefused(ledger: PreparedLedger, error: ApplyError, source: Source, applied: Applied): Promise<void> {
    if (source === 'hint') {
      applied.refill.set(ledger.ledger, error.message);
      return;
    }
    const { records } = ledger;
    const middle = records.length >> 1;
    if (middle > 0) {
      await this.applyLedgers([{ ...ledger, records: records.slice(0, middle), unusable: null }], source, applied);
      // What stopped the ledger in the first half is the checkpoint's to tell: the second then does not move it.
      await this.applyLedgers([{ ...ledger, records: records.slice(middle) }], source, applied);
      return;
    }
    const [prepared] = records as [PreparedRecord];
    const before = prepared.refusal?.projections ?? [];
    if (before.includes(error.projection)) throw error.cause;
    const refusal = { projections: [...before, error.projection], error: prepared.refusal?.error ?? error.message };
    await this.applyLedgers([{ ...ledger, records: [{ ...prepared, refusal }] }], source, applied);
  }

  /** The projection goes on apart in these ledgers; the rest of the batch is applied without it. */
  private async holdSlow(ledgers: readonly PreparedLedger[], error: ApplyError, source: Source): Promise<void> {
    const { pool, log } = this.options;
    const first = ledgers.flatMap(({ records }) => records.slice(0, 1).map(({ record }) => record));
    const numbers = first.map((record) => record.ledgerNumber);
    // A ledger whose rows would have been opened with this batch has none to say it in.
    const opened = first.filter(({ position }) => position === 1n);
    if (opened.length > 0) {
      await openCheckpoints(pool, opened, this.options.slots);
      await this.openProjections(
        pool,
        opened.map((record) => record.ledgerNumber),
      );
    }
    log.warn(
      { err: error.cause, projection: error.projection, ledgers: numbers.length, source },
      'a projection is too slow; it goes on apart',
    );
    await holdProjections(
      pool,
      numbers.map((ledger) => ({ ledger, projection: error.projection, reason: `too slow: ${error.message}` })),
    );
  }

  /** Flights: begin, open, lock, live generations · rows that a projection has to read, inserts · updates, states, checkpoints, commit. */
  private async transaction(ledgers: PreparedLedger[], source: Source, applied: Applied): Promise<void> {
    const client = await this.options.pool.connect();
    try {
      const admitted = await this.lockAndAdmit(client, ledgers, source, applied);
      await this.write(client, admitted, source);
      const committed = await client.query('commit');
      if (committed.command !== 'COMMIT') throw new Error(`commit answered ${committed.command}`);
      client.release();
      for (const one of admitted) this.tell(one, source, applied);
    } catch (error) {
      // A connection whose transaction failed is thrown away: its state is not worth finding out.
      client.release(true);
      throw error;
    }
  }

  private tell({ from, admission, plan }: Admitted, source: Source, applied: Applied): void {
    const { log } = this.options;
    const { ledger } = from;
    applied.records += admission.records.length;
    applied.duplicates += admission.duplicates;
    applied.parked += plan.letters.length;
    const last = admission.records[admission.records.length - 1]?.record;
    if (last !== undefined) applied.recordedAt.set(ledger, last.recordedAt);
    for (const { prepared, refusal, accounts } of plan.letters) {
      if (refusal === null) continue;
      log.error(
        { ledger, position: prepared.record.position.toString(), reason: refusal.error, accounts: accounts.length },
        'a record was parked',
      );
    }
    for (const [projection, reason] of plan.holds) log.error({ ledger, projection, reason }, 'a projection holds');
    if (admission.misfit === null) {
      if (admission.hasGap) applied.refill.set(ledger, 'records are missing');
    } else if (source === 'hint') applied.refill.set(ledger, admission.misfit);
    else {
      applied.stopped.set(ledger, admission.misfit);
      log.error({ ledger, position: last?.position.toString(), reason: admission.misfit }, 'a ledger was stopped');
    }
  }

  private async lockAndAdmit(client: PoolClient, ledgers: PreparedLedger[], source: Source, applied: Applied): Promise<Admitted[]> {
    const first = ledgers.flatMap(({ records }) => records.slice(0, 1).flatMap(({ record }) => (record.position === 1n ? [record] : [])));
    const ids = ledgers.map(({ ledger }) => ledger);
    const [, , checkpoints, , live] = await Promise.all([
      client.query('begin'),
      first.length > 0 ? openCheckpoints(client, first, this.options.slots) : null,
      lockCheckpoints(client, ids),
      first.length > 0
        ? this.openProjections(
            client,
            first.map((record) => record.ledgerNumber),
          )
        : null,
      readProjectionsOf(client, ids),
      client.query(LIMITS),
    ]);
    const byId = new Map(checkpoints.map((checkpoint) => [checkpoint.ledger, checkpoint]));
    const admitted: Admitted[] = [];
    for (const ledger of ledgers) {
      const from = byId.get(ledger.ledger);
      if (from === undefined) {
        if (ledger.records.length > 0 || source === 'hint')
          applied.refill.set(ledger.ledger, ledger.unusable ?? 'its first record is missing');
        else this.unreadable(ledger, applied);
      } else if (from.stoppedReason === null) admitted.push(await this.plan(client, from, ledger, live, source));
    }
    return admitted;
  }

  /** A ledger whose first record this is has all projections from the start. */
  private openProjections(client: Queryable, ledgers: readonly number[]): Promise<void> {
    return openProjections(
      client,
      ledgers,
      this.projections.map(({ name }) => name),
    );
  }

  private async plan(
    client: PoolClient,
    from: LedgerCheckpoint,
    ledger: PreparedLedger,
    live: LiveProjections,
    source: Source,
  ): Promise<Admitted> {
    const admission = admit(from, ledger);
    if (source === 'hint') {
      // What is refused may be forged: the log is read from there, and what it has is parked.
      const refused = admission.records.findIndex(({ refusal }) => refusal !== null);
      if (refused >= 0) {
        admission.misfit = (admission.records[refused] as PreparedRecord).refusal?.error ?? null;
        admission.records.splice(refused);
      }
    }
    const parked = from.parkedAccounts === 0 ? new Set<number>() : await readParkedAccounts(client, from.number);
    const state = { checkpoint: from, live: live.get(from.number) ?? new Map(), parked };
    const { deadLettersMax } = this.options;
    let plan = planLedger(state, admission.records, this.projections);
    if (from.deadLetters + plan.letters.length > deadLettersMax) {
      admission.misfit = `more than ${deadLettersMax} records would be parked`;
      admission.records.splice(0);
      plan = planLedger(state, [], this.projections);
    }
    return { from, admission, plan };
  }

  /** A ledger whose very first record is poison: its number is not known, so there is no row to hold the reason; the sweep goes on reporting it as behind. */
  private unreadable({ ledger, unusable }: PreparedLedger, applied: Applied): void {
    applied.stopped.set(ledger, `its first record is poison: ${unusable}`);
    this.options.log.error({ ledger, reason: unusable }, 'the first record of a ledger can not be read');
  }

  private async write(client: PoolClient, admitted: readonly Admitted[], source: Source): Promise<void> {
    const moving = admitted.filter(({ admission }) => admission.records.length > 0);
    if (moving.length > 0) {
      const work = moving.flatMap(({ plan }) => plan.work).filter(({ to }) => to !== null);
      const gains = await applyWork(client, work, this.projections);
      const moves = work.map(({ live, to }): ProjectionMove => {
        const { position, recordedAt } = (to as PreparedRecord).record;
        return { live, position, recordedAt, gain: gains.get(live.projection)?.get(live.generation) };
      });
      await Promise.all([
        moveProjections(client, moves),
        moveCheckpoints(
          client,
          moving.map(({ from, admission }) => ({ from, to: (admission.records[admission.records.length - 1] as PreparedRecord).record })),
        ),
        ...moving.flatMap(({ from, plan }) => [
          park(client, from.number, plan.letters),
          holdProjections(
            client,
            [...plan.holds].map(([projection, reason]) => ({ ledger: from.number, projection, reason })),
          ),
        ]),
      ]);
    }
    // After the rows: a stopped ledger's checkpoint does not move.
    const stops = admitted.flatMap(({ from, admission }) => (admission.misfit === null ? [] : [{ of: from, reason: admission.misfit }]));
    if (source === 'log' && stops.length > 0) await stopLedgers(client, stops);
  }
}
