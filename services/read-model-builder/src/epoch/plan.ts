import type { LedgerCheckpoint } from '../apply/checkpoints.ts';
import type { LogReader } from '../feed/log-reader.ts';
import type { Head } from '../rebuild/heads.ts';

/** What it takes to follow a ledger into the writer's epoch. */
export interface EpochPlan {
  ledger: string;
  /** Why the read side has stopped at it. */
  reason: string;
  from: { epoch: number; position: bigint };
  /** The writer's head. It may go on meanwhile. */
  to: { epoch: number; position: bigint };
  /** Up to here the log has what was applied; null: the record at the checkpoint is another one although its epoch is not, so this can not be told. */
  commonPosition: bigint | null;
}

/** Why a ledger is left as it is. adopted: it is in the writer's epoch already. */
export type Unfit = 'adopted' | 'not stopped' | 'not known to the writer' | 'another ledger' | 'epoch not raised';

/** Whether the read model may be taken from where it is into the writer's history; null when it may. Pure. */
export function unfitness(checkpoint: LedgerCheckpoint, head: Head | null): { kind: Unfit; text: string } | null {
  const { ledger, number, uuid, epoch, stoppedReason } = checkpoint;
  if (head === null)
    return {
      kind: 'not known to the writer',
      text: `the writer has no ledger ${ledger}: it was opened after the backup, or this is another writer`,
    };
  if (head.number !== number || head.uuid !== uuid)
    return {
      kind: 'another ledger',
      text: `the writer's ledger ${ledger} is another one: uuid ${head.uuid}, the read model has uuid ${uuid}`,
    };
  if (stoppedReason === null) {
    if (head.epoch === epoch)
      return { kind: 'adopted', text: `${ledger} is in the writer's epoch ${epoch} already; there is nothing to do` };
    return {
      kind: 'not stopped',
      text: `the read side has not stopped at ${ledger}: a builder that runs does so when it sees epoch ${head.epoch}`,
    };
  }
  if (head.epoch <= epoch)
    return {
      kind: 'epoch not raised',
      text: `the writer is in epoch ${head.epoch} of ${ledger}, the read model in epoch ${epoch}: there is no later one to follow. It has stopped because ${stoppedReason}`,
    };
  return null;
}

/**
 * The last position up to which the log has the records that were applied. Epochs never fall along a log, so the last record of an epoch that the read model was in is found by halves:
 * one call each. Rejects when the log can not be read.
 */
export async function commonPosition(reader: LogReader, checkpoint: LedgerCheckpoint, head: Head): Promise<bigint | null> {
  const { ledger, epoch, position, recordHash } = checkpoint;
  let known = 0n;
  let end = head.position < position ? head.position : position;
  while (known < end) {
    const middle = (known + end + 1n) / 2n;
    if ((await readAt(reader, ledger, middle)).epoch <= epoch) known = middle;
    else end = middle - 1n;
  }
  if (known < position || known === 0n) return known;
  return (await readAt(reader, ledger, known)).hash === recordHash ? known : null;
}

async function readAt(reader: LogReader, ledger: string, position: bigint): Promise<{ epoch: number; hash: string }> {
  for await (const [text] of reader.read({ ledger, after: position - 1n, to: position, limit: 1 }))
    if (text !== undefined) return JSON.parse(text) as { epoch: number; hash: string };
  throw new Error(`the log of ${ledger} has no record ${position}`);
}

/** The plan in words. */
export function planText({ ledger, reason, from, to, commonPosition: common }: EpochPlan): string {
  const lost =
    common === null
      ? 'What of it the log still has can not be told.'
      : common === from.position
        ? 'The log has all of it.'
        : `The log has it up to position ${common}: ${from.position - common} records (positions ${common + 1n} to ${from.position}) are not in the log any more and leave the read model.`;
  return [
    `${ledger}: stopped, because ${reason}`,
    `  now: epoch ${from.epoch}, position ${from.position}. ${lost}`,
    `  then: epoch ${to.epoch}, position ${to.position} or beyond. All projections are made anew from the log, proven against the writer, and put in the place of the present ones; what is parked or was`,
    '  discarded is settled by that. Until then its reads are answered 503 as now, and other ledgers go on. Consistency tokens of the old epoch are answered 409 epoch_superseded from then on.',
  ]
    .map((line) => `${line}\n`)
    .join('');
}
