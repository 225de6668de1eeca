import type { Random } from '../driver/index.ts';

/** With one hot account chosen nearly always, another comes up seldom. */
const PICKS_MAX = 16;

/** Those that join later are remembered up to here; more of them are opened, but not chosen. */
const JOINED_MAX = 10_000;

/**
 * Which account an operation is about. The first `hotRatio` of the accounts are hot (at least one when the ratio is above 0), and `hotRate` of all choices fall on
 * them. Accounts that join later are cold.
 */
export class Accounts {
  private readonly first: readonly string[];
  private readonly joined: string[] = [];
  private readonly hotCount: number;
  private readonly hotRate: number;

  constructor(ids: readonly string[], hot: { ratio: number; rate: number }) {
    if (ids.length === 0) throw new Error('no accounts');
    this.first = ids;
    this.hotCount = Math.min(ids.length, Math.ceil(ids.length * hot.ratio));
    this.hotRate = hot.rate;
  }

  get size(): number {
    return this.first.length + this.joined.length;
  }

  join(id: string): void {
    if (this.joined.length < JOINED_MAX) this.joined.push(id);
  }

  pick(random: Random): string {
    const last = this.size - 1;
    const hasCold = this.hotCount <= last;
    const isHot = this.hotCount > 0 && (!hasCold || random.chance(this.hotRate));
    return this.at(isHot ? random.whole(0, this.hotCount - 1) : random.whole(this.hotCount, last));
  }

  /** Two different ones: the second is chosen again while it is the first, then one of the first two is taken. */
  pickTwo(random: Random): [string, string] {
    const first = this.pick(random);
    for (let attempt = 0; attempt < PICKS_MAX; attempt++) {
      const second = this.pick(random);
      if (second !== first) return [first, second];
    }
    return [first, this.at(0) === first ? this.at(1) : this.at(0)];
  }

  private at(index: number): string {
    return (index < this.first.length ? this.first[index] : this.joined[index - this.first.length]) as string;
  }
}
