import { leafHash, recordFromJson, type LedgerRecord } from '@ledgerflow/contracts';
import { PROJECTIONS } from '@ledgerflow/read-model/projections';

/** A record's text as a feed brought it, and the ledger that the feed says it is of. */
export interface Incoming {
  ledger: string;
  text: string;
}

/** A record that was read whole, with what each projection (in the order of the registry) makes of it. */
export interface PreparedRecord {
  record: LedgerRecord;
  changes: readonly unknown[];
}

/** What a feed brought of one ledger, in the order it came. */
export interface PreparedLedger {
  ledger: string;
  records: PreparedRecord[];
  /** Why the text after the last of `records` is poison; what came after it is left out. */
  poison: string | null;
}

/** Parses one text. Throws for whatever makes it poison: no record, of another ledger, changed under its hash, or not possible for a projection. */
export function prepareRecord({ ledger, text }: Incoming): PreparedRecord {
  const record = recordFromJson(text);
  if (record.ledger !== ledger) throw new Error(`a record of ledger ${record.ledger} came as one of ${ledger}`);
  if (leafHash(record) !== record.hash) throw new Error(`record ${record.position} does not have the hash it carries`);
  const changes = PROJECTIONS.map((projection) => {
    try {
      return projection.project(record);
    } catch (error) {
      throw new Error(`record ${record.position}, projection ${projection.name}: ${(error as Error).message}`);
    }
  });
  return { record, changes };
}

/** Groups what came by ledger. Pure CPU work, done before any lock is taken. */
export function prepare(incoming: readonly Incoming[]): PreparedLedger[] {
  const ledgers = new Map<string, PreparedLedger>();
  for (const item of incoming) {
    let ledger = ledgers.get(item.ledger);
    if (ledger === undefined) ledgers.set(item.ledger, (ledger = { ledger: item.ledger, records: [], poison: null }));
    if (ledger.poison !== null) continue;
    try {
      ledger.records.push(prepareRecord(item));
    } catch (error) {
      ledger.poison = (error as Error).message;
    }
  }
  return [...ledgers.values()];
}
