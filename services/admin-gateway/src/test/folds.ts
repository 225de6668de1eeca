import { isAccountEvent, type LedgerRecord } from '@ledgerflow/contracts';
import type { ActivityFilter, ActivityRow, DailyBalanceRow } from '@ledgerflow/read-model';

/** Answers of the projections that only charts and statements read, folded from records event by event. */

const DAY_MICROS = 86_400_000_000n;
const LENGTHS = { minute: 60_000_000n, hour: 3_600_000_000n, day: DAY_MICROS };

export function dailyRows(records: readonly LedgerRecord[], account: string): DailyBalanceRow[] {
  const rows: DailyBalanceRow[] = [];
  for (const record of records) {
    const day = Number(record.recordedAt / DAY_MICROS);
    let last = rows.at(-1);
    while (last !== undefined && last.day < day) rows.push((last = { ...last, day: last.day + 1, entries: 0n, credits: 0n, debits: 0n }));
    for (const event of record.events) {
      if (!isAccountEvent(event) || event.account !== account) continue;
      if (last === undefined)
        rows.push((last = { day, posted: 0n, held: 0n, version: 0n, position: 0n, entries: 0n, credits: 0n, debits: 0n }));
      last.posted = event.postedAfter;
      last.held = event.heldAfter;
      last.version = event.version;
      last.position = record.position;
      if (event.type !== 'EntryPosted') continue;
      last.entries += 1n;
      if (event.amount > 0n) last.credits += event.amount;
      else last.debits -= event.amount;
    }
  }
  return rows;
}

export function activityRows(records: readonly LedgerRecord[], { bucket, from, to, currency }: ActivityFilter): ActivityRow[] {
  const rows = new Map<string, ActivityRow>();
  const begin = (time: bigint): bigint => time - (time % LENGTHS[bucket]);
  for (const { recordedAt, type, events, scales } of records) {
    const startsAt = begin(recordedAt);
    if ((from !== undefined && startsAt < begin(from)) || (to !== undefined && startsAt > to)) continue;
    const seen = new Set<string>();
    for (const event of events) {
      if (event.type !== 'EntryPosted' || (currency !== undefined && event.currency !== currency)) continue;
      const key = `${startsAt} ${event.currency}`;
      const row = rows.get(key) ?? {
        startsAt,
        currency: event.currency,
        scale: scales[event.currency] as number,
        transactions: 0n,
        entries: 0n,
        volume: 0n,
        byType: [],
      };
      rows.set(key, row);
      row.entries += 1n;
      if (event.amount > 0n) row.volume += event.amount;
      if (seen.has(`${event.currency} ${event.transaction}`)) continue;
      seen.add(`${event.currency} ${event.transaction}`);
      row.transactions += 1n;
      const ofType = row.byType.find((one) => one.type === type);
      if (ofType === undefined) row.byType.push({ type, transactions: 1n });
      else ofType.transactions += 1n;
    }
  }
  return [...rows.values()].sort((a, b) => Number(a.startsAt - b.startsAt) || (a.currency < b.currency ? -1 : 1));
}
