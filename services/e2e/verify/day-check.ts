import type { Findings } from './differences.ts';
import type { Rows } from './merge.ts';
import type { DayRow } from './read-rows.ts';
import type { AccountEventRow } from './rows.ts';

const DAY_MICROS = 86_400_000_000;

type Day = [day: number, posted: bigint, held: bigint, version: number, position: number, entries: number, credits: bigint, debits: bigint];
const FIELDS = ['day', 'posted', 'held', 'version', 'position', 'entries', 'credits', 'debits'] as const;

/**
 * The read model's daily balances of one account after the other, in the order of days, beside what the account's events come to. One day is in memory at a time. After an account's first difference the rest
 * of it is passed over. What somebody discarded moved no money, and is in its day as what it left: version and position.
 */
export class DayCheck {
  private readonly rows: Rows<DayRow>;
  private readonly findings: Findings;
  private readonly count: () => void;
  private number = 0;
  private day: Day | null = null;
  private isBroken = false;

  constructor(rows: Rows<DayRow>, findings: Findings, count: () => void) {
    this.rows = rows;
    this.findings = findings;
    this.count = count;
  }

  /** Before an account's first event: rows of numbers below it are of no account. */
  async begin(number: number): Promise<void> {
    const { rows } = this;
    this.number = number;
    this.day = null;
    this.isBroken = false;
    while ((rows.has || (await rows.more())) && rows.head[0] < number) {
      const [stray, day] = rows.take();
      this.findings.add(
        'read days',
        null,
        null,
        `the read model has a balance of day ${day} of account number ${stray}, which the log never opened`,
      );
    }
  }

  /** Whether an event begins another day: then `settle` comes first. */
  isOver(recordedAt: number): boolean {
    return this.day !== null && Math.floor(recordedAt / DAY_MICROS) !== this.day[0];
  }

  /** An event that the projection has. */
  event([, version, position, , , , amount, postedAfter, heldAfter, , , recordedAt]: AccountEventRow): void {
    const day = (this.day ??= [Math.floor(recordedAt! / DAY_MICROS), 0n, 0n, 0, 0, 0, 0n, 0n]);
    day[1] = postedAfter!;
    day[2] = heldAfter!;
    day[3] = version!;
    day[4] = position;
    if (amount === null) return;
    day[5] += 1;
    if (amount > 0n) day[6] += amount;
    else day[7] -= amount;
  }

  /** The day that is open beside its row. */
  async settle(id: string | null): Promise<void> {
    const { rows, day, number } = this;
    this.day = null;
    if (day === null || this.isBroken) return;
    const row = (rows.has || (await rows.more())) && rows.head[0] === number && rows.head[1] <= day[0] ? rows.take() : null;
    this.count();
    if (row === null) return this.say(day[4], id, day[0], 'is missing');
    if (row[1] !== day[0]) return this.say(day[4], id, row[1], 'is there, the log has nothing of that day');
    const field = FIELDS.findIndex((_, i) => row[i + 1] !== day[i]);
    if (field >= 0) this.say(day[4], id, day[0], `says ${FIELDS[field]} ${row[field + 1]}, the log says ${day[field]}`);
  }

  /** After an account's last event. */
  async finish(id: string | null): Promise<void> {
    await this.settle(id);
    const { rows, number } = this;
    while ((rows.has || (await rows.more())) && rows.head[0] === number) {
      const [, day, , , , position] = rows.take();
      if (!this.isBroken) this.say(position, id, day, 'is there, the log has nothing of that day up to where the daily balances are');
    }
  }

  /** The account's events do not add up: its days say nothing. */
  async passOver(): Promise<void> {
    const { rows, number } = this;
    this.day = null;
    while ((rows.has || (await rows.more())) && rows.head[0] === number) rows.take();
  }

  private say(position: number, id: string | null, day: number, what: string): void {
    this.isBroken = true;
    const date = new Date((day * DAY_MICROS) / 1_000).toISOString().slice(0, 10);
    this.findings.add('read days', position, id, `the read model's balance of account ${id} on ${date} ${what}`);
  }
}
