import { addDigest, isAccountEvent, subtractDigest, type LedgerRecord } from '@ledgerflow/contracts';
import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import { readProjections, type AccountProjection, type LiveProjection, type Projection } from '@ledgerflow/read-model/projections';
import { applyWork } from '../apply/work.ts';
import { lockCheckpoints } from '../apply/checkpoints.ts';
import { readWhole } from './fill.ts';
import { GateRefusedError } from './gate.ts';
import type { Rebuild } from './store.ts';
import { HistoryError, LIVE_LOCK_MAX_MS } from './swap.ts';

const STREAM_DEADLINE_MS = 60_000;
const RECORDS_MAX = 200_000;

export interface AccountRepairOptions {
  pool: Pool;
  channels: WriterChannels;
  rebuild: Rebuild;
  projections: readonly Projection[];
  /** Called between steps, with how far it is in records: throws when the repair is to end. */
  onPause: (done: bigint, total: bigint) => Promise<void>;
}

interface AccountLog {
  records: { record: LedgerRecord; changes: ReadonlyMap<Projection, unknown> }[];
  number: number;
  version: bigint;
}

/**
 * Makes the rows of one account anew, in place, in the live generations of the projections of accounts. The gate is the same: before anything is touched, what all other accounts
 * have, read back, and what the log says of this one have to come to the digest that was kept as records were applied. Else the damage is not this account's alone, and the
 * projection has to be rebuilt.
 */
export async function repairAccount(options: AccountRepairOptions): Promise<void> {
  const { pool, rebuild, projections } = options;
  const { ledger, account } = rebuild;
  if (ledger === null || account === null) throw new HistoryError('the repair of an account names its ledger');
  const repaired = projections.filter(
    (projection): projection is AccountProjection => projection.scope === 'account' && projection.repairsInPlace,
  );
  if (repaired.length === 0) throw new HistoryError(`${rebuild.projection} has no rows of single accounts`);
  const log: AccountLog = { records: [], number: 0, version: 0n };
  await readAccount(options, repaired, log);
  // Read, proven for each projection, put in place.
  const steps = BigInt(repaired.length + 2);
  const records = BigInt(log.records.length);
  const onStep = (done: number): Promise<void> => options.onPause((records * BigInt(done)) / steps, records);
  await onStep(1);
  await proveOthers(pool, ledger, log, repaired, account, (proven) => onStep(1 + proven));
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local transaction_timeout = '${LIVE_LOCK_MAX_MS}'`);
    await replace(client, options, ledger, log, repaired);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** The account's records from the version that is known on, each checked against its hash. */
async function readAccount(
  { channels, rebuild }: AccountRepairOptions,
  projections: readonly Projection[],
  log: AccountLog,
): Promise<void> {
  const request = {
    principal: undefined,
    ledger: rebuild.ledger ?? '',
    account: rebuild.account ?? '',
    afterVersion: log.version,
    limit: 0,
  };
  const stream = channels.for(request.ledger, 0).readStream(request, { deadline: Date.now() + STREAM_DEADLINE_MS });
  try {
    for await (const message of stream as AsyncIterable<RecordBatch>) {
      for (const text of message.records) {
        const { record, changes } = readWhole(request.ledger, text, projections);
        for (const event of record.events) {
          if (!isAccountEvent(event) || event.account !== request.account) continue;
          if (event.version !== log.version + 1n) throw new HistoryError(`version ${event.version} of the account follows ${log.version}`);
          log.version = event.version;
          log.number = event.accountNumber;
        }
        log.records.push({ record, changes });
      }
      if (log.records.length > RECORDS_MAX)
        throw new HistoryError(`the account has more than ${RECORDS_MAX} records: rebuild the projection`);
    }
  } finally {
    stream.cancel();
  }
  if (log.version === 0n) throw new HistoryError('the log has no such account');
}

const changesUpTo = (log: AccountLog, projection: AccountProjection, position: bigint): unknown[] =>
  log.records
    .filter(({ record }) => record.position <= position)
    .map(({ changes }) => projection.ofAccounts(changes.get(projection), (number) => number === log.number));

/** In one snapshot, without a lock: what is stored of the others and what the log says of this one, together, against the kept digest. */
async function proveOthers(
  pool: Pool,
  ledger: string,
  log: AccountLog,
  projections: readonly AccountProjection[],
  account: string,
  onProven: (projections: number) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read');
    const live = await liveOf(client, ledger);
    for (const [index, projection] of projections.entries()) {
      const row = live.get(projection.name);
      if (row === undefined) throw new HistoryError(`${projection.name} is not there yet`);
      const names = live.get('account_summary')?.generation ?? 0;
      const all = await projection.recompute(client, row.generation, names);
      const removed = await projection.recompute(client, row.generation, names, log.number);
      const scratch = { ...row, generation: await emptyGeneration(client) };
      const gains = await applyWork(
        client,
        [{ projection, live: scratch, changes: changesUpTo(log, projection, row.position) }],
        [projection],
      );
      const gain = gains.get(projection.name)?.get(scratch.generation) ?? { rows: 0, digest: 0n };
      const rows = all.rows - removed.rows + gain.rows;
      const digest = addDigest(subtractDigest(all.digest, removed.digest), gain.digest);
      if (rows !== row.rows || digest !== row.digest)
        throw new GateRefusedError({
          projection: projection.name,
          ledger,
          position: `${row.position}`,
          account,
          expected: `${row.rows} rows and their digest with this account made anew`,
          found: `${rows} rows: rows of other accounts differ too; rebuild the projection`,
        });
      await onProven(index + 1);
    }
    await client.query('rollback');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** Where rows can be made that nobody reads, until the transaction is taken back. */
async function emptyGeneration(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ generation: number }>(`select nextval('read.generations')::integer as generation`);
  return rows[0]?.generation ?? 0;
}

/** Throws HistoryError when there is no such ledger, or when the live rows of accounts do not have all that the log says: before it was asked for, that was not so. */
async function liveOf(client: PoolClient, ledger: string): Promise<ReadonlyMap<string, LiveProjection>> {
  const { rows } = await client.query<{ ledger: number; parked_accounts: number; is_diverged: boolean }>(
    `select ledger, parked_accounts, exists (select from read.divergences d where d.ledger = c.ledger and d.accounts <> '{}') as is_diverged
     from read.checkpoints c where id = $1`,
    [ledger],
  );
  const [checkpoint] = rows;
  if (checkpoint === undefined) throw new HistoryError('there is no such ledger');
  if (checkpoint.parked_accounts > 0)
    throw new HistoryError('records of the ledger are parked: retry them, or rebuild all projections of the ledger');
  if (checkpoint.is_diverged)
    throw new HistoryError('records of accounts of the ledger were discarded: rebuild all projections of the ledger, that heals it');
  return (await readProjections(client, [checkpoint.ledger])).get(checkpoint.ledger) ?? new Map();
}

async function removeAccount(client: PoolClient, projection: AccountProjection, live: LiveProjection, account: number): Promise<void> {
  for (const table of projection.tables)
    await client.query(`delete from read.${table} where generation = $1 and account = $2`, [live.generation, account]);
}

/** With the checkpoint locked: what was recorded since is read, the old rows go, the new ones come. The kept digests are right already: they were added up as records were applied. */
async function replace(
  client: PoolClient,
  options: AccountRepairOptions,
  ledger: string,
  log: AccountLog,
  projections: readonly AccountProjection[],
): Promise<void> {
  await lockCheckpoints(client, [ledger]);
  const live = await liveOf(client, ledger);
  await readAccount(options, projections, log);
  for (const projection of projections) {
    const row = live.get(projection.name);
    if (row === undefined) throw new HistoryError(`${projection.name} is not there yet`);
    await client.query('select 1 from read.projections where ledger = $1 and projection = $2 for no key update', [
      row.ledger,
      projection.name,
    ]);
    await removeAccount(client, projection, row, log.number);
    await applyWork(client, [{ projection, live: row, changes: changesUpTo(log, projection, row.position) }], [projection]);
  }
}
