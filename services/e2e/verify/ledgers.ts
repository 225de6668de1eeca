import type { Snapshot } from './connections.ts';
import type { Finding } from './differences.ts';

/** The end of a ledger's log as its head row says it is. */
export interface Head {
  number: number;
  id: string;
  uuid: string;
  slot: number;
  epoch: number;
  position: number;
  recordedAt: number;
  recordHash: string;
  frontier: string;
  entryDigest: string;
  accountDigest: string;
  accountCount: number;
}

export interface Checkpoint {
  number: number;
  id: string;
  uuid: string;
  slot: number;
  epoch: number;
  position: number;
  recordHash: string;
  recordedAt: number;
  stoppedReason: string | null;
  parkedAccounts: number;
  deadLetters: number;
}

type Strings<T> = { [K in keyof T]: T[K] extends number ? string | number : T[K] };

const HEADS = `select ledger as number, id, uuid, slot, epoch, position,
  case when isfinite(recorded_at) then (extract(epoch from recorded_at) * 1000000)::bigint end as "recordedAt",
  encode(record_hash, 'hex') as "recordHash", encode(frontier, 'hex') as frontier, encode(entry_digest, 'hex') as "entryDigest",
  encode(account_digest, 'hex') as "accountDigest", account_count as "accountCount"
  from ledger.heads where $1::text[] is null or id = any($1) order by ledger`;
const CHECKPOINTS = `select ledger as number, id, uuid, slot, epoch, position, encode(record_hash, 'hex') as "recordHash", recorded_at as "recordedAt",
  stopped_reason as "stoppedReason", parked_accounts as "parkedAccounts", dead_letters as "deadLetters" from read.checkpoints order by ledger`;

export async function readHeads(ledger: Snapshot, ids: readonly string[] | null): Promise<Head[]> {
  const rows = await ledger.client.query<Strings<Head>>(HEADS, [ids]);
  return rows.map((row) => ({
    ...row,
    number: Number(row.number),
    slot: Number(row.slot),
    epoch: Number(row.epoch),
    position: Number(row.position),
    recordedAt: Number(row.recordedAt),
    accountCount: Number(row.accountCount),
  }));
}

export async function readCheckpoints(read: Snapshot): Promise<Map<number, Checkpoint>> {
  const rows = await read.client.query<Strings<Checkpoint>>(CHECKPOINTS);
  return new Map(
    rows.map((row) => [
      Number(row.number),
      {
        ...row,
        number: Number(row.number),
        slot: Number(row.slot),
        epoch: Number(row.epoch),
        position: Number(row.position),
        recordedAt: Number(row.recordedAt),
        parkedAccounts: Number(row.parkedAccounts),
        deadLetters: Number(row.deadLetters),
      },
    ]),
  );
}

interface DirectoryRow extends Record<string, unknown> {
  number: number;
  id: string;
  uuid: string;
  slot: number;
  epoch: number;
}

export type DirectoryEntry = Pick<DirectoryRow, 'number' | 'id' | 'uuid' | 'slot' | 'epoch'>;

/** The directory by number; null where it stands in another database. */
export async function readDirectory(ledger: Snapshot): Promise<Map<number, DirectoryEntry> | null> {
  const [there] = await ledger.client.query<{ name: string | null }>(`select to_regclass('directory.ledgers')::text as name`);
  if (there?.name === null || there === undefined) return null;
  const rows = await ledger.client.query<DirectoryRow>('select number, id, uuid, slot, epoch from directory.ledgers order by number');
  return new Map(rows.map((row) => [row.number, row]));
}

const FIELDS = ['id', 'uuid', 'slot', 'epoch'] as const;

/** The head beside its place in the directory. */
export function directoryDifference(head: Head, entry: DirectoryEntry | undefined): Finding | null {
  const say = (message: string): Finding => ({ check: 'directory', position: null, account: null, message });
  if (entry === undefined) return say(`ledger ${head.id}, number ${head.number}, has a head but no place in the directory`);
  const field = FIELDS.find((name) => head[name] !== entry[name]);
  return field === undefined
    ? null
    : say(`the directory says ${field} ${entry[field]} of ledger number ${head.number}, its head says ${head[field]}`);
}

const LOG_TABLES = ['records', 'events', 'details', 'external_ids', 'accounts', 'currencies', 'principals', 'refusals'];
const READ_TABLES = ['projections', 'dead_letters', 'parked_accounts', 'divergences'];

/** The first ledger of a table that `owners` does not have: one probe of the primary key a ledger, not a scan. */
const strayQuery = (table: string, owners: string): string => `with recursive n(number) as (
    (select ledger from ${table} order by ledger limit 1)
    union all select (select t.ledger from ${table} t where t.ledger > n.number order by t.ledger limit 1) from n where n.number is not null)
  select number from n where number is not null and not exists (select from ${owners} o where o.ledger = n.number) limit 1`;

/** Rows of ledgers that have no head, or in the read model no checkpoint. */
export async function findStrays(ledger: Snapshot, read: Snapshot | null): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const table of LOG_TABLES) {
    const [stray] = await ledger.client.query<{ number: number }>(strayQuery(`ledger.${table}`, 'ledger.heads'));
    if (stray !== undefined)
      found.push({
        check: 'head',
        position: null,
        account: null,
        message: `ledger number ${stray.number} has rows in ledger.${table} but no head`,
      });
  }
  if (read === null) return found;
  for (const table of READ_TABLES) {
    const [stray] = await read.client.query<{ number: number }>(strayQuery(`read.${table}`, 'read.checkpoints'));
    if (stray !== undefined)
      found.push({
        check: 'checkpoint',
        position: null,
        account: null,
        message: `ledger number ${stray.number} has rows in read.${table} but no checkpoint`,
      });
  }
  return found;
}
