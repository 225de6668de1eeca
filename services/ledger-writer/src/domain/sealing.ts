import type { LedgerRecord } from '@ledgerflow/contracts';
import { DigestSum, Frontier, leafHash, recordToJson } from '@ledgerflow/contracts';
import type { Account, BatchView, Head, SealedBatch } from './state.ts';

/** A decided record on its way to the log, or one that a dry run only looks at: it gets the hash it would have and nothing follows it. */
export interface DraftRecord {
  record: LedgerRecord;
  isDry: boolean;
}

export interface TouchedAccount {
  before: Account | undefined;
  account: Account;
}

export interface Sealed extends SealedBatch {
  /** JSON texts of all drafts, those of dry runs too. */
  draftTexts: readonly string[];
}

function headAfter(
  view: BatchView,
  last: LedgerRecord,
  accountCount: number,
  frontier: Frontier,
  entries: DigestSum,
): Omit<Head, 'accountDigest'> {
  const { ledger, number, uuid, epoch } = view.head;
  return {
    ledger,
    number,
    uuid,
    epoch,
    position: last.position,
    recordedAt: last.recordedAt,
    recordHash: last.hash,
    frontier: frontier.toBytes(),
    entryDigest: entries.total(),
    accountCount,
  };
}

/**
 * Puts decided records on the chain: hash after hash, the text of each, the Merkle frontier and both digests. It takes twice as long as deciding them, and nothing of it
 * is needed to write the entries and the balances; so it stands apart and can be done while the database works on those.
 */
export function sealBatch(
  view: BatchView,
  drafts: readonly DraftRecord[],
  touched: Iterable<TouchedAccount>,
  accountCount: number,
): Sealed {
  const frontier = new Frontier(view.head.position, view.head.frontier);
  const entries = new DigestSum(view.head.entryDigest);
  const draftTexts: string[] = [];
  const recordTexts: string[] = [];
  let previousHash = view.head.recordHash;
  let last: LedgerRecord | undefined;
  for (const { record, isDry } of drafts) {
    record.previousHash = previousHash;
    record.hash = leafHash(record);
    const text = recordToJson(record);
    draftTexts.push(text);
    if (isDry) continue;
    recordTexts.push(text);
    frontier.append(record.hash);
    for (const event of record.events) if (event.type === 'EntryPosted') entries.addEntry(event);
    previousHash = record.hash;
    last = record;
  }
  if (last === undefined) return { head: view.head, recordTexts, draftTexts };
  const accounts = new DigestSum(view.head.accountDigest);
  for (const { before, account } of touched) {
    if (before !== undefined) accounts.subtractAccount(before);
    accounts.addAccount(account);
  }
  return { head: { ...headAfter(view, last, accountCount, frontier, entries), accountDigest: accounts.total() }, recordTexts, draftTexts };
}
