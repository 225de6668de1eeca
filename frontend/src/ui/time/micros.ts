import { fromDate, type Instant, microsOf } from './instant.ts';

/** Microseconds since 1970: up to the year 2255 a JavaScript number holds them exactly. */
export type Micros = number;

export const toMicros = (at: Instant): Micros => Math.floor(Date.parse(`${at.slice(0, 19)}Z`) / 1_000) * 1_000_000 + Number(microsOf(at));

export function fromMicros(micros: Micros): Instant {
  const seconds = Math.floor(micros / 1_000_000);
  return `${fromDate(new Date(seconds * 1_000)).slice(0, 19)}.${String(micros - seconds * 1_000_000).padStart(6, '0')}Z`;
}

/** The moment that many microseconds later, or earlier. */
export const shifted = (at: Instant, micros: Micros): Instant => fromMicros(toMicros(at) + micros);
