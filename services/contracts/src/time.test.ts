import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatMicros, parseMicros } from './time.ts';

describe('time', () => {
  // First of all: nothing was written yet that it could be mistaken for.
  it('is written when it is within the second before 1970', () => expect(formatMicros(-1n)).toBe('1969-12-31T23:59:59.999999Z'));

  it.each<[string, bigint | null]>([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000001Z', 1n],
    ['1969-12-31T23:59:59.999999Z', -1n],
    ['2026-11-21T05:51:40.1+01:00', 1_795_236_700_100_000n],
    ['2026-11-21t04:51:40.1z', 1_795_236_700_100_000n],
    ['2026-11-21T04:51:40.1234567Z', null],
    ['2026-02-29T00:00:00Z', null],
    ['2026-11-21T24:00:00Z', null],
    ['2026-11-21T04:51:60Z', null],
    ['2026-11-21T04:51:40', null],
    ['2026-11-21', null],
    ['2026-11-21 04:51:40Z', null],
    ['0000-01-01T00:00:00Z', null],
    ['2026-11-21T04:51:40+25:00', null],
  ])('parses %s as %s', (text, expected) => expect(parseMicros(text)).toBe(expected));

  it.each([
    ['2026-11-21T04:51:40.123456Z', 1_795_236_700_123_456n],
    ['2026-11-21T04:51:40.000000Z', 1_795_236_700_000_000n],
    ['2026-11-21T04:51:40.12345xZ', null],
    ['2026-11-21T04:51:40.+12345Z', null],
    ['2026-11-21T04:51:40.1234567', null],
    ['2026-11-21T04:51:41.123456Z', 1_795_236_701_123_456n],
    ['2026-11-21T04:51:40.123+01:00', 1_795_233_100_123_000n],
    ['2026-11-21T04:51:40.123456z', 1_795_236_700_123_456n],
  ])('parses %s as %s after another time of that second', (text, expected) => {
    parseMicros('2026-11-21T04:51:40.5Z');
    expect(parseMicros(text)).toBe(expected);
  });

  it('reads back what it wrote', () => {
    const [first, last] = [parseMicros('0001-01-01T00:00:00Z') as bigint, parseMicros('9999-12-31T23:59:59.999999Z') as bigint];
    fc.assert(
      fc.property(fc.bigInt({ min: first, max: last }), (time) => {
        const text = formatMicros(time);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(parseMicros(text)).toBe(time);
      }),
      { verbose: 1 },
    );
  });
});
