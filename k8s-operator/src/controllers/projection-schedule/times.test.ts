import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { timesOf } from './times.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString().slice(0, 16));

function following(schedule: string, zone: string, from: string, count: number): (string | null)[] {
  const times = timesOf(schedule, zone, NOW);
  const found: (string | null)[] = [];
  for (let at: number | null = Date.parse(from), i = 0; i < count && at !== null; i++) found.push(iso((at = times.next(at))));
  return found;
}

describe('the times of a schedule', () => {
  it.each([
    [
      'every day, over the hour that is left out',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:30'],
    ],
    [
      'every day, over the hour that comes twice',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'each half hour, over the hour that is left out',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:15:00Z',
      ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30'],
    ],
    [
      'each half hour, over the hour that comes twice',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:15:00Z',
      ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00'],
    ],
    ['in the west', '30 1 * * *', 'America/New_York', '2026-11-01T00:00:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
    ['a midnight that does not come', '0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', ['2018-11-04T03:00', '2018-11-05T02:00']],
    ['names of days', '0 3 * * MON-FRI', 'Etc/UTC', '2026-11-20T12:00:00Z', ['2026-11-23T03:00']],
    ['a leap day', '0 0 29 2 *', 'Etc/UTC', '2026-01-01T00:00:00Z', ['2028-02-29T00:00']],
  ])('%s', (_what, schedule, zone, from, expected) => {
    expect(following(schedule, zone, from, expected.length)).toEqual(expected);
  });

  it('are the same forwards and backwards, whatever the zone does', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Etc/UTC', 'Asia/Kathmandu'];
    const schedules = ['30 2 * * *', '0 * * * *', '15 1 1 * *', '*/20 1-3 * * *', '0 0 * * SUN'];
    const start = Date.parse('2026-01-01T00:00:00Z');
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom(...schedules), fc.nat(365 * 1_440), (zone, schedule, minutes) => {
        const times = timesOf(schedule, zone, NOW);
        const next = times.next(start + minutes * 60_000);
        expect(times.last(next!)).toBe(next);
        expect(times.last(next! - 1)).toBeLessThanOrEqual(start + minutes * 60_000);
        expect(times.next(next! - 1)).toBe(next);
      }),
      { verbose: true },
    );
  });

  it.each([
    ['61 * * * *', 'Etc/UTC', 'minute'],
    ['* * * *', 'Etc/UTC', 'parts'],
    ['* * * * *', 'Mars/Olympus', 'Mars/Olympus'],
    ['0 0 30 2 *', 'Etc/UTC', 'never comes'],
  ])('%s in %s are refused', (schedule, zone, problem) => {
    expect(() => timesOf(schedule, zone, NOW)).toThrow(problem);
  });
});
