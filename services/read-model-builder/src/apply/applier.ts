import type { Logger } from '@ledgerflow/platform/log';
import { sqlState, type Pool, type PoolClient } from '@ledgerflow/platform/postgres';
import { ProjectionError, PROJECTIONS, readStates, writeStates, type Tally } from '@ledgerflow/read-model/projections';
import { admit, type Admission } from './admit.ts';
import { lockCheckpoints, moveCheckpoints, openCheckpoints, readCheckpoints, stopLedgers, type LedgerCheckpoint } from './checkpoints.ts';
import { prepare, type Incoming, type PreparedLedger } from './prepare.ts';

/**
 * Who says what the records are. `log`: the writer's log itself; a misfit there stops the ledger. `hint`: Kafka, where anybody may have put something; a misfit there is
 * answered by reading the log.
 */
export type Source = 'log' | 'hint';

export interface Applied {
  records: number;
  duplicates: number;
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
}

const DATA_ERROR_CLASSES = ['22', '23'];

/** Whether the database refused the rows themselves, so that the same rows will be refused again. */
function isDataError(error: unknown): boolean {
  return DATA_ERROR_CLASSES.includes(sqlState(error)?.slice(0, 2) ?? '');
}

/** The one apply path: whatever brings records, this turns them into rows, and moves the checkpoints in the same transaction. */
export class Applier {
  private readonly options: { pool: Pool; slots: number; log: Logger };

  constructor(options: { pool: Pool; slots: number; log: Logger }) {
    this.options = options;
  }

  /**
   * Applies what fits. Throws when the database can not be reached (nothing happened, or all of it did: try again). Rows that contradict their log stop their ledger
   * alone: the others of the batch are applied without it. Hints stop nothing: only when the log itself does not fit either is its ledger stopped.
   */
  async apply(incoming: readonly Incoming[], source: Source): Promise<Applied> {
    const applied: Applied = { records: 0, duplicates: 0, refill: new Map(), stopped: new Map(), recordedAt: new Map() };
    await this.applyLedgers(prepare(incoming), source, applied);
    return applied;
  }

  checkpoints(ledgers: readonly string[] | null = null): Promise<LedgerCheckpoint[]> {
    return readCheckpoints(this.options.pool, ledgers);
  }

  async stop(number: number, ledger: string, reason: string): Promise<void> {
    this.options.log.error({ ledger, reason }, 'a ledger was stopped');
    await stopLedgers(this.options.pool, [{ number, reason }]);
  }

  private async applyLedgers(ledgers: PreparedLedger[], source: Source, applied: Applied): Promise<void> {
    try {
      await this.transaction(ledgers, source, applied);
    } catch (error) {
      if (!(error instanceof ProjectionError) && !isDataError(error)) throw error;
      if (ledgers.length > 1) {
        for (const ledger of ledgers) await this.applyLedgers([ledger], source, applied);
        return;
      }
      const [ledger] = ledgers as [PreparedLedger];
      const number = ledger.records[0]?.record.ledgerNumber;
      const reason = `the batch after the checkpoint can not be applied: ${(error as Error).message}`;
      if (number === undefined) throw error;
      if (source === 'hint') {
        applied.refill.set(ledger.ledger, reason);
        return;
      }
      await this.stop(number, ledger.ledger, reason);
      applied.stopped.set(ledger.ledger, reason);
    }
  }

  /** Flights: begin, open, lock · states, rows that a projection has to read, inserts · updates, states, checkpoints, commit. */
  private async transaction(ledgers: PreparedLedger[], source: Source, applied: Applied): Promise<void> {
    const client = await this.options.pool.connect();
    try {
      const admitted = await this.lockAndAdmit(client, ledgers, source, applied);
      await this.write(client, admitted, source);
      const committed = await client.query('commit');
      if (committed.command !== 'COMMIT') throw new Error(`commit answered ${committed.command}`);
      client.release();
      for (const { from, admission } of admitted) {
        applied.records += admission.records.length;
        applied.duplicates += admission.duplicates;
        const last = admission.records[admission.records.length - 1];
        if (last !== undefined) applied.recordedAt.set(from.ledger, last.record.recordedAt);
        if (admission.misfit !== null) {
          if (source === 'hint') applied.refill.set(from.ledger, admission.misfit);
          else {
            applied.stopped.set(from.ledger, admission.misfit);
            this.options.log.error(
              { ledger: from.ledger, position: last?.record.position.toString(), reason: admission.misfit },
              'a ledger was stopped',
            );
          }
        } else if (admission.hasGap) applied.refill.set(from.ledger, 'records are missing');
      }
    } catch (error) {
      // A connection whose transaction failed is thrown away: its state is not worth finding out.
      client.release(true);
      throw error;
    }
  }

  private async lockAndAdmit(client: PoolClient, ledgers: PreparedLedger[], source: Source, applied: Applied): Promise<Admitted[]> {
    const first = ledgers.flatMap(({ records }) => records.slice(0, 1).flatMap(({ record }) => (record.position === 1n ? [record] : [])));
    const [, , checkpoints] = await Promise.all([
      client.query('begin'),
      first.length > 0 ? openCheckpoints(client, first, this.options.slots) : null,
      lockCheckpoints(
        client,
        ledgers.map(({ ledger }) => ledger),
      ),
    ]);
    const byId = new Map(checkpoints.map((checkpoint) => [checkpoint.ledger, checkpoint]));
    const admitted: Admitted[] = [];
    for (const ledger of ledgers) {
      const from = byId.get(ledger.ledger);
      if (from === undefined) {
        if (ledger.records.length > 0 || source === 'hint')
          applied.refill.set(ledger.ledger, ledger.poison ?? 'its first record is missing');
        else this.unreadable(ledger, applied);
      } else if (from.stoppedReason === null) admitted.push({ from, admission: admit(from, ledger) });
    }
    return admitted;
  }

  /** A ledger whose very first record is poison: its number is not known, so there is no row to hold the reason; the sweep goes on reporting it as behind. */
  private unreadable({ ledger, poison }: PreparedLedger, applied: Applied): void {
    applied.stopped.set(ledger, `its first record is poison: ${poison}`);
    this.options.log.error({ ledger, reason: poison }, 'the first record of a ledger can not be read');
  }

  private async write(client: PoolClient, admitted: readonly Admitted[], source: Source): Promise<void> {
    const moving = admitted.filter(({ admission }) => admission.records.length > 0);
    if (moving.length > 0) {
      const states = readStates(
        client,
        moving.map(({ from }) => from.number),
      );
      const work = PROJECTIONS.map(async (projection, i): Promise<[string, ReadonlyMap<number, Tally>]> => {
        const changes = moving.map(({ from, admission }) => ({
          ledger: from.number,
          changes: admission.records.map((prepared) => prepared.changes[i]),
        }));
        return [projection.name, await projection.apply(client, changes)];
      });
      const [before, ...gains] = await Promise.all([states, ...work]);
      const moves = moving.map(({ from, admission }) => ({ from, to: admission.records[admission.records.length - 1]!.record }));
      await Promise.all([
        writeStates(client, before, new Map(moves.map(({ from, to }) => [from.number, to.position])), new Map(gains)),
        moveCheckpoints(client, moves),
      ]);
    }
    // After the rows: a stopped ledger's checkpoint does not move.
    const stops = admitted.flatMap(({ from, admission }) =>
      admission.misfit === null ? [] : [{ number: from.number, reason: admission.misfit }],
    );
    if (source === 'log' && stops.length > 0) await stopLedgers(client, stops);
  }
}
