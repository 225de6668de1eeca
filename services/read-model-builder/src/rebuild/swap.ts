import { digestToHex, type LedgerRecord } from '@ledgerflow/contracts';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import { APPLIED_CHANNEL, numbers, texts, type Projection } from '@ledgerflow/read-model/projections';
import { lockCheckpoints, type LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { PreparedRecord } from '../apply/prepare.ts';
import { GateRefusedError } from './gate.ts';
import { advanceDigest } from './digests.ts';
import { applyToParts, holdParts, type Filling } from './fill.ts';
import type { Part } from './store.ts';

/** How long a transaction that holds a checkpoint may take, whatever becomes of its process. */
export const LIVE_LOCK_MAX_MS = 30_000;

/** swapped: the new generations are live. behind: the checkpoint is further than the records reach. ahead: it has not come to the parts yet. */
export type SwapOutcome = 'swapped' | 'behind' | 'ahead';

export interface SwapOptions {
  pool: Pool;
  worker: string;
  ledger: { id: string; number: number };
  /** All at one position, and proven at it or before it. */
  fillings: readonly Filling[];
  /** What follows them in the log. */
  records: readonly (PreparedRecord & { record: LedgerRecord })[];
  /** All of the registry. */
  projections: readonly Projection[];
  /** Sum of the entries' digests at the fillings' position: the writer's, carried on. */
  entryDigest: bigint;
}

/** What was filled does not go on where the read model is: another history. */
export class HistoryError extends Error {
  override name = 'HistoryError';
}

/**
 * Puts generations in the place of the live ones, at exactly the checkpoint's position: with the checkpoint locked, the last records are applied to them and one update makes them
 * live. Whoever reads sees the old rows before its commit and the new ones after it, both at the same position.
 */
export async function swap(options: SwapOptions): Promise<SwapOutcome> {
  const { pool, ledger } = options;
  const client = await pool.connect();
  try {
    await client.query('begin');
    // The ledger's new records wait for this transaction.
    await client.query(`set local transaction_timeout = '${LIVE_LOCK_MAX_MS}'`);
    // The session's other commits may be lost in a crash: rows and positions go together. What was told to be live is not.
    await client.query('set local synchronous_commit = on');
    const [checkpoint] = await lockCheckpoints(client, [ledger.id]);
    const outcome = checkpoint === undefined ? 'ahead' : await swapAt(client, checkpoint, options);
    await client.query(outcome === 'swapped' ? 'commit' : 'rollback');
    client.release();
    return outcome;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function swapAt(
  client: PoolClient,
  checkpoint: LedgerCheckpoint,
  { worker, ledger, fillings, records, projections, entryDigest }: SwapOptions,
): Promise<SwapOutcome> {
  const from = fillings[0]?.part.position ?? 0n;
  if (checkpoint.stoppedReason !== null) throw new HistoryError(`the read side has stopped at this ledger: ${checkpoint.stoppedReason}`);
  if (from > checkpoint.position) return 'ahead';
  const rest = records.filter(({ record }) => record.position > from && record.position <= checkpoint.position);
  const end = rest[rest.length - 1]?.record ?? null;
  if ((end?.position ?? from) < checkpoint.position) return 'behind';
  if ((end?.hash ?? fillings[0]?.part.recordHash) !== checkpoint.recordHash)
    throw new HistoryError(`record ${checkpoint.position} of the log is not the one that was applied`);
  const parts = await applyRest(client, { ledger, worker, fillings, records: rest, entryDigest });
  await putInPlace(client, checkpoint.number, parts);
  await healLetters(client, checkpoint.number, projections);
  await client.query(`select pg_notify('${APPLIED_CHANNEL}', $1)`, [`${checkpoint.number}:${checkpoint.position}`]);
  return 'swapped';
}

/** The last records to generations that are about to become live, and the writer's digest once more. Under the checkpoint's lock; locks the live rows and the parts. */
export async function applyRest(
  client: PoolClient,
  { ledger, worker, fillings, records, entryDigest }: Pick<SwapOptions, 'ledger' | 'worker' | 'fillings' | 'records' | 'entryDigest'>,
): Promise<Part[]> {
  await client.query('select 1 from read.projections where ledger = $1 order by projection for no key update', [ledger.number]);
  await holdParts(client, worker, fillings);
  const after = await applyToParts(client, fillings, records);
  const expected = advanceDigest(entryDigest, records);
  for (const { projection, part } of after)
    if (projection.writerDigest === 'entries' && part.digest !== expected)
      throw new GateRefusedError({
        projection: projection.name,
        ledger: ledger.id,
        position: `${part.position}`,
        account: null,
        expected: `digest ${digestToHex(expected)}`,
        found: `digest ${digestToHex(part.digest)}`,
      });
  return after.map(({ part }) => part);
}

/** Makes generations the live ones; those before are retired. */
export async function putInPlace(client: PoolClient, ledger: number, parts: readonly Part[]): Promise<void> {
  await client.query(
    `with made as (
       select * from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) as m(projection, generation, position, recorded_at, row_count, digest)),
     old as (
       insert into read.retired_generations (projection, generation)
       select p.projection, p.generation from read.projections p join made m using (projection) where p.ledger = $1 and p.generation <> m.generation on conflict do nothing)
     insert into read.projections as p (ledger, projection, generation, position, recorded_at, row_count, digest, whole_to)
     select $1, projection, generation, position, recorded_at, row_count, decode(digest, 'hex'), position from made
     on conflict (ledger, projection) do update set generation = excluded.generation, position = excluded.position, recorded_at = excluded.recorded_at,
       row_count = excluded.row_count, digest = excluded.digest, whole_to = excluded.whole_to, held_reason = null, held_at = null`,
    [
      ledger,
      texts(parts.map((p) => p.projection)),
      numbers(parts.map((p) => p.generation)),
      numbers(parts.map((p) => p.position)),
      numbers(parts.map((p) => p.recordedAt)),
      numbers(parts.map((p) => p.rows)),
      texts(parts.map((p) => digestToHex(p.digest))),
    ],
  );
  await client.query(`update read.rebuild_parts set state = 'swapped' where rebuild = $1 and ledger = $2 and projection = any($3)`, [
    parts[0]?.rebuild,
    ledger,
    parts.map(({ projection }) => projection),
  ]);
}

/** What is parked, or was given up, and is in every projection now: its letters and divergences are no more. */
async function healLetters(client: PoolClient, ledger: number, projections: readonly Projection[]): Promise<void> {
  const names = projections.filter(({ scope }) => scope === 'account').map(({ name }) => name);
  await client.query(
    `with whole as (
       select min(whole_to) as position from read.projections where ledger = $1 and projection = any($2))
     delete from read.dead_letters d where d.ledger = $1 and (
       (d.accounts <> '{}' and d.position <= (select position from whole))
       or (d.accounts = '{}' and not exists (select from read.projections p where p.ledger = d.ledger and p.projection = any(d.projections) and p.position < d.position)))`,
    [ledger, names],
  );
  await client.query(
    `delete from read.divergences d where d.ledger = $1 and not exists (
       select from read.projections p where p.ledger = d.ledger and p.projection = any(d.projections) and p.whole_to < d.position)`,
    [ledger],
  );
  await client.query(
    `with pending as (
       select account, count(*)::int as count, min(position) as since from read.dead_letters, unnest(accounts) as account where ledger = $1 group by account),
     kept as (
       update read.parked_accounts p set pending = n.count, since = n.since from pending n where p.ledger = $1 and p.account = n.account),
     freed as (
       delete from read.parked_accounts p where p.ledger = $1 and not exists (select from pending n where n.account = p.account))
     update read.checkpoints set parked_accounts = (select count(*) from pending), dead_letters = (select count(*) from read.dead_letters where ledger = $1)
     where ledger = $1`,
    [ledger],
  );
}
