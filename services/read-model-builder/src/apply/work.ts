import { sqlState, type PoolClient } from '@ledgerflow/platform/postgres';
import { ProjectionError, type Projection, type Tally } from '@ledgerflow/read-model/projections';
import type { Work } from './plan.ts';

const DATA_ERROR_CLASSES = ['22', '23'];
/** lock_not_available, query_canceled: a table that somebody holds, or a statement that does not end. */
const SLOW_STATES = ['55P03', '57014'];
const IN_FAILED_TRANSACTION = '25P02';
/** What one statement of a projection may take or wait: beyond it that projection goes on apart, so that the others need not wait for it. */
const STATEMENT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 1_000;
/** For a transaction that holds a checkpoint, once it has its locks. */
export const LIMITS = `select set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', true), set_config('lock_timeout', '${LOCK_TIMEOUT_MS}', true)`;

/** What a projection's statements came to, and whose they were. */
export class ApplyError extends Error {
  override name = 'ApplyError';
  readonly projection: string;
  constructor(projection: string, cause: Error) {
    super(cause.message, { cause });
    this.projection = projection;
  }

  /** The same rows will be refused again. */
  get isRefusal(): boolean {
    return this.cause instanceof ProjectionError || DATA_ERROR_CLASSES.includes(sqlState(this.cause)?.slice(0, 2) ?? '');
  }

  get isSlow(): boolean {
    return SLOW_STATES.includes(sqlState(this.cause) ?? '');
  }
}

/** Applies what each projection gets, of all ledgers together. Throws an ApplyError that names the projection. Answers what each generation gained, by projection. `fill`: generations that nobody reads. */
export async function applyWork(
  client: PoolClient,
  work: readonly Pick<Work, 'projection' | 'live' | 'changes'>[],
  projections: readonly Projection[],
  by: 'apply' | 'fill' = 'apply',
): Promise<ReadonlyMap<string, ReadonlyMap<number, Tally>>> {
  const gains = projections.map(async (projection): Promise<[string, ReadonlyMap<number, Tally>]> => {
    const batch = work.flatMap((one) =>
      one.projection === projection && one.changes.length > 0 ? [{ generation: one.live.generation, changes: one.changes }] : [],
    );
    if (batch.length === 0) return [projection.name, new Map()];
    try {
      const filled = by === 'fill' ? projection.fill?.(client, batch) : undefined;
      return [projection.name, await (filled ?? projection.apply(client, batch))];
    } catch (error) {
      throw new ApplyError(projection.name, error as Error);
    }
  });
  // Behind a statement that failed, all others of the flight fail too, and whose answer is heard first is chance: the first that failed by itself is to blame.
  const settled = await Promise.allSettled(gains);
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  const culprit =
    failures.find((failure) => !(failure instanceof ApplyError && sqlState(failure.cause) === IN_FAILED_TRANSACTION)) ?? failures[0];
  if (culprit !== undefined) throw culprit;
  return new Map(settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
}
