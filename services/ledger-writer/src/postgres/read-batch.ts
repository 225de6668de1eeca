import type { PoolClient } from '@ledgerflow/platform/postgres';
import type { RefusalCode } from '@ledgerflow/contracts';
import { transactionId } from '@ledgerflow/contracts';
import { ReplaysTooLargeError } from '../application/errors.ts';
import type { LedgerLocation } from '../application/store.ts';
import { FIRST_EPOCH } from '../domain/empty.ts';
import type { Account, BatchView, Head, Needs, StoredOutcome } from '../domain/state.ts';
import { fly, type Statement } from './flight.ts';
import { renderRecords } from './render.ts';
import { accountOf, ACCOUNT_COLUMNS, type AccountRow, microsSql, plainArray, recordType, textArray, uuidToHex } from './rows.ts';

export interface HeadRow {
  ledger: number;
  id: string;
  uuid: string;
  slot: number;
  epoch: number;
  position: string;
  recorded_at: string;
  record_hash: Buffer;
  frontier: Buffer;
  entry_digest: Buffer;
  account_digest: Buffer;
  account_count: number;
}

export const HEAD_COLUMNS = `ledger, id, uuid, slot, epoch, position, ${microsSql('recorded_at')} as recorded_at, record_hash, frontier, entry_digest, account_digest, account_count`;

const number256 = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

export function headOf(row: HeadRow): Head {
  return {
    ledger: row.id,
    number: row.ledger,
    uuid: row.uuid,
    epoch: row.epoch,
    position: BigInt(row.position),
    recordedAt: BigInt(row.recorded_at),
    recordHash: row.record_hash.toString('hex'),
    frontier: row.frontier,
    entryDigest: number256(row.entry_digest),
    accountDigest: number256(row.account_digest),
    accountCount: row.account_count,
  };
}

const BEGIN: Statement = { name: 'begin', text: 'begin isolation level read committed' };
// Locks the head row; whoever else writes to the ledger waits here.
const LOCK_HEAD = `select ${HEAD_COLUMNS}, ${microsSql('resolved_to')} as resolved_to from ledger.heads where ledger = $1 for no key update`;
// Only for a ledger's first record; two at once meet at the primary key and the later one waits for the earlier.
const CREATE_HEAD = `insert into ledger.heads (ledger, id, uuid, slot, epoch, position, recorded_at, record_hash, frontier, entry_digest, account_digest, account_count)
  values ($1, $2, $3, $4, ${FIRST_EPOCH}, 0, '1970-01-01T00:00:00Z', decode(repeat('00', 32), 'hex'), '', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 0)
  on conflict do nothing`;
// clock_timestamp(), not now(): the transaction began before it got the lock.
const CLOCK = `select ${microsSql('clock_timestamp()')} as now, (select json_object_agg(code, scale) from ledger.currencies where ledger = $1) as currencies`;
// unique (ledger, id)
const ACCOUNTS = `select a.* from unnest($2::text[]) w(wanted)
  cross join lateral (select ctid::text as row_id, ${ACCOUNT_COLUMNS} from ledger.accounts where ledger = $1 and id = wanted offset 0) a`;
// unique (ledger, key) of records; primary key of refusals
const KEYS = `select r.* from unnest($2::uuid[]) w(wanted)
    cross join lateral (select key, fingerprint, position, bytes, null::text as code, null::json as parameters from ledger.records where ledger = $1 and key = wanted offset 0) r
  union all select r.* from unnest($2::uuid[]) w(wanted)
    cross join lateral (select key, fingerprint, null::bigint, null::int, code, parameters from ledger.refusals where ledger = $1 and key = wanted offset 0) r`;
// primary keys of both
const EXTERNAL_IDS = `select x.external_id, x.position, x.index, r.type from unnest($2::text[]) w(wanted)
  cross join lateral (select external_id, position, index from ledger.external_ids where ledger = $1 and external_id = wanted offset 0) x
  cross join lateral (select type from ledger.records where ledger = $1 and position = x.position offset 0) r`;

interface KeyRow {
  key: string;
  fingerprint: string;
  position: string | null;
  bytes: number | null;
  code: RefusalCode;
  parameters: Record<string, string>;
}

interface ExternalIdRow {
  external_id: string;
  position: string;
  index: number;
  type: number;
}

function flightOne(location: LedgerLocation, needs: Needs, createHead: boolean): Statement[] {
  const { number, ledger, uuid, slot } = location;
  const statements: Statement[] = [BEGIN];
  if (createHead) statements.push({ name: 'create-head', text: CREATE_HEAD, values: [number, ledger, uuid, slot] });
  statements.push(
    { name: 'lock-head', text: LOCK_HEAD, values: [number] },
    { name: 'clock', text: CLOCK, values: [number] },
    { name: 'accounts', text: ACCOUNTS, values: [number, textArray(needs.accounts)] },
    { name: 'keys', text: KEYS, values: [number, plainArray(needs.keys)] },
  );
  if (needs.externalIds.length > 0)
    statements.push({ name: 'external-ids', text: EXTERNAL_IDS, values: [number, textArray(needs.externalIds)] });
  return statements;
}

/** Bytes of records that are repeated in one batch, unless a single one is larger: they are read under the head lock and held in memory together. */
const REPLAY_BYTES_MAX = 4 * 1024 * 1024;

async function outcomesOf(client: PoolClient, head: Head, rows: readonly KeyRow[]): Promise<Map<string, StoredOutcome>> {
  const outcomes = new Map<string, StoredOutcome>();
  const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  if (rows.length > 1 && bytes > REPLAY_BYTES_MAX) throw new ReplaysTooLargeError(`${rows.length} answers to repeat have ${bytes} bytes`);
  if (rows.length === 0) return outcomes;
  const positions = rows.flatMap(({ position }) => (position === null ? [] : [BigInt(position)]));
  const records = await renderRecords(client, head, positions);
  for (const row of rows) {
    const [key, fingerprint] = [uuidToHex(row.key), uuidToHex(row.fingerprint)];
    if (row.position === null) {
      outcomes.set(key, { kind: 'refusal', fingerprint, refusal: { code: row.code, parameters: row.parameters } });
    } else {
      const position = BigInt(row.position);
      outcomes.set(key, { kind: 'record', fingerprint, position, record: records.get(position) as string });
    }
  }
  return outcomes;
}

export interface BatchReading {
  view: BatchView;
  /** Where the row of each account lies, by its number. It stays there while the head is locked, for nobody else writes accounts. */
  rowIds: ReadonlyMap<number, string>;
}

/**
 * Flight 1: begin, lock the head, read everything in later statements (so that each sees what the lock's previous holder committed) and the clock. Null when the
 * ledger has no head row yet; nothing is locked then. The transaction is left open either way.
 */
export async function readBatch(
  client: PoolClient,
  location: LedgerLocation,
  needs: Needs,
  createHead: boolean,
): Promise<BatchReading | null> {
  const results = await fly(client, flightOne(location, needs, createHead));
  const [headRows, clockRows, accountRows, keyRows, externalRows] = results.slice(createHead ? 2 : 1).map((result) => result.rows);
  const headRow = headRows?.[0] as (HeadRow & { resolved_to: string }) | undefined;
  if (headRow === undefined) return null;
  const head = headOf(headRow);
  const reading = clockRows?.[0] as { now: string; currencies: Record<string, number> | null };
  // The clock may have stepped back behind what is recorded, or behind a time whose past was promised to stay as it is.
  const [clock, recorded, resolved] = [BigInt(reading.now), head.recordedAt + 1n, BigInt(headRow.resolved_to) + 1n];
  const earliest = recorded > resolved ? recorded : resolved;
  const accounts = new Map<string, Account>();
  const rowIds = new Map<number, string>();
  for (const row of accountRows as (AccountRow & { row_id: string })[]) {
    accounts.set(row.id, accountOf(row));
    rowIds.set(row.number, row.row_id);
  }
  const externalIds = new Map<string, string>();
  for (const row of (externalRows ?? []) as ExternalIdRow[]) {
    externalIds.set(row.external_id, transactionId(recordType(row.type), BigInt(row.position), row.index));
  }
  const view: BatchView = {
    head,
    now: clock > earliest ? clock : earliest,
    currencies: new Map(Object.entries(reading.currencies ?? {})),
    accounts,
    outcomes: await outcomesOf(client, head, keyRows as KeyRow[]),
    externalIds,
  };
  return { view, rowIds };
}
