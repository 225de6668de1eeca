import type { LedgerRecord } from '@ledgerflow/contracts';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import type { LiveProjection, Projection } from '@ledgerflow/read-model/projections';
import { applyWork } from '../apply/work.ts';
import { prepareRecord, type PreparedRecord } from '../apply/prepare.ts';
import { lockParts, moved, moveParts, RebuildLostError, type Part, type PartMove } from './store.ts';

/** A projection and the generation of it that is being made. */
export interface Filling {
  projection: Projection;
  part: Part;
}

/** A record can not be made into rows: the rebuild ends. */
export class RecordRefusedError extends Error {
  override name = 'RecordRefusedError';
}

const WHERE = (part: Part): LiveProjection => ({
  ledger: part.ledger,
  projection: part.projection,
  generation: part.generation,
  position: part.position,
  recordedAt: part.recordedAt,
  rows: part.rows,
  digest: part.digest,
  wholeTo: 0n,
  heldReason: null,
});

/** Parses a record for some projections. Throws RecordRefusedError when one of them can not take it. */
export function readWhole(ledger: string, text: string, projections: readonly Projection[]): PreparedRecord & { record: LedgerRecord } {
  let prepared: PreparedRecord;
  try {
    prepared = prepareRecord({ ledger, text }, projections);
  } catch (error) {
    throw new RecordRefusedError((error as Error).message);
  }
  if (prepared.refusal !== null) throw new RecordRefusedError(`record ${prepared.record.position} is refused: ${prepared.refusal.error}`);
  return prepared as PreparedRecord & { record: LedgerRecord };
}

/** Applies records, dense from the parts' common position, to their generations. Inside a transaction that holds the parts. */
export async function applyToParts(
  client: PoolClient,
  fillings: readonly Filling[],
  records: readonly PreparedRecord[],
): Promise<Filling[]> {
  const last = records[records.length - 1]?.record;
  if (last === undefined) return [...fillings];
  const work = fillings.map(({ projection, part }) => ({
    projection,
    live: WHERE(part),
    changes: records.map(({ changes }) => changes.get(projection)),
  }));
  const gains = await applyWork(
    client,
    work,
    fillings.map(({ projection }) => projection),
    'fill',
  );
  const moves = fillings.map(({ part }): PartMove => ({
    part,
    position: last.position,
    recordedAt: last.recordedAt,
    recordHash: last.hash,
    gain: gains.get(part.projection)?.get(part.generation),
  }));
  await moveParts(client, moves);
  return fillings.map(({ projection }, i) => ({ projection, part: moved(moves[i] as PartMove) }));
}

/** Locks the parts and checks that they are where the caller left them. */
export async function holdParts(client: PoolClient, worker: string, fillings: readonly Filling[]): Promise<void> {
  const [first] = fillings;
  if (first === undefined) return;
  const parts = new Map((await lockParts(client, first.part.rebuild, worker, first.part.ledger)).map((part) => [part.projection, part]));
  for (const { part } of fillings) {
    const stored = parts.get(part.projection);
    const isBeingMade = stored?.state === 'filling' || stored?.state === 'proven';
    if (!isBeingMade || stored.position !== part.position || stored.generation !== part.generation)
      throw new RebuildLostError(`${part.projection} was moved by somebody else`);
  }
}

/** One batch, in a transaction of its own: rows and the parts' positions together, so that whoever goes on after a crash knows where. */
export async function fillBatch(
  pool: Pool,
  worker: string,
  fillings: readonly Filling[],
  records: readonly PreparedRecord[],
): Promise<Filling[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await holdParts(client, worker, fillings);
    const after = await applyToParts(client, fillings, records);
    await client.query('commit');
    client.release();
    return after;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
