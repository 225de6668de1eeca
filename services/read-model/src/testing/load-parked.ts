import type { LedgerRecord } from '@ledgerflow/contracts';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import type { AccountProjection } from '../projections/projection.ts';
import { PROJECTIONS } from '../projections/registry.ts';
import { APPLIED_CHANNEL } from '../waiter/applied-positions.ts';

/** Accounts by number whose records are parked, with their text ids. */
export type ParkedAccounts = ReadonlyMap<number, string>;

const touched = ({ events }: LedgerRecord): number[] => [
  ...new Set(events.flatMap((event) => ('accountNumber' in event ? [event.accountNumber] : []))),
];

/**
 * Goes on after `load` as the builder would once the first of these records was refused: the parts of the parked accounts become dead letters, those of all others are applied, and the projections of
 * the whole ledger hold where they are. The first one that is parked is refused, the others wait behind it.
 */
export async function loadParked(pool: Pool, records: readonly LedgerRecord[], parked: ParkedAccounts): Promise<void> {
  const last = records.at(-1) as LedgerRecord;
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const projection of PROJECTIONS) if (projection.scope === 'account') await applyOthers(client, projection, records, parked);
    await parkRecords(client, records, parked);
    await client.query(
      `update read.checkpoints set position = $2, record_hash = decode($3, 'hex'), recorded_at = $4,
         parked_accounts = (select count(*) from read.parked_accounts where ledger = $1), dead_letters = (select count(*) from read.dead_letters where ledger = $1) where ledger = $1`,
      [last.ledgerNumber, last.position.toString(), last.hash, last.recordedAt.toString()],
    );
    const names = (scope: 'account' | 'ledger'): string[] => PROJECTIONS.filter((one) => one.scope === scope).map(({ name }) => name);
    await client.query('update read.projections set position = $2, recorded_at = $3 where ledger = $1 and projection = any($4)', [
      last.ledgerNumber,
      last.position.toString(),
      last.recordedAt.toString(),
      names('account'),
    ]);
    await client.query(
      `update read.projections set held_reason = 'a record is parked', held_at = clock_timestamp() where ledger = $1 and projection = any($2)`,
      [last.ledgerNumber, names('ledger')],
    );
    await client.query('select pg_notify($1, $2)', [APPLIED_CHANNEL, `${last.ledgerNumber}:${last.position}`]);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function applyOthers(
  client: PoolClient,
  projection: AccountProjection,
  records: readonly LedgerRecord[],
  parked: ParkedAccounts,
): Promise<void> {
  const changes = records.map((record) => projection.ofAccounts(projection.project(record), (number) => !parked.has(number)));
  await projection.apply(client, [{ generation: records[0]!.ledgerNumber, changes }]);
}

async function parkRecords(client: PoolClient, records: readonly LedgerRecord[], parked: ParkedAccounts): Promise<void> {
  let error: string | null = 'it is refused';
  for (const record of records) {
    const accounts = touched(record).filter((number) => parked.has(number));
    if (accounts.length === 0) continue;
    await client.query(`insert into read.dead_letters (ledger, position, accounts, error, record) values ($1, $2, $3, $4, '{}')`, [
      record.ledgerNumber,
      record.position.toString(),
      accounts,
      error,
    ]);
    error = null;
    for (const account of accounts)
      await client.query(
        `insert into read.parked_accounts as p (ledger, account, id, since, pending) values ($1, $2, $3, $4, 1)
         on conflict (ledger, account) do update set pending = p.pending + 1`,
        [record.ledgerNumber, account, parked.get(account), record.position.toString()],
      );
  }
}
