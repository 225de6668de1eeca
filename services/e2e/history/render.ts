import { type EntryPostedEvent, formatMicros, formatMinor } from '@ledgerflow/contracts';
import type { Command, LogRecord, Posting } from './history.ts';

/** The one currency of a run's accounts. */
export const CURRENCY = 'USD';
export const SCALE = 2;
export const WORLD = `@world:${CURRENCY}`;

export const money = (minor: bigint): string => formatMinor(minor, SCALE);

function entriesOf(record: LogRecord, transaction: number): EntryPostedEvent[] {
  return record.events.filter((event): event is EntryPostedEvent => event.type === 'EntryPosted' && event.transaction === transaction);
}

/** What a money route has to have answered for transaction `index` of a record; written apart from the gateway's own code, so that its faults show. */
function renderTransaction(record: LogRecord, index: number): Record<string, unknown> {
  return {
    transactionId: record.type === 'BatchPosted' ? `${record.position}-${index}` : `${record.position}`,
    position: `${record.position}`,
    recordedAt: formatMicros(record.recordedAt),
    effectiveAt: formatMicros(record.effectiveAt),
    entries: entriesOf(record, index).map((entry) => ({
      account: entry.account,
      amount: money(entry.amount),
      balanceAfter: money(entry.postedAfter),
      heldAfter: money(entry.heldAfter),
      version: `${entry.version}`,
    })),
  };
}

/** The answer to a command, made of its record. Members the answer has beyond these are not looked at. */
export function renderAnswer(record: LogRecord, command: Command): unknown {
  if (command.kind === 'move') {
    if (command.route !== 'batch') return renderTransaction(record, 0);
    return { results: command.transactions.map((_, index) => ({ status: 201, transaction: renderTransaction(record, index) })) };
  }
  const event = record.events.findLast((one) => 'account' in one && one.account === command.account);
  if (event === undefined || !('version' in event)) return null;
  return {
    id: command.account,
    status: command.kind === 'freeze' ? 'frozen' : 'open',
    freezeScope: command.kind === 'freeze' ? command.scope : null,
    posted: money(event.postedAfter),
    version: `${event.version}`,
    asOfPosition: `${record.position}`,
    asOf: formatMicros(record.recordedAt),
  };
}

/** Whether everything of `expected` is in `found`; lists have to be equally long. */
export function contains(found: unknown, expected: unknown): boolean {
  if (Array.isArray(expected))
    return Array.isArray(found) && found.length === expected.length && expected.every((item, index) => contains(found[index], item));
  if (typeof expected !== 'object' || expected === null) return found === expected;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(expected).every(([name, value]) => contains((found as Record<string, unknown>)[name], value));
}

function movesAsAsked(record: LogRecord, transaction: number, postings: readonly Posting[]): boolean {
  const entries = entriesOf(record, transaction);
  if (entries.length !== postings.length * 2) return false;
  return postings.every(({ from, to, amount }, index) => {
    const [out, into] = [entries[index * 2] as EntryPostedEvent, entries[index * 2 + 1] as EntryPostedEvent];
    return out.account === from && out.amount === -amount && into.account === to && into.amount === amount;
  });
}

/** Whether a record does what a command asked for. */
export function isOutcomeOf(record: LogRecord, command: Command): boolean {
  if (command.kind === 'freeze' || command.kind === 'unfreeze') {
    const wanted = command.kind === 'freeze' ? 'AccountFrozen' : 'AccountUnfrozen';
    return record.events.some((event) => event.type === wanted && event.account === command.account);
  }
  if (record.transactions.length !== command.transactions.length) return false;
  return command.transactions.every((postings, index) => movesAsAsked(record, index, postings));
}
