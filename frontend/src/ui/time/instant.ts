/**
 * A moment as the API tells it: RFC 3339 in UTC with six decimals. Text of one form, so moments compare as text, and the microseconds that a Date has no room for are
 * not lost.
 */
export type Instant = string;

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/i;
const LOCAL = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)? ?([+-]\d\d:\d\d)?$/;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** The microseconds within the millisecond are cut off. */
const toDate = (at: Instant): Date => new Date(at);

export const fromDate = (date: Date): Instant => date.toISOString().replace('Z', '000Z');

/** What is after the second: six digits. */
export const microsOf = (at: Instant): string => (INSTANT.exec(at)?.[2] ?? '').padEnd(6, '0');

/** `2026-11-17T14:03:07`: whether there is such a day and such a time. A Date rolls the 30th of February over. */
function isOnCalendar(iso: string): boolean {
  const asWritten = new Date(`${iso}Z`);
  return !Number.isNaN(asWritten.getTime()) && asWritten.toISOString().slice(0, 19) === iso;
}

/** Any RFC 3339 in the form with six decimals, in UTC; null for what is no moment, and for more decimals, which would be lost. */
export function parseInstant(text: string): Instant | null {
  const match = INSTANT.exec(text);
  if (match === null) return null;
  const [, iso = '', fraction = '', offset = 'Z'] = match;
  if (!isOnCalendar(iso.toUpperCase())) return null;
  const date = new Date(`${iso}${offset.toUpperCase()}`);
  return Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`;
}

/** The other moment at which the clock shows the same, as in the hour that is repeated when summer time ends; null: it shows that once. */
function twinOf(date: Date): Date | null {
  const offset = date.getTimezoneOffset();
  for (const side of [-DAY_MS, DAY_MS]) {
    const other = new Date(date.getTime() + side).getTimezoneOffset();
    const twin = new Date(date.getTime() + (other - offset) * MINUTE_MS);
    if (other !== offset && twin.getTimezoneOffset() === other) return twin;
  }
  return null;
}

/** `+02:00`: of the clock at that moment. */
function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  return `${minutes < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}

/** A time that the clock shows twice, with the offsets from UTC that tell its moments apart: that of the earlier one first. */
export interface Twice {
  offsets: readonly [string, string];
}

/** The parts of what a person types; a day alone is its midnight. */
function partsOf(text: string): { iso: string; fraction: string; offset: string | undefined } | null {
  const match = LOCAL.exec(text.trim());
  if (match === null) return null;
  const [, day, hour = '00', minute = '00', second = '00', fraction = '', offset] = match;
  return { iso: `${day}T${hour}:${minute}:${second}`, fraction: fraction.padEnd(6, '0'), offset };
}

/**
 * `2026-11-17 14:03:07.123456` of a zone, or with an offset behind it, which then counts instead of the zone; null when there is no such time, a day that the month lacks for
 * one. A time that the clock shows twice is none without its offset. A day alone is its midnight.
 */
export function parseLocal(text: string, zone: 'local' | 'utc'): Instant | Twice | null {
  const parts = partsOf(text);
  if (parts === null) return null;
  const { iso, fraction, offset } = parts;
  if (offset !== undefined) return parseInstant(`${iso}.${fraction}${offset}`);
  const date = new Date(zone === 'utc' ? `${iso}Z` : iso);
  if (Number.isNaN(date.getTime())) return null;
  const twin = zone === 'utc' ? null : twinOf(date);
  // Of the two a Date takes the earlier one.
  if (twin !== null) return { offsets: [offsetOf(date), offsetOf(twin)] };
  const instant = `${date.toISOString().slice(0, 19)}.${fraction}Z`;
  // A Date rolls the 31st of a short month over, and an hour that the clock left out.
  return formatInstant(instant, zone, 'second') === iso.replace('T', ' ') ? instant : null;
}

/** What the clock shows a second before it is put forward, and right after. */
export interface Gap {
  before: string;
  after: string;
}

/** A time of the local zone that the clock leaves out, as when summer time begins: what it leaves out. null: it shows that time, or there is none such anywhere. */
export function gapOf(text: string): Gap | null {
  const parts = partsOf(text);
  if (parts === null || parts.offset !== undefined || !isOnCalendar(parts.iso) || parseLocal(text, 'local') !== null) return null;
  // A Date takes it as if the clock had not been put forward yet.
  let high = new Date(parts.iso).getTime();
  let low = high - DAY_MS;
  const offset = new Date(high).getTimezoneOffset();
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (new Date(middle).getTimezoneOffset() === offset) high = middle;
    else low = middle;
  }
  return { before: formatInstant(fromDate(new Date(low)), 'local'), after: formatInstant(fromDate(new Date(high)), 'local') };
}

export type Precision = 'minute' | 'second' | 'micro';

/** `2026-11-17 14:03:07.123456`: the same in every language, and it sorts. To the second or finer, a time that the clock shows twice has its offset: ` +02:00`. */
export function formatInstant(at: Instant, zone: 'local' | 'utc', precision: Precision = 'second'): string {
  const date = toDate(at);
  const [y, mo, d, h, mi, s] =
    zone === 'utc'
      ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  const minutes = `${pad(y, 4)}-${pad(mo + 1)}-${pad(d)} ${pad(h)}:${pad(mi)}`;
  if (precision === 'minute') return minutes;
  const offset = zone === 'utc' || twinOf(date) === null ? '' : ` ${offsetOf(date)}`;
  return `${minutes}:${pad(s)}${precision === 'second' ? '' : `.${microsOf(at)}`}${offset}`;
}

/** "1 h 5 min", "12.3 s", "340 ms". */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds < 10 ? seconds.toFixed(1) : whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
