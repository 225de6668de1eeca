import { formatMicros, parseMicros, ZERO_HASH, type LedgerRecord, type Micros } from '@ledgerflow/contracts';

/** How far the documents of one ledger go: every record up to `position` is in them, each once. */
export interface Checkpoint {
  ledger: string;
  number: number;
  uuid: string;
  epoch: number;
  /** 0, with the zero hash, before the first record. */
  position: bigint;
  recordHash: string;
  recordedAt: Micros;
  /** Documents that there have to be. */
  accounts: number;
  transactions: number;
  /** Why nothing is indexed any more; null while it is. */
  stoppedReason: string | null;
}

export interface CheckpointDocument {
  ledger: string;
  number: number;
  uuid: string;
  epoch: number;
  position: string;
  recordHash: string;
  recordedAt: string;
  accounts: number;
  transactions: number;
  stoppedReason: string | null;
  updatedAt: string;
}

export function checkpointFrom(document: CheckpointDocument): Checkpoint {
  const { updatedAt: _, position, recordedAt, ...same } = document;
  const time = parseMicros(recordedAt);
  if (time === null) throw new Error(`the checkpoint of ${document.ledger} has no readable time`);
  return { ...same, position: BigInt(position), recordedAt: time };
}

export function checkpointDocument(checkpoint: Checkpoint, now: Date): CheckpointDocument {
  return {
    ...checkpoint,
    position: checkpoint.position.toString(),
    recordedAt: formatMicros(checkpoint.recordedAt),
    updatedAt: now.toISOString(),
  };
}

/** Where a ledger begins whose first record came. */
export function firstCheckpoint({ ledger, ledgerNumber, ledgerUuid, epoch }: LedgerRecord): Checkpoint {
  return {
    ledger,
    number: ledgerNumber,
    uuid: ledgerUuid,
    epoch,
    position: 0n,
    recordHash: ZERO_HASH,
    recordedAt: 0n,
    accounts: 0,
    transactions: 0,
    stoppedReason: null,
  };
}

/** After some more records, which follow the checkpoint. */
export function advanced(checkpoint: Checkpoint, records: readonly LedgerRecord[]): Checkpoint {
  const last = records[records.length - 1];
  if (last === undefined) return checkpoint;
  let { accounts, transactions } = checkpoint;
  for (const record of records) {
    transactions += record.transactions.length;
    for (const event of record.events) if (event.type === 'AccountOpened') accounts += 1;
  }
  return {
    ...checkpoint,
    position: last.position,
    recordHash: last.hash,
    recordedAt: last.recordedAt,
    accounts,
    transactions,
    stoppedReason: null,
  };
}
