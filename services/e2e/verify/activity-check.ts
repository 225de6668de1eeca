import { RECORD_TYPE_CODES, type LedgerRecord } from '@ledgerflow/contracts';
import type { Findings } from './differences.ts';
import type { Rows } from './merge.ts';
import type { ActivityRow } from './read-rows.ts';

const MINUTE_MICROS = 60_000_000;

/** What moved in a minute, of one currency and type of record. */
interface Count {
  currency: string;
  type: number;
  transactions: number;
  entries: number;
  volume: bigint;
  position: number;
  transaction: number;
}

const keyOf = (currency: string, type: number): string => `${currency} ${type}`;
const text = (transactions: number, entries: number, volume: bigint): string =>
  `${transactions} transactions with ${entries} entries that moved ${volume}`;

/**
 * The minutes of the read model's activity in the order of time, beside what the records of each minute moved. One minute is in memory at a time. Ends with the first difference, here or in the
 * log itself, from which on the sums say nothing.
 */
export class ActivityCheck {
  checked = 0;
  private readonly rows: Rows<ActivityRow>;
  private readonly to: number;
  private readonly lacks: ReadonlySet<number>;
  private readonly findings: Findings;
  private minute = -Infinity;
  /** Of the last record of the minute. */
  private position = 0;
  private readonly counts = new Map<string, Count>();
  private last: Count | null = null;

  /** `to`: where the projection is; `lacks`: positions that somebody discarded of it. */
  constructor(rows: Rows<ActivityRow>, to: number, lacks: ReadonlySet<number>, findings: Findings) {
    this.rows = rows;
    this.to = to;
    this.lacks = lacks;
    this.findings = findings;
  }

  /** Whether the minute that is open has ended before a time: then `settle` comes before the record. */
  isOver(recordedAt: number): boolean {
    return this.counts.size > 0 && recordedAt - this.minute >= MINUTE_MICROS;
  }

  record(record: LedgerRecord, position: number, recordedAt: number): void {
    if (position > this.to || this.lacks.has(position)) return;
    this.minute = recordedAt - (recordedAt % MINUTE_MICROS);
    this.position = position;
    const type = RECORD_TYPE_CODES[record.type];
    for (const event of record.events) {
      if (event.type !== 'EntryPosted') continue;
      const count = this.countOf(event.currency, type);
      if (count.position !== position || count.transaction !== event.transaction) {
        count.transactions += 1;
        count.position = position;
        count.transaction = event.transaction;
      }
      count.entries += 1;
      if (event.amount > 0n) count.volume += event.amount;
    }
  }

  private countOf(currency: string, type: number): Count {
    const { last } = this;
    if (last !== null && last.type === type && last.currency === currency) return last;
    const key = keyOf(currency, type);
    let count = this.counts.get(key);
    if (count === undefined)
      this.counts.set(key, (count = { currency, type, transactions: 0, entries: 0, volume: 0n, position: -1, transaction: -1 }));
    this.last = count;
    return count;
  }

  /** The open minute beside its rows; before the first record after it. */
  async settle(): Promise<void> {
    const { rows, counts, minute } = this;
    while (!this.findings.isFull && this.findings.list.length === 0 && (rows.has || (await rows.more())) && rows.head[0] <= minute) {
      const [startsAt, currency, type, transactions, entries, volume] = rows.take();
      const count = startsAt === minute ? counts.get(keyOf(currency, type)) : undefined;
      counts.delete(keyOf(currency, type));
      this.checked += 1;
      const found = text(transactions, entries, volume);
      const expected = count === undefined ? 'nothing' : text(count.transactions, count.entries, count.volume);
      if (found !== expected) this.say(startsAt, currency, type, found, expected);
    }
    if (this.findings.list.length === 0)
      for (const { currency, type, transactions, entries, volume } of counts.values())
        this.say(minute, currency, type, 'nothing', text(transactions, entries, volume));
    counts.clear();
    this.last = null;
  }

  /** After the last record: what is left over is of no record. */
  async finish(): Promise<void> {
    await this.settle();
    if (this.findings.list.length > 0 || !(this.rows.has || (await this.rows.more()))) return;
    const [startsAt, currency, type, transactions, entries, volume] = this.rows.head;
    this.say(startsAt, currency, type, text(transactions, entries, volume), 'nothing');
  }

  private say(startsAt: number, currency: string, type: number, found: string, expected: string): void {
    const at = Number.isFinite(startsAt) ? new Date(startsAt / 1_000).toISOString() : 'no time';
    this.findings.add(
      'read activity',
      this.position,
      null,
      `the read model's activity in the minute of ${at}, of ${currency} and records of type ${type}, says ${found}, the log says ${expected}`,
    );
  }
}
