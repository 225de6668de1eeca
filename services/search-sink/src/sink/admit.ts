import { leafHash, recordFromJson, type LedgerRecord } from '@ledgerflow/contracts';
import type { Checkpoint } from '../documents/checkpoint.ts';
import { transactionDocuments, type TransactionDocument } from '../documents/transaction.ts';

/** A record's text and the ledger that the feed says it is of. */
export interface Incoming {
  ledger: string;
  text: string;
}

/** A record that was read whole, with the documents that it alone makes. */
export interface Prepared {
  record: LedgerRecord;
  transactions: TransactionDocument[];
}

/** What came of one ledger, in the order it came. */
export interface Parsed {
  records: Prepared[];
  /** Why the text after the last of `records` is no record; null when all are. */
  poison: string | null;
}

/** Throws for whatever is no record: unreadable, of another ledger, or changed under its hash. */
export function parseRecord({ ledger, text }: Incoming): LedgerRecord {
  const record = recordFromJson(text);
  if (record.ledger !== ledger) throw new Error(`a record of ledger ${record.ledger} came as one of ${ledger}`);
  if (leafHash(record) !== record.hash) throw new Error(`record ${record.position} does not have the hash it carries`);
  return record;
}

/** By ledger; what comes after poison is left out. */
export function parseAll(incoming: readonly Incoming[]): Map<string, Parsed> {
  const ledgers = new Map<string, Parsed>();
  for (const item of incoming) {
    let parsed = ledgers.get(item.ledger);
    if (parsed === undefined) ledgers.set(item.ledger, (parsed = { records: [], poison: null }));
    if (parsed.poison !== null) continue;
    try {
      const record = parseRecord(item);
      parsed.records.push({ record, transactions: transactionDocuments(record) });
    } catch (error) {
      parsed.poison = (error as Error).message;
    }
  }
  return ledgers;
}

/** What may be indexed on top of a checkpoint. */
export interface Admission {
  /** Dense from the position after the checkpoint. */
  records: Prepared[];
  duplicates: number;
  /** Records are missing between the last of `records` and what came after. */
  hasGap: boolean;
  /** Why the ledger can not go on after the last of `records`; null when it can. */
  misfit: string | null;
}

/** Why a record does not belong behind a checkpoint, wherever it stands; null when it may. */
function strangeness({ number, uuid, epoch, position, recordHash }: Checkpoint, record: LedgerRecord): string | null {
  if (record.ledgerNumber !== number || record.ledgerUuid !== uuid)
    return `record ${record.position} is of ledger number ${record.ledgerNumber}, uuid ${record.ledgerUuid}`;
  if (record.epoch > epoch || (record.epoch !== epoch && record.position > position)) {
    const common = position < record.position ? position : record.position - 1n;
    return `record ${record.position} is of epoch ${record.epoch}, the index of epoch ${epoch}; the last common position may be ${common} or before`;
  }
  if (record.position === position && record.epoch === epoch && record.hash !== recordHash)
    return `record ${position} has another hash than the one that was indexed`;
  return null;
}

/** Dedupe and order by the dense position: lower is a duplicate, next is admitted, higher is a gap. Epoch, identity and previous hash have to fit. Pure. */
export function admit(checkpoint: Checkpoint, { records, poison }: Parsed): Admission {
  const admission: Admission = { records: [], duplicates: 0, hasGap: false, misfit: null };
  let { position, recordHash } = checkpoint;
  for (const prepared of records) {
    const { record } = prepared;
    admission.misfit = strangeness({ ...checkpoint, position, recordHash }, record);
    if (admission.misfit !== null) return admission;
    if (record.position <= position) {
      admission.duplicates += 1;
      continue;
    }
    if (record.position > position + 1n) {
      admission.hasGap = true;
      return admission;
    }
    if (record.previousHash !== recordHash) {
      admission.misfit = `record ${record.position} does not follow the record that was indexed at ${position} (another previous hash)`;
      return admission;
    }
    admission.records.push(prepared);
    ({ position, hash: recordHash } = record);
  }
  if (poison !== null) admission.misfit = `the record after ${position} is poison: ${poison}`;
  return admission;
}

/** What a head says of the log that is indexed; the checkpoint is not newer than the head. Why it can not be the end of that log, or null. */
export function differenceOf(
  head: { number: number; uuid: string; epoch: number; position: bigint; recordHash: Uint8Array },
  { number, uuid, epoch, position, recordHash }: Checkpoint,
): string | null {
  if (position === 0n) return null;
  if (head.number !== number || head.uuid !== uuid)
    return `the ledger that was indexed is another one: number ${number}, uuid ${uuid}; the log is of number ${head.number}, uuid ${head.uuid}`;
  if (head.epoch !== epoch) return `the log is of epoch ${head.epoch}, indexed are ${position} records of epoch ${epoch}`;
  if (head.position < position) return `the log ends at ${head.position}, indexed are ${position} records of the same epoch`;
  if (head.position === position && Buffer.from(head.recordHash).toString('hex') !== recordHash)
    return `record ${position} of the log is not the one that was indexed`;
  return null;
}
