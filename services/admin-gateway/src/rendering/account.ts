import {
  type AccountTerms,
  type AccountTermsEvent,
  formatMicros,
  formatMinor,
  isAccountEvent,
  type LedgerRecord,
} from '@ledgerflow/contracts';
import type { BalanceRow } from '@ledgerflow/read-model';
import type { AsOf } from '../reads/as-of.ts';
import type { ShownAccount } from '../reads/strong.ts';
import { scaleOf } from './movement.ts';

type Balance = Omit<BalanceRow, 'scale' | 'account'>;

function amounts({ posted, held }: Pick<Balance, 'posted' | 'held'>, scale: number): Record<string, string> {
  return { posted: formatMinor(posted, scale), held: formatMinor(held, scale), available: formatMinor(posted - held, scale) };
}

function terms({ status, freezeScope, minBalance, maxBalance, ownerId }: AccountTerms, scale: number): Record<string, unknown> {
  const limit = (value: bigint | null): string | null => (value === null ? null : formatMinor(value, scale));
  return { status, freezeScope, minBalance: limit(minBalance), maxBalance: limit(maxBalance), ownerId };
}

export function renderBalance(row: BalanceRow, asOf: AsOf): Record<string, unknown> {
  return { account: row.account, currency: row.currency, ...amounts(row, row.scale), version: row.version.toString(), ...asOf };
}

export function renderAccount(row: ShownAccount, asOf: AsOf): Record<string, unknown> {
  const { account, currency, scale, name, metadata, version } = row;
  return { id: account, currency, ...terms(row, scale), ...amounts(row, scale), name, metadata, version: version.toString(), ...asOf };
}

/**
 * The account that a record opened or changed, as it is after the record. Its terms are those of the record's last event that states them. A record carries name
 * and metadata only when it sets them, so an answer has them only then: it must be the same when it is replayed after others changed them.
 */
export function renderChangedAccount(record: LedgerRecord, account?: string): { body: Record<string, unknown>; version: string } {
  const events = record.events.filter(isAccountEvent);
  const stated = events.findLast(
    (event): event is AccountTermsEvent =>
      event.type !== 'EntryPosted' && !event.account.startsWith('@') && (account ?? event.account) === event.account,
  );
  if (stated === undefined) throw new Error(`record ${record.position} of ${record.ledger} changed no account`);
  const last = events.findLast((event) => event.account === stated.account) ?? stated;
  const scale = scaleOf(record, stated.currency);
  const details = record.details.find(({ index }) => index === 0)?.body;
  const version = last.version.toString();
  const opened = events.some((event) => event.type === 'AccountOpened' && event.account === stated.account);
  const text = opened
    ? { name: details?.name ?? null, metadata: details?.metadata ?? null }
    : { name: details?.name, metadata: details?.metadata };
  return {
    body: {
      id: stated.account,
      currency: stated.currency,
      ...terms(stated.data, scale),
      ...amounts({ posted: last.postedAfter, held: last.heldAfter }, scale),
      ...text,
      version,
      asOf: formatMicros(record.recordedAt),
      asOfPosition: record.position.toString(),
    },
    version,
  };
}
