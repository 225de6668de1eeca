/** A process of its own, because that is what has a zone (TZ). It fails, with fast-check's seed, where the ticks of a span are not those of a good axis. */
import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { formatInstant } from '../../../ui/time/instant.ts';
import { fromMicros } from '../../../ui/time/micros.ts';
import { TICKS_MAX, ticksOf } from './ticks.ts';

const RUNS = 3_000;
const CENTURY = 100 * 365.25 * 86_400 * 1_000_000;
/** Any length is as likely as ten times that. */
const lengths = fc.integer({ min: 0, max: Math.floor(Math.log(CENTURY) * 1_000) }).map((log) => Math.exp(log / 1_000));
/** Days on which some clock is put forward or back. */
const SHIFTS = ['2026-03-08', '2026-03-28', '2026-04-04', '2026-10-03', '2026-10-24', '2026-11-01'].map((day) => Date.parse(day) * 1_000);
const DAY = 86_400_000_000;
const begins = fc.oneof(
  fc.integer({ min: Date.UTC(1990, 0) * 1_000, max: Date.UTC(2050, 0) * 1_000 }),
  fc.tuple(fc.constantFrom(...SHIFTS), fc.nat(2 * DAY)).map(([day, later]) => day + later),
);

/** Of a clock that goes back by half an hour d3-time finds few round hours on that day, or none; what it finds is right. */
const LEAST = Intl.DateTimeFormat().resolvedOptions().timeZone === 'Australia/Lord_Howe' ? 0 : 2;

/** What a label cuts off of `-01-01 00:00:00.000000`: nothing but zeros, or the first day. */
const NOTHING = /^(?:-01)*(?:(?: 0?0|^0?0)?[:.0]*)(?: [+-]\d\d:\d\d)?$/;

fc.assert(
  fc.property(begins, lengths, fc.constantFrom('local', 'utc'), (from, length, zone) => {
    const span = { from, to: from + length };
    const { at, label } = ticksOf(span, zone);
    ok(at.every((micros) => Number.isInteger(micros) && micros >= span.from && micros <= span.to));
    deepEqual(
      at.filter((micros, index) => index > 0 && micros <= (at[index - 1] as number)),
      [],
    );
    ok(at.length <= TICKS_MAX && (length < 2 || at.length >= LEAST), `${at.length} ticks`);
    const labels = at.map(label);
    deepEqual(new Set(labels).size, labels.length);
    for (const [index, text] of labels.entries()) {
      const whole = formatInstant(fromMicros(at[index] as number), zone, 'micro');
      const bare = text.replace(/ [+-]\d\d:\d\d$/, '');
      const behind = whole.slice(whole.indexOf(bare) + bare.length);
      ok(whole.includes(bare) && NOTHING.test(behind), `${text} is short for ${whole}`);
    }
  }),
  { numRuns: RUNS },
);
