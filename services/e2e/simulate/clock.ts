import { DAY_MS } from './day.ts';

const MS_PER_MINUTE = 60_000;

/** The time in the town: it goes on from `startMs` at a pace of so many days a minute of ours. */
export class TownClock {
  private readonly startMs: number;
  private readonly daysPerMinute: number;
  private readonly now: () => number;
  private readonly begunMs: number;

  /** `now` in milliseconds, as performance.now(). */
  constructor(startMs: number, daysPerMinute: number, now: () => number) {
    this.startMs = startMs;
    this.daysPerMinute = daysPerMinute;
    this.now = now;
    this.begunMs = now();
  }

  /** In milliseconds since 1970. */
  timeMs(): number {
    return this.startMs + ((this.now() - this.begunMs) / MS_PER_MINUTE) * this.daysPerMinute * DAY_MS;
  }

  /** Milliseconds of ours until it is that time in the town; 0 if it has been. */
  untilMs(timeMs: number): number {
    return Math.max(0, ((timeMs - this.timeMs()) / (this.daysPerMinute * DAY_MS)) * MS_PER_MINUTE);
  }
}
