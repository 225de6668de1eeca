import type { PoolClient } from '@ledgerflow/platform/postgres';
import { APPLIED_CHANNEL } from '@ledgerflow/read-model/projections';
import { lockCheckpoints } from '../apply/checkpoints.ts';
import type { Part } from './store.ts';
import { applyRest, HistoryError, LIVE_LOCK_MAX_MS, putInPlace, type SwapOptions } from './swap.ts';

export interface AdoptOptions extends SwapOptions {
  /** The writer's, higher than that of the checkpoint. */
  epoch: number;
}

/**
 * Takes a ledger's read model from the history that it followed to the writer's: in one transaction the new generations, at the end of what was read of the log, become live for all
 * projections, the checkpoint stands where they do, in the new epoch, and nothing is stopped or parked any more. Whoever reads sees the old rows before its commit. Who goes on from
 * a place in the old history finds another epoch.
 */
export async function adopt(options: AdoptOptions): Promise<void> {
  const client = await options.pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local transaction_timeout = '${LIVE_LOCK_MAX_MS}'`);
    // Not as a batch, which is read again when its commit is lost: a person is told that this is done.
    await client.query('set local synchronous_commit = on');
    await adoptLocked(client, options);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function adoptLocked(client: PoolClient, options: AdoptOptions): Promise<void> {
  const { ledger, worker, fillings, records, entryDigest, epoch } = options;
  const [checkpoint] = await lockCheckpoints(client, [ledger.id]);
  if (checkpoint === undefined) throw new HistoryError('the read model does not have the ledger');
  if (checkpoint.epoch >= epoch) throw new HistoryError(`the read model is in epoch ${checkpoint.epoch} by now`);
  const last = records[records.length - 1]?.record;
  if (last !== undefined && last.epoch > epoch) throw new HistoryError(`record ${last.position} of the log is of epoch ${last.epoch}`);
  const parts = await applyRest(client, { ledger, worker, fillings, records, entryDigest });
  const [at] = parts as [Part];
  await putInPlace(client, ledger.number, parts);
  await forgetOld(client, ledger.number, parts);
  await client.query(
    `update read.checkpoints set epoch = $2, position = $3, record_hash = decode($4, 'hex'), recorded_at = $5, applied_at = clock_timestamp(), stopped_reason = null,
       parked_accounts = 0, dead_letters = 0 where ledger = $1`,
    [ledger.number, epoch, `${at.position}`, at.recordHash, `${at.recordedAt}`],
  );
  await client.query(`select pg_notify('${APPLIED_CHANNEL}', $1)`, [`${ledger.number}:${at.position}`]);
}

/** What is left of the history before: parked and discarded records, which the new generations have or the log has no more, and rows of projections that were not made. Those that this version knows are filled from the log as new ones. */
async function forgetOld(client: PoolClient, ledger: number, made: readonly Part[]): Promise<void> {
  for (const table of ['dead_letters', 'parked_accounts', 'divergences'])
    await client.query(`delete from read.${table} where ledger = $1`, [ledger]);
  await client.query(
    `with gone as (delete from read.projections where ledger = $1 and projection <> all($2) returning projection, generation)
     insert into read.retired_generations (projection, generation) select projection, generation from gone on conflict do nothing`,
    [ledger, made.map(({ projection }) => projection)],
  );
}
