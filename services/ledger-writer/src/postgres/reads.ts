import { formatMicros, type Micros } from '@ledgerflow/contracts';
import type { Pool } from '@ledgerflow/platform/postgres';
import type { AccountReading, LedgerLocation } from '../application/store.ts';
import { withClient } from './cluster.ts';
import { asStoreError, fly, FlightError, ROLLBACK } from './flight.ts';
import { FIRST_EPOCH, HEAD_COLUMNS, headOf, type HeadRow } from './read-batch.ts';
import { renderRecords } from './render.ts';
import { accountOf, ACCOUNT_COLUMNS, type AccountRow, microsSql } from './rows.ts';

/** One prepared statement on any connection of the pool; its rows. */
export async function query<R extends object>(pool: Pool, name: string, text: string, values: readonly unknown[]): Promise<R[]> {
  try {
    return (await pool.query<R>({ name, text, values: values as unknown[] })).rows;
  } catch (error) {
    throw asStoreError(error);
  }
}

// Primary key of records, forward. The first record always comes, however large it is; after it the page ends before the one that would pass bytesMax.
const LOG_PAGE = `select position from (
    select position, sum(bytes) over (order by position) as bytes, row_number() over (order by position) as n
    from (select position, bytes from ledger.records where ledger = $1 and position > $2 and position <= $3 order by position limit $4) page) cut
  where n = 1 or bytes <= $5 order by position`;
const POSITION_MAX = 9_223_372_036_854_775_807n;
// unique (ledger, account, version) of events, forward and only as far as the limit needs; a record may touch an account more than once
const STREAM_PAGE = `select position from (
    select position, version, lag(position) over (order by version) as previous
    from ledger.events where ledger = $1 and account = (select number from ledger.accounts where ledger = $1 and id = $2) and version > $3) touched
  where previous is distinct from position order by version limit $4`;

async function positions(pool: Pool, name: string, text: string, values: readonly unknown[]): Promise<bigint[]> {
  return (await query<{ position: string }>(pool, name, text, values)).map((row) => BigInt(row.position));
}

async function render(pool: Pool, location: LedgerLocation, wanted: readonly bigint[]): Promise<string[]> {
  if (wanted.length === 0) return [];
  return withClient(pool, async (client) => [...(await renderRecords(client, location, wanted)).values()]);
}

export async function readLog(
  pool: Pool,
  location: LedgerLocation,
  after: bigint,
  to: bigint | null,
  limit: number,
  bytesMax: number,
): Promise<string[]> {
  const values = [location.number, after.toString(), (to ?? POSITION_MAX).toString(), limit, bytesMax];
  return render(pool, location, await positions(pool, 'log-page', LOG_PAGE, values));
}

export async function readStream(
  pool: Pool,
  location: LedgerLocation,
  account: string,
  afterVersion: bigint,
  limit: number,
): Promise<string[]> {
  return render(
    pool,
    location,
    await positions(pool, 'stream-page', STREAM_PAGE, [location.number, account, afterVersion.toString(), limit]),
  );
}

/** One statement, so that account and head are of the same moment. Primary keys and unique (ledger, id). */
const ACCOUNT = `select ${ACCOUNT_COLUMNS.split(', ')
  .map((column) => `a.${column}`)
  .join(
    ', ',
  )}, a.name, a.metadata, c.scale, h.ledger, h.uuid, h.slot, h.epoch, h.position as head_position, ${microsSql('h.recorded_at')} as recorded_at,
    h.record_hash, h.frontier, h.entry_digest, h.account_digest, h.account_count
  from ledger.accounts a join ledger.currencies c on c.ledger = a.ledger and c.code = a.currency join ledger.heads h on h.ledger = a.ledger
  where a.ledger = $1 and a.id = $2`;

interface AccountReadingRow extends AccountRow, Omit<HeadRow, 'id' | 'position'> {
  head_position: string;
  name: string | null;
  metadata: Record<string, unknown> | null;
  scale: number;
}

export async function readAccount(pool: Pool, location: LedgerLocation, account: string): Promise<AccountReading | null> {
  const [row] = await query<AccountReadingRow>(pool, 'account-reading', ACCOUNT, [location.number, account]);
  if (row === undefined) return null;
  const { name, metadata, scale } = row;
  return { account: accountOf(row), name, metadata, scale, head: headOf({ ...row, id: location.ledger, position: row.head_position }) };
}

// FOR SHARE waits for the batch that is being committed and holds off the next until the clock was read, so every later record is later than that clock.
const SHARE_HEAD = 'select position, epoch from ledger.heads where ledger = $1 for share';
const CLOCK = `select ${microsSql('clock_timestamp()')} as now`;
const POSITION_AT = 'select ledger.position_at($1, $2, $3) as position';

/** The last position recorded at or before a time. A time up to the head's is final by itself; a later one is made final by the lock, if the clock has passed it. */
export async function resolveTime(pool: Pool, location: LedgerLocation, time: Micros): Promise<{ position: bigint; epoch: number } | null> {
  const [row] = await query<HeadRow>(pool, 'resolve-head', `select ${HEAD_COLUMNS} from ledger.heads where ledger = $1 and position > 0`, [
    location.number,
  ]);
  if (row === undefined) return { position: 0n, epoch: FIRST_EPOCH };
  const head = headOf(row);
  if (time > head.recordedAt) {
    const latest = await shareHead(pool, location);
    if (time >= latest.now) return null;
    if (latest.position === head.position) return { position: head.position, epoch: latest.epoch };
    row.position = latest.position.toString();
  }
  const [found] = await query<{ position: string }>(pool, 'position-at', POSITION_AT, [location.number, row.position, formatMicros(time)]);
  return { position: BigInt(found?.position ?? 0), epoch: head.epoch };
}

async function shareHead(pool: Pool, { number }: LedgerLocation): Promise<{ position: bigint; epoch: number; now: Micros }> {
  return withClient(pool, async (client) => {
    try {
      const results = await fly(client, [
        { name: 'begin', text: 'begin isolation level read committed' },
        { name: 'share-head', text: SHARE_HEAD, values: [number] },
        { name: 'clock', text: CLOCK },
        { name: 'commit', text: 'commit' },
      ]);
      const head = results[1]?.rows[0] as { position: string; epoch: number };
      const clock = results[2]?.rows[0] as { now: string };
      return { position: BigInt(head.position), epoch: head.epoch, now: BigInt(clock.now) };
    } catch (error) {
      if (!(error instanceof FlightError && error.isConnectionLost)) await fly(client, [ROLLBACK]);
      throw error;
    }
  });
}
