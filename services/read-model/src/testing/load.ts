import type { LedgerRecord } from '@ledgerflow/contracts';
import type { Pool } from '@ledgerflow/platform/postgres';
import { PROJECTIONS } from '../projections/registry.ts';
import { APPLIED_CHANNEL } from '../waiter/applied-positions.ts';

/** Writes the next records of one ledger as the builder would, without its checks: for tests of the queries. */
export async function load(pool: Pool, records: readonly LedgerRecord[]): Promise<void> {
  const last = records[records.length - 1] as LedgerRecord;
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const projection of PROJECTIONS)
      await projection.apply(client, [{ generation: last.ledgerNumber, changes: records.map((record) => projection.project(record)) }]);
    await client.query(
      `insert into read.checkpoints (ledger, id, uuid, slot, epoch, position, record_hash, recorded_at) values ($1, $2, $3, 0, $4, $5, decode($6, 'hex'), $7)
       on conflict (ledger) do update set position = excluded.position, record_hash = excluded.record_hash, recorded_at = excluded.recorded_at`,
      [last.ledgerNumber, last.ledger, last.ledgerUuid, last.epoch, last.position.toString(), last.hash, last.recordedAt.toString()],
    );
    await client.query(
      `insert into read.projections (ledger, projection, generation, position, recorded_at, row_count, digest)
       select $1, projection, $1, $3, $4, 0, '' from unnest($2::text[]) as n(projection)
       on conflict (ledger, projection) do update set position = excluded.position, recorded_at = excluded.recorded_at`,
      [last.ledgerNumber, PROJECTIONS.map(({ name }) => name), last.position.toString(), last.recordedAt.toString()],
    );
    await client.query('select pg_notify($1, $2)', [APPLIED_CHANNEL, `${last.ledgerNumber}:${last.position}`]);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
