import { addDigest } from '@ledgerflow/contracts';
import type { CheckName } from './checks.ts';
import type { Findings } from './differences.ts';
import type { Rows } from './merge.ts';
import type { LogTimesRow } from './read-rows.ts';
import { rowDigest } from '@ledgerflow/read-model/projections';

/** What the read model has of the times of a ledger, once all of it was found right. */
export interface LogTimesTally {
  rows: number;
  digest: bigint;
  /** Position of the first run: later than 1 in a ledger that was there before the table. Null: none. */
  begins: number | null;
}

interface Run {
  position: number;
  /** As they stand there; anything but a list of whole numbers equals no time. */
  times: string[];
}

const CHECK: CheckName = 'read log times';

/**
 * The runs of the read model's log_times beside the records: each begins where the one before it ends (but for records that somebody discarded), from the first one on to
 * the projection's position; its times are those of the records, and it is found by the first of them. Runs come in the order of that time. After the first difference
 * the rest is passed over.
 */
export class LogTimesCheck {
  private readonly rows: Rows<LogTimesRow>;
  private readonly to: number;
  private readonly discarded: ReadonlySet<number>;
  private readonly findings: Findings;
  private run: Run | null = null;
  /** The position behind the current run. */
  private end = 0;
  private readonly sum: LogTimesTally = { rows: 0, digest: 0n, begins: null };
  private isBroken = false;
  /** Records whose time was compared. */
  checked = 0;

  /** `to`: the position of the projection; -1 when there is none. */
  constructor(rows: Rows<LogTimesRow>, to: number, discarded: ReadonlySet<number>, findings: Findings) {
    this.rows = rows;
    this.to = to;
    this.discarded = discarded;
    this.findings = findings;
  }

  /** Null after a difference. */
  get tally(): LogTimesTally | null {
    return this.isBroken ? null : this.sum;
  }

  /** Whether the runs have to be read on before the record at this position is compared: not for most, and awaiting each of them cost more than comparing it. */
  isBehind(position: number): boolean {
    return position >= this.end && position <= this.to && !this.isBroken && !this.discarded.has(position);
  }

  /** Reads on to the run that has this position. */
  async advance(position: number): Promise<void> {
    while (this.isBehind(position)) {
      const isThere = this.rows.has || (await this.rows.more());
      if (this.run === null && (!isThere || this.rows.head[0] > position)) return;
      if (!isThere)
        return this.say(this.end, `the read model's times of the log end before position ${this.end}, they are at position ${this.to}`);
      this.begin(this.rows.take());
    }
  }

  record(position: number, recordedAt: number): void {
    const { run } = this;
    if (run === null || this.isBroken || position > this.to) return;
    if (this.discarded.has(position)) return;
    this.checked += 1;
    const found = run.times[position - run.position];
    if (Number(found) !== recordedAt)
      this.say(position, `the read model says that record ${position} was recorded at ${found} µs, the log says ${recordedAt}`);
  }

  /** After the last record. */
  async finish(): Promise<void> {
    if (this.isBroken) return;
    if (this.end > this.to + 1)
      return this.say(this.to + 1, `the read model's times of the log go on to position ${this.end - 1}, beyond their position ${this.to}`);
    if (!(this.rows.has || (await this.rows.more()))) return;
    const [position, recordedAt] = this.rows.head;
    this.say(
      Math.max(position, this.end),
      `the read model has times from position ${position} on, recorded at ${recordedAt} µs, which the log up to position ${this.to} has not`,
    );
  }

  private begin([position, recordedAt, text]: LogTimesRow): void {
    const times = text.slice(1, -1).split(',');
    if (this.run !== null) while (this.end < position && this.discarded.has(this.end)) this.end += 1;
    if (this.run !== null && position !== this.end) {
      const what = position > this.end ? 'are missing' : 'are there twice';
      const [from, to] = [Math.min(position, this.end), Math.max(position, this.end) - 1];
      return this.say(
        this.end,
        `the read model's times of the positions ${from} to ${to} ${what}: its next run begins at position ${position}`,
      );
    }
    if (Number(times[0]) !== recordedAt)
      return this.say(
        position,
        `the read model's times from position ${position} on begin with ${times[0]} µs, but are found by ${recordedAt} µs`,
      );
    const lacking = times.findIndex((_, i) => this.discarded.has(position + i));
    if (lacking >= 0)
      return this.say(position + lacking, `the read model has the time of record ${position + lacking}, which somebody discarded`);
    this.sum.begins ??= position;
    this.sum.rows += 1;
    this.sum.digest = addDigest(this.sum.digest, rowDigest(['times', String(position), ...times]));
    this.run = { position, times };
    this.end = position + times.length;
  }

  private say(position: number, message: string): void {
    this.isBroken = true;
    this.findings.add(CHECK, position, null, message);
  }
}
