import { slotOf, ZERO_HASH, type Micros } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { APPLIED_CHANNEL, numbers, run, statement, texts } from '@ledgerflow/read-model/projections';
import type { Envelope } from './envelope.ts';

/** Where the read model is in one ledger's log. position 0 and zero hash before the first record. */
export interface LedgerCheckpoint {
  ledger: string;
  number: number;
  uuid: string;
  slot: number;
  epoch: number;
  position: bigint;
  recordHash: string;
  recordedAt: Micros;
  stoppedReason: string | null;
  /** How many accounts have parked records, and how many records are parked. */
  parkedAccounts: number;
  deadLetters: number;
}

interface Row {
  id: string;
  ledger: number;
  uuid: string;
  slot: number;
  epoch: number;
  position: string;
  record_hash: string;
  recorded_at: string;
  stopped_reason: string | null;
  parked_accounts: number;
  dead_letters: number;
}

const COLUMNS = `id, ledger, uuid, slot, epoch, position, encode(record_hash, 'hex') as record_hash, recorded_at, stopped_reason, parked_accounts, dead_letters`;

function toCheckpoint(row: Row): LedgerCheckpoint {
  return {
    ledger: row.id,
    number: row.ledger,
    uuid: row.uuid,
    slot: row.slot,
    epoch: row.epoch,
    position: BigInt(row.position),
    recordHash: row.record_hash,
    recordedAt: BigInt(row.recorded_at),
    stoppedReason: row.stopped_reason,
    parkedAccounts: row.parked_accounts,
    deadLetters: row.dead_letters,
  };
}

/** A row at position 0 for ledgers whose first record came. In order of number, as every lock here. */
export async function openCheckpoints(db: Queryable, first: readonly Envelope[], slots: number): Promise<void> {
  const records = [...first].sort((a, b) => a.ledgerNumber - b.ledgerNumber);
  await db.query(
    `insert into read.checkpoints (ledger, id, uuid, slot, epoch, position, record_hash, recorded_at)
     select ledger, id, uuid, slot, epoch, 0, decode('${ZERO_HASH}', 'hex'), 0 from unnest($1::int[], $2::text[], $3::uuid[], $4::int[], $5::int[]) as c(ledger, id, uuid, slot, epoch)
     order by ledger on conflict do nothing`,
    [
      numbers(records.map((r) => r.ledgerNumber)),
      texts(records.map((r) => r.ledger)),
      texts(records.map((r) => r.ledgerUuid)),
      numbers(records.map((r) => slotOf(r.ledger, slots))),
      numbers(records.map((r) => r.epoch)),
    ],
  );
}

const LOCK = statement(`select ${COLUMNS} from read.checkpoints where id = any($1::text[]) order by ledger for no key update`);

/** Locks the rows of some ledgers, always in order of number: two builders with the same ledgers wait for each other and never deadlock. Index: (id). */
export async function lockCheckpoints(db: Queryable, ledgers: readonly string[]): Promise<LedgerCheckpoint[]> {
  return (await run<Row>(db, LOCK, [ledgers])).rows.map(toCheckpoint);
}

/** Without a lock: of all ledgers, or of some. */
export async function readCheckpoints(db: Queryable, ledgers: readonly string[] | null = null): Promise<LedgerCheckpoint[]> {
  const sql = `select ${COLUMNS} from read.checkpoints where $1::text[] is null or id = any($1) order by ledger`;
  return (await db.query<Row>(sql, [ledgers])).rows.map(toCheckpoint);
}

/** Without a lock: those that moved within the last seconds, and those that are stopped. One pass over all rows, of which few are answered. */
export async function readChangedCheckpoints(db: Queryable, seconds: number): Promise<LedgerCheckpoint[]> {
  const sql = `select ${COLUMNS} from read.checkpoints where applied_at > clock_timestamp() - $1 * interval '1 second' or stopped_reason is not null order by ledger`;
  return (await db.query<Row>(sql, [seconds])).rows.map(toCheckpoint);
}

/** A checkpoint was moved by somebody else although it is locked: a broken promise, the transaction must not commit. */
export class CheckpointMovedError extends Error {
  override name = 'CheckpointMovedError';
}

const MOVE = statement(`update read.checkpoints c
  set position = m.position, record_hash = decode(m.record_hash, 'hex'), recorded_at = m.recorded_at, applied_at = clock_timestamp()
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[]) as m(ledger, old_position, position, record_hash, recorded_at)
  where c.ledger = m.ledger and c.position = m.old_position and c.stopped_reason is null
  returning pg_notify('${APPLIED_CHANNEL}', c.ledger || ':' || c.position)`);

/**
 * Moves checkpoints from the positions that were locked to those of the last applied records, and tells who waits for them (once a ledger, delivered with the commit).
 * The old position is part of the condition although the row is locked: two builders can never both move it.
 */
export async function moveCheckpoints(db: Queryable, moves: readonly { from: LedgerCheckpoint; to: Envelope }[]): Promise<void> {
  const { rows } = await run(db, MOVE, [
    numbers(moves.map((m) => m.from.number)),
    numbers(moves.map((m) => m.from.position)),
    numbers(moves.map((m) => m.to.position)),
    texts(moves.map((m) => m.to.hash)),
    numbers(moves.map((m) => m.to.recordedAt)),
  ]);
  if (rows.length !== moves.length)
    throw new CheckpointMovedError(`${moves.length - rows.length} of ${moves.length} checkpoints were moved by somebody else`);
}

/** From now on nothing is applied to these ledgers. The first reason stays; one that was found in an epoch which the ledger has left meanwhile is none. */
export async function stopLedgers(
  db: Queryable,
  stops: readonly { of: Pick<LedgerCheckpoint, 'number' | 'epoch'>; reason: string }[],
): Promise<void> {
  await db.query(
    `update read.checkpoints c set stopped_reason = s.reason from unnest($1::int[], $2::int[], $3::text[]) as s(ledger, epoch, reason)
     where c.ledger = s.ledger and c.epoch = s.epoch and c.stopped_reason is null`,
    [numbers(stops.map(({ of }) => of.number)), numbers(stops.map(({ of }) => of.epoch)), texts(stops.map((s) => s.reason))],
  );
}

/** Lets stopped ledgers try again: what stopped them may have been repaired, or this version may read what the one before could not. Nothing is skipped by it. */
export async function retryStopped(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'update read.checkpoints set stopped_reason = null where stopped_reason is not null returning id',
  );
  return rows.map((row) => row.id);
}
