import type { LedgerRecord, Micros } from '@ledgerflow/contracts';

/** `read.log_times`: when each record was recorded, by which a time becomes a position. Digest: hashes of (first position, times) of the stored runs. */
export interface LogTimeChange {
  position: bigint;
  recordedAt: Micros;
}

export function project({ position, recordedAt }: LedgerRecord): LogTimeChange {
  return { position, recordedAt };
}
