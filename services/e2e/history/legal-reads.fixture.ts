import { formatMicros } from '@ledgerflow/contracts';
import type { LogRecord, PageEnd } from './history.ts';
import { money } from './render.ts';

/** What the small ledger's log answers to a question, by the simplest counting there is. */
export function balanceOf(records: readonly LogRecord[], account: string, position: bigint, at?: string): string {
  let [posted, version] = [0n, 0n];
  for (const record of records.slice(0, Number(position)))
    for (const event of record.events) {
      if (!('account' in event) || event.account !== account) continue;
      version += 1n;
      if (event.type === 'EntryPosted') posted += event.amount;
    }
  const asOf = at ?? formatMicros((records[Number(position) - 1] as LogRecord).recordedAt);
  const amounts = { posted: money(posted), held: '0.00', available: money(posted) };
  return JSON.stringify({ account, currency: 'USD', ...amounts, version: `${version}`, asOf, asOfPosition: `${position}` });
}

interface Page {
  account: string;
  from: string;
  limit: number;
  after: PageEnd | null;
}

export function entriesOf(records: readonly LogRecord[], { account, from, limit, after }: Page, upTo: bigint): string {
  const data: Record<string, unknown>[] = [];
  for (const { position, recordedAt, events, transactions } of records.slice(0, Number(upTo)))
    for (const [index, event] of events.entries()) {
      if (event.type !== 'EntryPosted' || event.account !== account || formatMicros(recordedAt) < from) continue;
      if (after !== null && (position < after.position || (position === after.position && index <= after.index))) continue;
      const { amount, postedAfter, version, transaction, currency } = event;
      const said = { transactionId: transactions[transaction]?.id, account, currency, recordedAt: formatMicros(recordedAt) };
      data.push({
        position: `${position}`,
        index,
        ...said,
        amount: money(amount),
        balanceAfter: money(postedAfter),
        heldAfter: '0.00',
        version: `${version}`,
        effectiveAt: said.recordedAt,
      });
    }
  return JSON.stringify({ data: data.slice(0, limit), nextCursor: data.length > limit ? 'next' : null });
}

const decimal = (minor: bigint | null): string | null => (minor === null ? null : money(minor));

export function tailOf(records: readonly LogRecord[], after: bigint): string {
  const data = records.slice(Number(after)).map((record) => ({
    position: `${record.position}`,
    epoch: 1,
    recordedAt: formatMicros(record.recordedAt),
    effectiveAt: formatMicros(record.recordedAt),
    type: record.type,
    ...(record.transactions.length === 1 ? { transactionId: record.transactions[0]?.id } : {}),
    ...(record.details.length > 0 ? { reason: 'history check' } : {}),
    actor: 'user',
    correlationId: record.correlationId,
    causationId: record.causationId,
    events: record.events.map((event, index) => {
      if (!('account' in event)) return { index, type: event.type };
      const { type, account, version, postedAfter, currency } = event;
      const base = { index, type, account, version: `${version}`, postedAfter: money(postedAfter), heldAfter: '0.00' };
      if (event.type === 'EntryPosted')
        return { ...base, amount: money(event.amount), data: { currency, transactionId: record.transactions[event.transaction]?.id } };
      const { minBalance, maxBalance, ...terms } = event.data;
      return { ...base, data: { currency, ...terms, minBalance: decimal(minBalance), maxBalance: decimal(maxBalance) } };
    }),
  }));
  return JSON.stringify({ data, nextCursor: null });
}
