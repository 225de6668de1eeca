import {
  addDigest,
  EVENT_TYPE_CODES,
  isAccountEvent,
  type AccountTerms,
  type Details,
  type LedgerRecord,
  type Micros,
} from '@ledgerflow/contracts';
import { accountDetails } from '../details.ts';
import { entryDigests } from '../entry-digests.ts';

/**
 * `read.account_statement`: a row for every versioned event of every account, with the balance after it. Append-only; the order of (position, event index) is that of
 * the versions, so state at a position is one probe. Digest: the sum of entryDigest over the entries, equal to the writer's at the same position.
 */
interface StatementRow {
  account: string;
  accountNumber: number;
  position: bigint;
  index: number;
  version: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
  recordedAt: Micros;
  effectiveAt: Micros;
}

export interface EntryChange extends StatementRow {
  transaction: number;
  inBatch: boolean;
  amount: bigint;
}

export interface TermsChange extends StatementRow {
  type: number;
  terms: AccountTerms;
  details: Pick<Details, 'name' | 'metadata'> | null;
}

export interface StatementChange {
  /** The sum of the entries' digests. */
  digest: bigint;
  entries: EntryChange[];
  terms: TermsChange[];
}

export function project(record: LedgerRecord): StatementChange {
  const change: StatementChange = { digest: entryDigests(record).reduce(addDigest, 0n), entries: [], terms: [] };
  record.events.forEach((event, index) => {
    if (!isAccountEvent(event)) return;
    const { account, accountNumber, version, postedAfter, heldAfter } = event;
    const { position, recordedAt } = record;
    if (event.type === 'EntryPosted') {
      const transaction = record.transactions[event.transaction];
      if (transaction === undefined) throw new Error(`event ${index} belongs to no transaction of its record`);
      const effectiveAt = transaction.effectiveAt;
      const inBatch = record.type === 'BatchPosted';
      change.entries.push({
        account,
        accountNumber,
        position,
        index,
        version,
        postedAfter,
        heldAfter,
        recordedAt,
        effectiveAt,
        transaction: event.transaction,
        inBatch,
        amount: event.amount,
      });
    } else {
      const { effectiveAt } = record;
      change.terms.push({
        account,
        accountNumber,
        position,
        index,
        version,
        postedAfter,
        heldAfter,
        recordedAt,
        effectiveAt,
        type: EVENT_TYPE_CODES[event.type],
        terms: event.data,
        details: accountDetails(record, event),
      });
    }
  });
  return change;
}
