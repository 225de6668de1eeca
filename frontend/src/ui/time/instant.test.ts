import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, formatInstant, fromDate, microsOf, parseInstant, parseLocal } from './instant.ts';

const ROUND_TRIP = fileURLToPath(new URL('round-trip.fixture.ts', import.meta.url));

const instants = fc
  .tuple(fc.date({ min: new Date('1980-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true }), fc.nat(999_999))
  .map(([date, micros]) => `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`);

describe('moments', () => {
  it('come back from the screen to the microsecond, in UTC', () => {
    fc.assert(fc.property(instants, (at) => expect(parseLocal(formatInstant(at, 'utc', 'micro'), 'utc')).toBe(at)));
  });

  it.each([
    ['Europe/Berlin', '2026-10-25 02:30:00', ['+02:00', '+01:00'], ['2026-10-25T00:30:00.000000Z', '2026-10-25T01:30:00.000000Z']],
    ['America/New_York', '2026-11-01 01:30:00', ['-04:00', '-05:00'], ['2026-11-01T05:30:00.000000Z', '2026-11-01T06:30:00.000000Z']],
    ['Australia/Lord_Howe', '2026-04-05 01:45:00', ['+11:00', '+10:30'], ['2026-04-04T14:45:00.000000Z', '2026-04-04T15:15:00.000000Z']],
    ['UTC', '2026-10-25 02:30:00', null, ['2026-10-25T02:30:00.000000Z']],
  ])('come back from the screen to the microsecond in %s, the hour that comes twice by its offset', (zone, time, offsets, moments) => {
    // A zone is that of a process.
    const told = execFileSync(process.execPath, [ROUND_TRIP, time], {
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(JSON.parse(told)).toEqual({ zone, bare: offsets === null ? moments[0] : { offsets }, moments, gap: null });
  });

  it.each([
    ['Europe/Berlin', '2026-03-29 02:30:00', '2026-03-29 01:59:59', '2026-03-29 03:00:00'],
    ['Europe/Berlin', '2026-03-29 02:00', '2026-03-29 01:59:59', '2026-03-29 03:00:00'],
    ['Australia/Lord_Howe', '2026-10-04 02:29:59.999999', '2026-10-04 01:59:59', '2026-10-04 02:30:00'],
    ['America/Santiago', '2026-09-06', '2026-09-05 23:59:59', '2026-09-06 01:00:00'],
    ['Pacific/Apia', '2011-12-30 23:59:59', '2011-12-29 23:59:59', '2011-12-31 00:00:00'],
  ])('that the clock of %s leaves out are none, and it is told what it leaves out: %s', (zone, time, before, after) => {
    const told = execFileSync(process.execPath, [ROUND_TRIP, time], {
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(JSON.parse(told)).toEqual({ zone, bare: null, moments: [null], gap: { before, after } });
  });

  it('are told apart by their microseconds, and sort as text', () => {
    const at = '2026-11-17T14:03:07.123456Z';
    expect(formatInstant(at, 'utc', 'micro')).toBe('2026-11-17 14:03:07.123456');
    expect(formatInstant(at, 'utc')).toBe('2026-11-17 14:03:07');
    expect(formatInstant(at, 'utc', 'minute')).toBe('2026-11-17 14:03');
    expect(microsOf(at)).toBe('123456');
    expect(microsOf('2026-11-17T14:03:07Z')).toBe('000000');
    fc.assert(fc.property(instants, instants, (a, b) => a < b === BigInt(a.replaceAll(/\D/g, '')) < BigInt(b.replaceAll(/\D/g, ''))));
  });

  it.each([
    ['2026-11-17T14:03:07Z', '2026-11-17T14:03:07.000000Z'],
    ['2026-11-17T14:03:07.1Z', '2026-11-17T14:03:07.100000Z'],
    ['2026-11-17T14:03:07.1234567Z', null],
    ['2026-13-17T14:03:07Z', null],
    ['2026-11-17 14:03:07', null],
    ['2026-11-17T14:03:07.5+01:00', '2026-11-17T13:03:07.500000Z'],
    ['2026-11-17t14:03:07z', '2026-11-17T14:03:07.000000Z'],
    ['2026-02-30T00:00:00Z', null],
    ['2026-11-17T14:03:07+99:00', null],
    ['', null],
  ])('are read from an address: %s', (text, at) => {
    expect(parseInstant(text)).toBe(at);
  });

  it.each([
    ['2026-11-17 14:03', '2026-11-17T14:03:00.000000Z'],
    ['2026-11-17T14:03:07.5', '2026-11-17T14:03:07.500000Z'],
    [' 2026-02-28 23:59:59.999999 ', '2026-02-28T23:59:59.999999Z'],
    ['2026-11-17 14:03:07.5 +01:00', '2026-11-17T13:03:07.500000Z'],
    ['2026-11-17 14:03-05:00', '2026-11-17T19:03:00.000000Z'],
    ['2026-02-30 00:00 +01:00', null],
    ['2026-11-17 14:03 +1', null],
    ['2026-02-30 00:00', null],
    ['2026-11-17 24:30', null],
    ['2026-11-17', '2026-11-17T00:00:00.000000Z'],
    ['2026-11-17 +01:00', '2026-11-16T23:00:00.000000Z'],
    ['2026-02-30', null],
    ['2026-11-17 14', null],
    ['2026-11-17 14:03:07.1234567', null],
    ['yesterday', null],
  ])('are read from what a person types: %s', (text, at) => {
    expect(parseLocal(text, 'utc')).toBe(at);
  });

  it('are made of a Date', () => {
    expect(fromDate(new Date('2026-11-17T14:00:00Z'))).toBe('2026-11-17T14:00:00.000000Z');
  });

  it('lie so long apart', () => {
    expect([0.0124, 5.25, 59, 59.7, 61, 3_599.7, 3_725, 7_199].map(formatDuration)).toEqual([
      '12 ms',
      '5.3 s',
      '59 s',
      '1 min 0 s',
      '1 min 1 s',
      '1 h 0 min',
      '1 h 2 min',
      '2 h 0 min',
    ]);
  });
});
