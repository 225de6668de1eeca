import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromMicros, shifted, toMicros } from './micros.ts';

it('is the same moment there and back, to the microsecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_000_000_000_000_000, max: 8_000_000_000_000_000 }), (micros) => {
      expect(toMicros(fromMicros(micros))).toBe(micros);
    }),
  );
});

it('shifts over a second', () => {
  expect(shifted('2026-11-17T14:03:07.000000Z', -1)).toBe('2026-11-17T14:03:06.999999Z');
  expect(shifted('2026-11-17T14:03:06.999999Z', 1)).toBe('2026-11-17T14:03:07.000000Z');
  expect(toMicros('1970-01-01T00:00:01.000002Z')).toBe(1_000_002);
});
