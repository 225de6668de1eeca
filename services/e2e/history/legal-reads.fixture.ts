import { formatMicros } from '@ledgerflow/contracts';
import type { LogRecord } from './history.ts';
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
  return JSON.stringify({
    account,
    posted: money(posted),
    available: money(posted),
    version: `${version}`,
    asOf,
    asOfPosition: `${position}`,
  });
}

export function entriesOf(records: readonly LogRecord[], { account, from }: { account: string; from: string }, upTo: bigint): string {
  const data: unknown[] = [];
  for (const { position, recordedAt, events } of records.slice(0, Number(upTo)))
    for (const [index, event] of events.entries()) {
      if (event.type !== 'EntryPosted' || event.account !== account || formatMicros(recordedAt) < from) continue;
      const { amount, postedAfter, version } = event;
      data.push({ position: `${position}`, index, amount: money(amount), balanceAfter: money(postedAfter), version: `${version}` });
    }
  return JSON.stringify({ data, nextCursor: null });
}

export function tailOf(records: readonly LogRecord[], after: bigint): string {
  const data = records.slice(Number(after)).map(({ position, recordedAt, type, causationId, events }) => ({
    position: `${position}`,
    recordedAt: formatMicros(recordedAt),
    type,
    causationId,
    events: events.map((event, index) => ({ index, type: event.type, ...('version' in event ? { version: `${event.version}` } : {}) })),
  }));
  return JSON.stringify({ data, nextCursor: null });
}
