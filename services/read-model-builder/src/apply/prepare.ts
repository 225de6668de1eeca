import { isAccountEvent, leafHash, recordFromJson, RecordFormatError, type LedgerRecord } from '@ledgerflow/contracts';
import { PROJECTIONS, type Projection } from '@ledgerflow/read-model/projections';
import { readMarks, type AccountMark, type AccountRef, type Envelope } from './envelope.ts';

/** A record's text as a feed brought it, and the ledger that the feed says it is of. */
export interface Incoming {
  ledger: string;
  text: string;
}

/** Why a record is poison, and for which projections; none: it can not be read, so for all. */
export interface Refusal {
  projections: readonly string[];
  error: string;
}

/** A record with what each projection makes of it. */
export interface PreparedRecord {
  record: Envelope;
  text: string;
  /** By projection; what refused it is missing, and everything is when it can not be read. */
  changes: ReadonlyMap<Projection, unknown>;
  refusal: Refusal | null;
  /** The accounts that it touches, each once. */
  accounts(): readonly AccountRef[];
}

/** What a feed brought of one ledger, in the order it came. */
export interface PreparedLedger {
  ledger: string;
  records: PreparedRecord[];
  /** Why the text after the last of `records` can not even be parked: what came after it is left out. */
  unusable: string | null;
}

function distinct(accounts: Iterable<AccountRef>): AccountRef[] {
  const known = new Map<number, AccountRef>();
  for (const { number, id } of accounts) known.set(number, { number, id });
  return [...known.values()];
}

function accountsOf(record: LedgerRecord): AccountRef[] {
  return distinct(record.events.filter(isAccountEvent).map(({ accountNumber: number, account: id }) => ({ number, id })));
}

function projectAll(record: LedgerRecord, projections: readonly Projection[]): Pick<PreparedRecord, 'changes' | 'refusal'> {
  const changes = new Map<Projection, unknown>();
  let refusal: { projections: string[]; error: string } | null = null;
  for (const projection of projections) {
    try {
      changes.set(projection, projection.project(record));
    } catch (error) {
      const reason = `${projection.name}: ${(error as Error).message}`;
      if (refusal === null) refusal = { projections: [projection.name], error: reason };
      else refusal.projections.push(projection.name);
    }
  }
  return { changes, refusal };
}

function unreadable(text: string, error: string): { prepared: PreparedRecord; marks: readonly AccountMark[] } | null {
  const marked = readMarks(text);
  if (marked === null) return null;
  const accounts = distinct(marked.marks);
  const prepared = { record: marked.envelope, text, changes: new Map(), refusal: { projections: [], error }, accounts: () => accounts };
  return { prepared, marks: marked.marks };
}

/**
 * Parses one text and makes the row changes of `projections`. Throws for what can not even be parked: of another ledger, changed under its hash, or of unknown place or accounts.
 */
export function prepareRecord({ ledger, text }: Incoming, projections: readonly Projection[] = PROJECTIONS): PreparedRecord {
  let record: LedgerRecord;
  try {
    record = recordFromJson(text);
  } catch (error) {
    const parkable = error instanceof RecordFormatError ? unreadable(text, error.message) : null;
    if (parkable === null) throw error;
    if (parkable.prepared.record.ledger !== ledger)
      throw new Error(`a record of ledger ${parkable.prepared.record.ledger} came as one of ${ledger}`, { cause: error });
    return parkable.prepared;
  }
  if (record.ledger !== ledger) throw new Error(`a record of ledger ${record.ledger} came as one of ${ledger}`);
  if (leafHash(record) !== record.hash) throw new Error(`record ${record.position} does not have the hash it carries`);
  return { record, text, ...projectAll(record, projections), accounts: () => accountsOf(record) };
}

/** Groups what came by ledger. Pure CPU work, done before any lock is taken. */
export function prepare(incoming: readonly Incoming[], projections: readonly Projection[] = PROJECTIONS): PreparedLedger[] {
  const ledgers = new Map<string, PreparedLedger>();
  for (const item of incoming) {
    let ledger = ledgers.get(item.ledger);
    if (ledger === undefined) ledgers.set(item.ledger, (ledger = { ledger: item.ledger, records: [], unusable: null }));
    if (ledger.unusable !== null) continue;
    try {
      ledger.records.push(prepareRecord(item, projections));
    } catch (error) {
      ledger.unusable = (error as Error).message;
    }
  }
  return [...ledgers.values()];
}
