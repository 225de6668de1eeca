import { formatMicros, type Micros } from '@ledgerflow/contracts';
import type { Pool } from '@ledgerflow/platform/postgres';
import type { AccountReading, LedgerLocation } from '../application/store.ts';
import { FIRST_EPOCH } from '../domain/empty.ts';
import { withClient } from './cluster.ts';
import { asStoreError, fly } from './flight.ts';
import { headOf, type HeadRow } from './read-batch.ts';
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
// unique (ledger, account, version) of events, forward and only as far as the limit needs; a record may touch an account more than once. Cut like a page of the log.
const STREAM_PAGE = `select position from (
    select position, sum(bytes) over (order by position) as bytes, row_number() over (order by position) as n
    from (select position from (
        select position, version, lag(position) over (order by version) as previous
        from ledger.events where ledger = $1 and account = (select number from ledger.accounts where ledger = $1 and id = $2) and version > $3) touched
      where previous is distinct from position order by version limit $4) page
    cross join lateral (select bytes from ledger.records r where r.ledger = $1 and r.position = page.position offset 0) size) cut
  where n = 1 or bytes <= $5 order by position`;

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
  bytesMax: number,
): Promise<string[]> {
  const values = [location.number, account, afterVersion.toString(), limit, bytesMax];
  return render(pool, location, await positions(pool, 'stream-page', STREAM_PAGE, values));
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

// A time that the head has not reached is promised by keeping it in the head, or a clock that steps back could still put a record before it. The update waits for the
// batch that is being committed and then sees the head as that left it; every later batch finds the promise under its lock and takes a later time. Of many who wait, those
// for whom another has promised a later time meanwhile write nothing.
const PROMISE = `update ledger.heads set resolved_to = $2
  where ledger = $1 and $2::timestamptz < clock_timestamp() and recorded_at < $2 and resolved_to < $2
  returning position, epoch, ${microsSql('recorded_at')} as recorded_at`;
const RESOLVE_HEAD = `select position, epoch, ${microsSql('recorded_at')} as recorded_at, ${microsSql('resolved_to')} as resolved_to
  from ledger.heads where ledger = $1 and position > 0`;
const POSITION_AT = 'select ledger.position_at($1, $2, $3) as position';

type ResolveRow = Pick<HeadRow, 'position' | 'epoch' | 'recorded_at'>;

async function resolvedHead(pool: Pool, { number }: LedgerLocation): Promise<(ResolveRow & { resolved_to: string }) | undefined> {
  const [head] = await query<ResolveRow & { resolved_to: string }>(pool, 'resolve-head', RESOLVE_HEAD, [number]);
  return head;
}

/** The last position recorded at or before a time; null when the clock has not passed it. A time up to the head's, or up to one that was promised before, is final by itself. */
export async function resolveTime(pool: Pool, location: LedgerLocation, time: Micros): Promise<{ position: bigint; epoch: number } | null> {
  const head = await resolvedHead(pool, location);
  if (head === undefined) return { position: 0n, epoch: FIRST_EPOCH };
  const end = isFinal(head, time) ? head : await promise(pool, location, time);
  if (end === null) return null;
  if (time >= BigInt(end.recorded_at)) return { position: BigInt(end.position), epoch: end.epoch };
  const [found] = await query<{ position: string }>(pool, 'position-at', POSITION_AT, [location.number, end.position, formatMicros(time)]);
  return { position: BigInt(found?.position ?? 0), epoch: end.epoch };
}

const isFinal = (head: ResolveRow & { resolved_to: string }, time: Micros): boolean =>
  time <= BigInt(head.recorded_at) || time <= BigInt(head.resolved_to);

/** Keeps a time as the floor of what is recorded from now on; the head after it, or null when the clock has not passed that time. */
async function promise(pool: Pool, location: LedgerLocation, time: Micros): Promise<ResolveRow | null> {
  const [result] = await withClient(pool, (client) =>
    fly(client, [{ name: 'promise', text: PROMISE, values: [location.number, formatMicros(time)] }]),
  );
  const promised = result?.rows[0] as ResolveRow | undefined;
  if (promised !== undefined) return promised;
  // The clock has not passed it, or it became final while the row was waited for.
  const head = await resolvedHead(pool, location);
  return head !== undefined && isFinal(head, time) ? head : null;
}
