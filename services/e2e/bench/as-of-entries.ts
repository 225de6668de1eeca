import type { Body } from './commands.ts';
import { AMOUNT_MAX, cents, CURRENCY } from './commands.ts';
import { Random } from '../driver/index.ts';

/** As many as a transaction may have: that is how a million entries on an account are written in seconds. */
export const POSTINGS = 100;
/** Entries come in multiples of this, so that every share below is whole. */
export const ENTRIES_STEP = 20_000;
/** The accounts that are asked, by the percentage of their entries whose effectiveAt lies before they were recorded. */
export const SHARES = [0, 1, 10] as const;
export type Share = (typeof SHARES)[number];
const COUNTER = 'as-of-counter-0000000000';
const PERCENT = 100;
/** A backdated entry takes effect up to a day before it is recorded. */
export const BACKDATED_MAX_MICROS = 24 * 3600 * 1_000_000;

export const asOfAccount = (share: Share): string => `as-of-account-${String(share).padStart(10, '0')}`;
export const AS_OF_ACCOUNTS: readonly string[] = [...SHARES.map(asOfAccount), COUNTER];

/** One wide transaction between two accounts. */
export interface Plan {
  from: string;
  to: string;
  isBackdated: boolean;
}

/**
 * Transactions that give every measured account the same number of entries and its share of backdated ones. A posting has two ends, so most stand on two measured
 * accounts at once: half of the writing that one account after the other would need.
 */
export function plan(entries: number, seed: number): Plan[] {
  const each = entries / POSTINGS;
  const [none, one, ten] = SHARES.map(asOfAccount) as [string, string, string];
  const [backdatedOne, backdatedTen] = [each / PERCENT, each / 10];
  const noneOne = (each - backdatedOne + backdatedTen) / 2;
  const noneTen = each - noneOne;
  const groups: [Plan, number][] = [
    [{ from: none, to: one, isBackdated: false }, noneOne],
    [{ from: none, to: ten, isBackdated: false }, noneTen],
    [{ from: one, to: ten, isBackdated: false }, each - backdatedTen - noneTen],
    [{ from: one, to: ten, isBackdated: true }, backdatedOne],
    [{ from: ten, to: COUNTER, isBackdated: true }, backdatedTen - backdatedOne],
  ];
  const plans = groups.flatMap(([pair, count]) => Array.from({ length: count }, () => pair));
  const random = new Random(seed);
  for (let index = plans.length - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [plans[index], plans[other]] = [plans[other] as Plan, plans[index] as Plan];
  }
  return plans;
}

/** A planned transaction as a command, and the cents by which it moves `to`. */
export function transaction(
  { from, to, isBackdated }: Plan,
  random: Random,
  nowMicros: number,
): { body: Body; moved: number; effectiveMicros: number | null } {
  let moved = 0;
  const postings = Array.from({ length: POSTINGS }, () => {
    const amount = 1 + random.below(AMOUNT_MAX);
    moved += amount;
    return { from, to, amount: cents(amount), currency: CURRENCY };
  });
  const effectiveMicros = isBackdated ? nowMicros - 1 - random.below(BACKDATED_MAX_MICROS / 1000) * 1000 : null;
  const effectiveAt = effectiveMicros === null ? undefined : BigInt(effectiveMicros);
  const none = { externalId: undefined, reference: undefined, description: undefined, metadata: undefined };
  return {
    body: { $case: 'postTransaction', value: { postings, terms: { ...none, effectiveAt }, expectedVersions: [] } },
    moved,
    effectiveMicros,
  };
}

/** How many of the sorted times are at or before one. */
function countUpTo(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Times in order with the balance after each; a time in microseconds fits a double until the year 2255. */
class Axis {
  private readonly times: Float64Array;
  private readonly balances: Float64Array;

  constructor(moves: readonly { at: number; cents: number }[]) {
    const sorted = moves.toSorted((a, b) => a.at - b.at);
    this.times = Float64Array.from(sorted, ({ at }) => at);
    let balance = 0;
    this.balances = Float64Array.from(sorted, (move) => (balance += move.cents));
  }

  get first(): number {
    return this.times[0] as number;
  }

  get last(): number {
    return this.times.at(-1) as number;
  }

  balanceAt(time: number): number {
    const count = countUpTo(this.times, time);
    return count === 0 ? 0 : (this.balances[count - 1] as number);
  }
}

export interface Move {
  recordedMicros: number;
  effectiveMicros: number;
  cents: number;
}

/** What an account's balance was at any time, on both axes, folded from what was sent and when the writer says it recorded it. */
export class Fold {
  readonly recorded: Axis;
  readonly effective: Axis;

  constructor(moves: readonly Move[]) {
    this.recorded = new Axis(moves.map(({ recordedMicros: at, cents: amount }) => ({ at, cents: amount })));
    this.effective = new Axis(moves.map(({ effectiveMicros: at, cents: amount }) => ({ at, cents: amount })));
  }
}
