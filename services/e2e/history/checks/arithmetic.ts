import { type AccountEvent, isAccountEvent } from '@ledgerflow/contracts';
import type { Book } from '../book.ts';
import { describeRecord } from '../describe.ts';
import type { LogRecord } from '../history.ts';
import { money } from '../render.ts';
import type { Check } from './violation.ts';

const FAULTS = ['position', 'time', 'sum', 'currency', 'version', 'balance', 'minimum', 'maximum', 'frozen', 'closed'] as const;
type Tell = (fault: (typeof FAULTS)[number], message: string) => void;

interface Running {
  posted: bigint;
  version: bigint;
  currency: string;
}

/** Each event by itself: an account may have several in one record. */
function step(running: Map<string, Running>, event: AccountEvent, tell: Tell): void {
  const { account, currency, version, postedAfter } = event;
  const before = running.get(account) ?? { posted: 0n, version: 0n, currency };
  const posted = before.posted + (event.type === 'EntryPosted' ? event.amount : 0n);
  if (version !== before.version + 1n) tell('version', `${account} has version ${version} after ${before.version}`);
  if (postedAfter !== posted) tell('balance', `${account} is said to have ${money(postedAfter)}; its entries sum to ${money(posted)}`);
  if (currency !== before.currency) tell('currency', `${account} of ${before.currency} has an event in ${currency}`);
  running.set(account, { posted, version: before.version + 1n, currency: before.currency });
}

/** What holds of each account after a whole record: limits and freezes. */
function limits(book: Book, record: LogRecord, tell: Tell): void {
  const touched = new Map<string, bigint>();
  for (const event of record.events)
    if (event.type === 'EntryPosted') touched.set(event.account, (touched.get(event.account) ?? 0n) + event.amount);
  for (const [account, net] of touched) {
    const before = book.at(account, record.position - 1n);
    const after = book.at(account, record.position);
    if (after === null) continue;
    if (net < 0n && after.minBalance !== null && after.posted < after.minBalance)
      tell('minimum', `${account} was drawn to ${money(after.posted)}, below its limit`);
    if (net > 0n && after.maxBalance !== null && after.posted > after.maxBalance)
      tell('maximum', `${account} was filled to ${money(after.posted)}, above its limit`);
    if (before?.status === 'frozen' && (before.freezeScope === 'all' || net < 0n))
      tell('frozen', `${account} was moved while it was frozen`);
    if (before?.status === 'closed') tell('closed', `${account} was moved after it was closed`);
  }
}

/**
 * The log by itself: dense positions, growing times, dense versions, balances that are the sums of their entries, records that sum to zero in every currency,
 * limits and freezes held at every position.
 */
export const arithmetic: Check<(typeof FAULTS)[number]> = {
  name: 'arithmetic',
  guarantee: 'G1, G4',
  faults: FAULTS,
  run({ book }, report) {
    const running = new Map<string, Running>();
    let previous: LogRecord | null = null;
    for (const record of book.records) {
      const tell: Tell = (fault, message) => report(fault, message, describeRecord(record));
      const { position, recordedAt } = record;
      if (position !== (previous?.position ?? 0n) + 1n) tell('position', `Position ${position} follows ${previous?.position ?? 0n}`);
      if (previous !== null && recordedAt <= previous.recordedAt) tell('time', 'The time of recording does not grow');
      const sums = new Map<string, bigint>();
      for (const event of record.events) {
        if (!isAccountEvent(event)) continue;
        step(running, event, tell);
        if (event.type === 'EntryPosted') sums.set(event.currency, (sums.get(event.currency) ?? 0n) + event.amount);
      }
      for (const [currency, sum] of sums) if (sum !== 0n) tell('sum', `The entries of a record sum to ${money(sum)} ${currency}`);
      limits(book, record, tell);
      previous = record;
    }
    return book.records.length;
  },
};
