import type { LedgerCheckpoint } from './checkpoints.ts';
import type { PreparedLedger, PreparedRecord } from './prepare.ts';

/** What of a ledger's records may be applied on top of its checkpoint. */
export interface Admission {
  /** Dense from the position after the checkpoint. */
  records: PreparedRecord[];
  /** Records that were applied before. */
  duplicates: number;
  /** Records are missing between the last of `records` and what came after. */
  hasGap: boolean;
  /** Why the ledger can not go on after the last of `records`; null when it can. */
  misfit: string | null;
}

/** Ends the reason for a stop at a higher epoch: the ledger was restored, and somebody has to say that the read side is to follow it (docs/guides/restored-ledger.md). */
export const adviceFor = (ledger: string): string => `; to follow the ledger into it: read-model-builder adopt-epoch --ledger=${ledger}`;

/**
 * Dedupe and order by the dense position: lower is a duplicate, next is applied, higher is a gap. Epoch, identity and previous hash have to fit. Pure.
 */
export function admit(checkpoint: LedgerCheckpoint, incoming: PreparedLedger): Admission {
  const admission: Admission = { records: [], duplicates: 0, hasGap: false, misfit: null };
  let { position, recordHash } = checkpoint;
  for (const prepared of incoming.records) {
    const { record } = prepared;
    if (record.ledgerNumber !== checkpoint.number || record.ledgerUuid !== checkpoint.uuid) {
      admission.misfit = `record ${record.position} is of ledger number ${record.ledgerNumber}, uuid ${record.ledgerUuid}`;
      return admission;
    }
    if (record.epoch > checkpoint.epoch) {
      admission.misfit = `record ${record.position} is of epoch ${record.epoch}; the last common position may be ${position < record.position ? position : record.position - 1n} or before${adviceFor(checkpoint.ledger)}`;
      return admission;
    }
    if (record.position <= position) {
      if (record.position === position && record.epoch === checkpoint.epoch && record.hash !== recordHash) {
        admission.misfit = `record ${position} has another hash than the one that was applied`;
        return admission;
      }
      admission.duplicates += 1;
      continue;
    }
    if (record.position > position + 1n) {
      admission.hasGap = true;
      return admission;
    }
    if (record.epoch !== checkpoint.epoch) {
      admission.misfit = `record ${record.position} is of epoch ${record.epoch}, the ledger is in epoch ${checkpoint.epoch}`;
      return admission;
    }
    if (record.previousHash !== recordHash) {
      admission.misfit = `record ${record.position} does not follow the record that was applied at ${position} (another previous hash)`;
      return admission;
    }
    admission.records.push(prepared);
    position = record.position;
    recordHash = record.hash;
  }
  if (incoming.unusable !== null) admission.misfit = `the record after ${position} can not be read: ${incoming.unusable}`;
  return admission;
}
