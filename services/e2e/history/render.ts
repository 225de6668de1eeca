import { isDeepStrictEqual } from 'node:util';
import {
  type AccountTerms,
  formatMicros,
  formatMinor,
  isAccountEvent,
  type LedgerEvent,
  type RecordType,
  transactionId,
} from '@ledgerflow/contracts';
import type { Command, LogRecord, Posting } from './history.ts';

/** The one currency of a run's accounts. */
export const CURRENCY = 'USD';
export const SCALE = 2;
export const WORLD = `@world:${CURRENCY}`;

export const money = (minor: bigint): string => formatMinor(minor, SCALE);

/** Equal in every member; there is none that an answer may have or lack at its discretion. */
export const equals = (found: unknown, expected: unknown): boolean => isDeepStrictEqual(found, expected);

const limit = (value: bigint | null): string | null => (value === null ? null : money(value));

/** What a money route has to have answered for transaction `index` of a record; written apart from the gateway's own code, so that its faults show. */
function renderTransaction(record: LogRecord, index: number): Record<string, unknown> {
  const entries = record.events.filter((event) => event.type === 'EntryPosted').filter(({ transaction }) => transaction === index);
  return {
    transactionId: transactionId(record.type, record.position, index),
    position: `${record.position}`,
    recordedAt: formatMicros(record.recordedAt),
    effectiveAt: formatMicros(record.transactions[index]?.effectiveAt ?? record.effectiveAt),
    entries: entries.map((entry) => ({
      account: entry.account,
      amount: money(entry.amount),
      balanceAfter: money(entry.postedAfter),
      heldAfter: money(entry.heldAfter),
      version: `${entry.version}`,
    })),
  };
}

function renderTerms({ status, freezeScope, minBalance, maxBalance, ownerId }: AccountTerms): Record<string, unknown> {
  return { status, freezeScope, minBalance: limit(minBalance), maxBalance: limit(maxBalance), ownerId };
}

/** The answer to a command, made of its record: every member of it. */
export function renderAnswer(record: LogRecord, command: Command): unknown {
  if (command.kind === 'move') {
    if (command.route !== 'batch') return renderTransaction(record, 0);
    return { results: command.transactions.map((_, index) => ({ status: 201, transaction: renderTransaction(record, index) })) };
  }
  const event = record.events.filter(isAccountEvent).findLast(({ account }) => account === command.account);
  if (event === undefined || event.type === 'EntryPosted') return null;
  return {
    id: command.account,
    currency: event.currency,
    ...renderTerms(event.data),
    posted: money(event.postedAfter),
    held: money(event.heldAfter),
    available: money(event.postedAfter - event.heldAfter),
    version: `${event.version}`,
    asOfPosition: `${record.position}`,
    asOf: formatMicros(record.recordedAt),
  };
}

function renderEvent(record: LogRecord, event: LedgerEvent, index: number): Record<string, unknown> {
  if (!isAccountEvent(event)) return { index, type: event.type, data: event.data };
  const { type, account, version, currency } = event;
  const after = { postedAfter: money(event.postedAfter), heldAfter: money(event.heldAfter) };
  const base = { index, type, account, version: `${version}`, ...after };
  if (event.type !== 'EntryPosted') return { ...base, data: { currency, ...renderTerms(event.data) } };
  return {
    ...base,
    amount: money(event.amount),
    data: { currency, transactionId: transactionId(record.type, record.position, event.transaction) },
  };
}

/** Said of every freeze and every release. */
export const REASON = 'history check';
const HAVE_REASONS: ReadonlySet<RecordType> = new Set(['AccountFrozen', 'AccountUnfrozen']);

/** A record as the log of a ledger answers it: every member of it. */
export function renderRecord(record: LogRecord): unknown {
  const { position, epoch, recordedAt, effectiveAt, type, actor, correlationId, causationId, details, transactions, events } = record;
  return {
    position: `${position}`,
    epoch,
    recordedAt: formatMicros(recordedAt),
    effectiveAt: formatMicros(effectiveAt),
    type,
    ...(transactions.length === 1 ? { transactionId: transactionId(type, position, 0) } : {}),
    ...(HAVE_REASONS.has(type) ? { reason: details[0]?.body?.['reason'] } : {}),
    actor,
    correlationId,
    causationId,
    events: events.map((event, index) => renderEvent(record, event, index)),
  };
}

/** Whether everything of `expected` is in `found`: of a refusal, whose text says more than the rules do. */
export function contains(found: unknown, expected: Readonly<Record<string, string>>): boolean {
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(expected).every(([name, value]) => (found as Record<string, unknown>)[name] === value);
}

const RECORD_TYPES: Readonly<Record<Extract<Command, { kind: 'move' }>['route'], RecordType>> = {
  deposit: 'FundsDeposited',
  withdrawal: 'FundsWithdrawn',
  transfer: 'FundsTransferred',
  transaction: 'TransactionPosted',
  batch: 'BatchPosted',
};

/** The record's transactions and nothing else: for each posting one entry out and one in, in their order. */
function movesAsAsked({ position, type, transactions, events }: LogRecord, asked: readonly (readonly Posting[])[]): boolean {
  const entries = asked.flatMap((postings, transaction) =>
    postings.flatMap(({ from, to, amount }) => [
      { account: from, amount: -amount, transaction },
      { account: to, amount, transaction },
    ]),
  );
  return (
    transactions.length === asked.length &&
    transactions.every(({ id, externalId }, index) => id === transactionId(type, position, index) && externalId === null) &&
    events.length === entries.length &&
    entries.every(({ account, amount, transaction }, index) => {
      const event = events[index] as LedgerEvent;
      if (event.type !== 'EntryPosted' || event.currency !== CURRENCY) return false;
      return event.account === account && event.amount === amount && event.transaction === transaction;
    })
  );
}

/** Whether a record does what a command asked for and nothing else. */
export function isOutcomeOf(record: LogRecord, command: Command): boolean {
  if (command.kind === 'move') return record.type === RECORD_TYPES[command.route] && movesAsAsked(record, command.transactions);
  const type = command.kind === 'freeze' ? 'AccountFrozen' : 'AccountUnfrozen';
  const [event, ...others] = record.events;
  if (record.type !== type || event?.type !== type || others.length > 0 || record.transactions.length > 0) return false;
  const { status, freezeScope } = event.data;
  const isDone =
    command.kind === 'freeze' ? status === 'frozen' && freezeScope === command.scope : status === 'open' && freezeScope === null;
  return isDone && event.account === command.account && record.details[0]?.body?.['reason'] === REASON;
}
