import type { AppliedPositions } from '@ledgerflow/read-model';
import type { Logger } from '@ledgerflow/platform/log';
import { Counter, observedGauge, type Registry } from '@ledgerflow/platform/metrics';
import { isConnectionError, sqlState } from '@ledgerflow/platform/postgres';
import { consecutiveBreaker, isBrokenCircuit, isOpen } from '@ledgerflow/platform/resilience';
import type { ReadModel } from './read-model.ts';

/** Where reads are answered from: queries, and the wait for a position to be applied there. */
export interface ReadSource {
  model: ReadModel;
  applied: Pick<AppliedPositions, 'wait'>;
}

const FAILURES_MAX = 3;
const HALF_OPEN_AFTER_MS = 1_000;

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';

/** down: it does not answer. unable: it can not answer this, because it replays what the query needs, or has not replayed a migration yet. */
function whyNot(error: unknown): 'down' | 'unable' | null {
  if (isConnectionError(error) || isBrokenCircuit(error)) return 'down';
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK || state?.startsWith('42') === true ? 'unable' : null;
}

export interface ReplicaOptions {
  replica: ReadSource;
  primary: ReadModel;
  log: Logger;
  metrics: Registry;
}

/**
 * Reads from a replica as long as it answers. One that does not is left alone after three failures in a row, and tried again a second later; meanwhile, and for each query that fails, the primary
 * answers. Whoever answers, the answer says by its own position how new it is, so none is staler than was asked for.
 */
export class Replica implements ReadSource {
  readonly model: ReadModel;
  readonly applied: ReadSource['applied'];
  private readonly breaker = consecutiveBreaker({
    failuresMax: FAILURES_MAX,
    halfOpenAfterMs: HALF_OPEN_AFTER_MS,
    counts: isConnectionError,
  });
  private readonly answeredByPrimary: Counter;

  constructor({ replica, primary, log, metrics }: ReplicaOptions) {
    this.applied = replica.applied;
    this.answeredByPrimary = new Counter({
      name: 'ledgerflow_replica_reads_from_primary_total',
      help: 'Reads that the primary answered in the place of the replica: it was down, unable to answer this one, or too far behind for a token',
      labelNames: ['reason'],
      registers: [metrics],
    });
    observedGauge(metrics, 'ledgerflow_read_replica_up', 'Whether reads go to the replica', () => (this.isDown ? 0 : 1));
    this.breaker.onBreak(() => log.warn('the read replica does not answer; reads go to the primary'));
    this.breaker.onReset(() => log.info('the read replica answers again'));
    type Query = (...parameters: unknown[]) => Promise<unknown>;
    const own = replica.model as unknown as Record<string, Query>;
    const others = primary as unknown as Record<string, Query>;
    const both = Object.entries(others).map(([name, fromPrimary]) => [name, this.either(own[name] as Query, fromPrimary)]);
    this.model = Object.fromEntries(both) as ReadModel;
  }

  get isDown(): boolean {
    return isOpen(this.breaker);
  }

  /** Somebody waited long enough for it. */
  lags(): void {
    this.answeredByPrimary.inc({ reason: 'lag' });
  }

  private either<P extends unknown[], R>(own: (...parameters: P) => Promise<R>, fromPrimary: (...parameters: P) => Promise<R>) {
    return async (...parameters: P): Promise<R> => {
      try {
        return await this.breaker.execute(() => own(...parameters));
      } catch (error) {
        const reason = whyNot(error);
        if (reason === null) throw error;
        this.answeredByPrimary.inc({ reason });
        return fromPrimary(...parameters);
      }
    };
  }
}
