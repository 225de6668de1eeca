import type { Pool } from '@ledgerflow/platform/postgres';
import { accountStatement } from '../projections/account-statement/apply.ts';
import type { EntryChange, StatementChange, TermsChange } from '../projections/account-statement/project.ts';
import { PROJECTIONS } from '../projections/registry.ts';
import { logTimes } from '../projections/log-times/apply.ts';
import type { LogTimeChange } from '../projections/log-times/project.ts';

export type Random = () => number;

const STEP_MICROS = 1_000_000;
const HOUR_MICROS = 3_600 * STEP_MICROS;
const FIRST_TIME = 1_790_000_000_000_000;
const LEDGER_NUMBER = 1;
export const CORRECTED_LEDGER = 'corrected';
/** The second has a few corrections, in other places of the log; the third has none, and opens last. */
export const CORRECTED_ACCOUNTS = ['many', 'few', 'none'] as const;
export type CorrectedAccount = (typeof CORRECTED_ACCOUNTS)[number];

/** From 0, included, to 1, excluded; the same numbers for the same seed (splitmix32). */
export function randomOf(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e37_79b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);

interface Entry {
  position: number;
  effectiveAt: number;
  amount: number;
  isCorrection: boolean;
}

/**
 * A log of tens of thousands of corrections in memory, without what a read of balances does not need (hashes, details, the other side of each posting), and its plain fold. Times in
 * microseconds and sums of amounts stay below 2^53.
 */
export class CorrectedLog {
  /** recorded_at by position, from 1. */
  readonly times: number[] = [];
  readonly entries: Record<CorrectedAccount, Entry[]> = { many: [], few: [], none: [] };
  /** Positions of the events of each account; the first is its opening. */
  readonly events: Record<CorrectedAccount, number[]> = { many: [], few: [], none: [] };
  private readonly changes: { time: LogTimeChange; statement: StatementChange }[] = [];
  private readonly posted = new Map<CorrectedAccount, number>();

  /** Until the first account has so many corrections. */
  constructor(correctionCount: number, random: Random) {
    this.record(() => ({}));
    this.open('many');
    this.open('few');
    for (let corrections = 0; corrections < correctionCount;) {
      if (random() < 0.05) this.record(() => ({}));
      const time = this.nextTime;
      // Half of a batch's entries take effect together, as those of one transaction do.
      const shared = effectiveTime(time, random);
      const entries = Array.from({ length: Math.min(1 + below(random, 4), correctionCount - corrections) }, () => ({
        account: random() < 0.002 ? ('few' as const) : ('many' as const),
        amount: below(random, 2_000_001) - 1_000_000,
        effectiveAt: random() < 0.5 ? shared : effectiveTime(time, random),
      }));
      corrections += entries.filter(({ account, effectiveAt }) => account === 'many' && effectiveAt !== time).length;
      this.post(entries);
    }
    this.open('none');
  }

  get position(): number {
    return this.times.length;
  }

  private get nextTime(): number {
    return (this.times.at(-1) ?? FIRST_TIME) + STEP_MICROS;
  }

  private record(events: () => { entries?: EntryChange[]; terms?: TermsChange[] }): void {
    const recordedAt = this.nextTime;
    this.times.push(recordedAt);
    const { entries = [], terms = [] } = events();
    const time = { position: BigInt(this.position), recordedAt: BigInt(recordedAt) };
    this.changes.push({ time, statement: { digest: 0n, entries, terms } });
  }

  private event(account: CorrectedAccount, index: number, effectiveAt: number, amount: number) {
    this.events[account].push(this.position);
    const posted = (this.posted.get(account) ?? 0) + amount;
    this.posted.set(account, posted);
    return {
      account,
      accountNumber: CORRECTED_ACCOUNTS.indexOf(account) + 1,
      position: BigInt(this.position),
      index,
      version: BigInt(this.events[account].length),
      postedAfter: BigInt(posted),
      heldAfter: 0n,
      recordedAt: BigInt(this.times.at(-1) as number),
      effectiveAt: BigInt(effectiveAt),
    };
  }

  private open(account: CorrectedAccount): void {
    const terms = { status: 'open', freezeScope: null, minBalance: null, maxBalance: null, ownerId: null } as const;
    const time = this.nextTime;
    this.record(() => ({ terms: [{ ...this.event(account, 0, time, 0), type: 1, terms, details: null }] }));
  }

  private post(entries: readonly { account: CorrectedAccount; amount: number; effectiveAt: number }[]): void {
    const time = this.nextTime;
    this.record(() => ({
      entries: entries.map(({ account, amount, effectiveAt }, index) => {
        this.entries[account].push({ position: this.position, effectiveAt, amount, isCorrection: effectiveAt !== time });
        return { ...this.event(account, index, effectiveAt, amount), transaction: 0, inBatch: true, amount: BigInt(amount) };
      }),
    }));
  }

  /** Corrections of an account up to a position. */
  correctionCount(account: CorrectedAccount, position: number): number {
    return this.entries[account].filter((entry) => entry.position <= position && entry.isCorrection).length;
  }

  /** The balance by reading every entry; null when the account is not open by then. */
  fold(account: CorrectedAccount, position: number, effectiveAt: number): { posted: bigint; version: bigint } | null {
    const version = this.events[account].filter((at) => at <= position).length;
    if (version === 0) return null;
    let posted = 0;
    for (const entry of this.entries[account]) if (entry.position <= position && entry.effectiveAt <= effectiveAt) posted += entry.amount;
    return { posted: BigInt(posted), version: BigInt(version) };
  }

  /** Position of the last record up to a time; null for one before the first record and one after the last. */
  positionAt(time: number): number | null {
    const position = this.times.findLastIndex((recordedAt) => recordedAt <= time) + 1;
    return position === 0 || time > (this.times.at(-1) as number) ? null : position;
  }

  /** Through the projections, in runs of one to some thousands of records; the present by hand. */
  async store(builder: Pool, random: Random): Promise<void> {
    const client = await builder.connect();
    try {
      for (let at = 0; at < this.changes.length;) {
        const run = this.changes.slice(at, at + 1 + below(random, random() < 0.3 ? 20 : 6_000));
        at += run.length;
        await client.query('begin');
        await logTimes.apply(client, [{ generation: LEDGER_NUMBER, changes: run.map(({ time }) => time) }]);
        await accountStatement.apply(client, [{ generation: LEDGER_NUMBER, changes: run.map(({ statement }) => statement) }]);
        await client.query('commit');
      }
      await client.query(
        `insert into read.account_summary (generation, account, id, currency, scale, status, posted, held, version, opened_at, updated_at)
         select $1, account, id, 'USD', 2, 'open', 0, 0, version, 1, 1 from unnest($2::text[], $3::bigint[]) with ordinality as a(id, version, account)`,
        [LEDGER_NUMBER, CORRECTED_ACCOUNTS, CORRECTED_ACCOUNTS.map((account) => this.events[account].length)],
      );
      await client.query(
        `insert into read.checkpoints (ledger, id, uuid, slot, epoch, position, record_hash, recorded_at) values ($1, $2, gen_random_uuid(), 0, 1, $3, '', $4)`,
        [LEDGER_NUMBER, CORRECTED_LEDGER, this.position, this.times.at(-1)],
      );
      await client.query(
        `insert into read.projections (ledger, projection, generation, position, recorded_at, row_count, digest)
         select ledger, projection, ledger, position, recorded_at, 0, '' from read.checkpoints cross join unnest($1::text[]) as n(projection)`,
        [PROJECTIONS.map(({ name }) => name)],
      );
    } finally {
      client.release(true);
    }
  }
}

/** Most entries take effect at another time than they are recorded, many of them at the same full hour: from before the first record to after the last. */
function effectiveTime(recordedAt: number, random: Random): number {
  const chance = random();
  if (chance < 0.15) return recordedAt;
  if (chance < 0.25) return recordedAt - 1 - below(random, 10 * STEP_MICROS);
  if (chance < 0.3) return recordedAt + 1 + below(random, HOUR_MICROS);
  return Math.floor(recordedAt / HOUR_MICROS - random() * 10) * HOUR_MICROS;
}
