import { firstIndex } from './book.ts';
import type { LogRecord, Write } from './history.ts';

/** A record, and the span of real time in which it must have come into being: from the request that made it to the first answer that told of it. */
export interface Effect {
  write: Write;
  record: LogRecord;
  beginMs: number;
  /** Infinity while nobody was told. */
  endMs: number;
}

interface Completed {
  endMs: number;
  highest: Effect;
}

interface Possible {
  position: bigint;
  /** No record up to this position began later. */
  beginMs: number;
}

/** What real time says about positions, both questions in O(log n). */
export class EffectOrder {
  private readonly completed: Completed[] = [];
  private readonly possible: Possible[] = [];
  private readonly seededTo: bigint;

  constructor(effects: readonly Effect[], seededTo: bigint) {
    this.seededTo = seededTo;
    let highest: Effect | null = null;
    for (const effect of effects.filter((one) => one.endMs < Infinity).toSorted((a, b) => a.endMs - b.endMs)) {
      if (highest === null || effect.record.position > highest.record.position) highest = effect;
      this.completed.push({ endMs: effect.endMs, highest });
    }
    let beginMs = -Infinity;
    for (const effect of effects.toSorted((a, b) => (a.record.position < b.record.position ? -1 : 1))) {
      beginMs = Math.max(beginMs, effect.beginMs);
      this.possible.push({ position: effect.record.position, beginMs });
    }
  }

  /** The effect of the highest position that somebody had been told of before a moment: it has to be there for everyone who asks from then on. */
  completedBefore(ms: number): Effect | null {
    return this.completed[firstIndex(this.completed, ({ endMs }) => endMs >= ms) - 1]?.highest ?? null;
  }

  /** The lowest position that a question asked at a moment may be answered from. */
  lowestAt(ms: number): bigint {
    const position = this.completedBefore(ms)?.record.position ?? 0n;
    return position > this.seededTo ? position : this.seededTo;
  }

  /** The highest position that can have been there at a moment: neither it nor one before it was asked for later. */
  highestAt(ms: number): bigint {
    return this.possible[firstIndex(this.possible, ({ beginMs }) => beginMs >= ms) - 1]?.position ?? this.seededTo;
  }
}
