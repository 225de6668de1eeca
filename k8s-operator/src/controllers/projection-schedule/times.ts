import { Cron } from 'croner';

/** The times of a crontab's five fields in a time zone. */
export interface Times {
  /** The last one at or before a time; null when there was none. */
  last(at: number): number | null;
  /** The next one after a time; null when there is none. */
  next(after: number): number | null;
}

const SECOND_MS = 1_000;

/**
 * Throws an Error whose message says what is wrong with the fields or the zone. Where a clock is put forward, a time of the day that does not come (30 2 * * *) is kept at the
 * first minute after; where it is put back, a time that comes twice is kept once. What repeats (every so many minutes) goes by real time: nothing in the hour that is left out,
 * and each time in the hour that comes twice.
 */
export function timesOf(schedule: string, timeZone: string, now: number): Times {
  const cron = new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
  // The zone is looked at when a time is asked for, not before.
  if (cron.nextRun(new Date(now)) === null) throw new Error(`the schedule ${schedule} never comes`);
  return {
    last: (at) => cron.previousRuns(1, new Date(Math.floor(at / SECOND_MS) * SECOND_MS + SECOND_MS))[0]?.getTime() ?? null,
    next: (after) => cron.nextRun(new Date(after))?.getTime() ?? null,
  };
}
