import { formatMicros, formatMinor, type LedgerEvent, type LedgerRecord, type RecordTransaction } from '@ledgerflow/contracts';
import { scaleOf } from './movement.ts';
import { reasonOf } from './reason.ts';

function renderEvent(record: LedgerRecord, event: LedgerEvent, index: number): Record<string, unknown> {
  if (event.type === 'LedgerOpened' || event.type === 'CurrencyAdded') return { index, type: event.type, data: event.data };
  const scale = scaleOf(record, event.currency);
  const base = { index, type: event.type, account: event.account, version: event.version.toString() };
  const after = { postedAfter: formatMinor(event.postedAfter, scale), heldAfter: formatMinor(event.heldAfter, scale) };
  if (event.type === 'EntryPosted') {
    const { id } = record.transactions[event.transaction] as RecordTransaction;
    return { ...base, amount: formatMinor(event.amount, scale), ...after, data: { currency: event.currency, transactionId: id } };
  }
  const { status, freezeScope, minBalance, maxBalance, ownerId } = event.data;
  const limit = (value: bigint | null): string | null => (value === null ? null : formatMinor(value, scale));
  return {
    ...base,
    ...after,
    data: { currency: event.currency, status, freezeScope, minBalance: limit(minBalance), maxBalance: limit(maxBalance), ownerId },
  };
}

/** A record as the feeds answer it; with `account` only that account's events, which keep their numbers. */
export function renderRecord(record: LedgerRecord, account?: string): Record<string, unknown> {
  const { position, epoch, recordedAt, effectiveAt, type, actor, correlationId, causationId, transactions } = record;
  const events = record.events
    .map((event, index) => ({ event, index }))
    .filter(({ event }) => account === undefined || ('account' in event && event.account === account))
    .map(({ event, index }) => renderEvent(record, event, index));
  const reason = reasonOf(record);
  return {
    position: position.toString(),
    epoch,
    recordedAt: formatMicros(recordedAt),
    effectiveAt: formatMicros(effectiveAt),
    type,
    ...(transactions.length === 1 ? { transactionId: transactions[0]!.id } : {}),
    ...(reason === undefined ? {} : { reason }),
    actor,
    correlationId,
    causationId,
    events,
  };
}
