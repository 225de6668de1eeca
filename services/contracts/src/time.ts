/** Microseconds since 1970-01-01T00:00:00Z. Every time inside LedgerFlow is one of these; text is made and parsed at the edges only. */
export type Micros = bigint;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

let cachedSecond: bigint | null = null;
let cachedPrefix = '';

/** RFC 3339, UTC, six decimals: "2026-11-21T04:51:40.123456Z". */
export function formatMicros(time: Micros): string {
  let second = time / 1_000_000n;
  let fraction = time % 1_000_000n;
  if (fraction < 0n) {
    fraction += 1_000_000n;
    second -= 1n;
  }
  if (second !== cachedSecond) {
    cachedPrefix = new Date(Number(second) * 1000).toISOString().slice(0, 19);
    cachedSecond = second;
  }
  return `${cachedPrefix}.${fraction.toString().padStart(6, '0')}Z`;
}

const CANONICAL_LENGTH = 27;
const CIVIL_LENGTH = 20;
let parsedCivil = '';
let parsedSecond = 0n;

/** Of a time as formatMicros writes it, in the second that was parsed last: times of records come in runs of the same second. Null when it is not one. */
function inParsedSecond(text: string): Micros | null {
  if (text.length !== CANONICAL_LENGTH || !text.endsWith('Z') || !text.startsWith(parsedCivil) || parsedCivil === '') return null;
  let fraction = 0;
  for (let at = CIVIL_LENGTH; at < CANONICAL_LENGTH - 1; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return null;
    fraction = fraction * 10 + digit;
  }
  return parsedSecond + BigInt(fraction);
}

/** Parses RFC 3339 with up to six decimals (more are refused, never rounded) between the years 1 and 9999. Null when it is not one. */
export function parseMicros(text: string): Micros | null {
  const near = inParsedSecond(text);
  if (near !== null) return near;
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match as unknown as string[];
  if (fraction!.length > 6) return null;
  const civil = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const utc = Date.parse(`${civil}Z`);
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 19) !== civil || year === '0000') return null;
  let offsetMinutes = 0;
  if (zone!.length > 1) {
    const [h, m] = zone!.slice(1).split(':').map(Number) as [number, number];
    if (h > 23 || m > 59) return null;
    offsetMinutes = (zone![0] === '-' ? -1 : 1) * (h * 60 + m);
  }
  const whole = BigInt(utc - offsetMinutes * 60_000) * 1000n;
  if (zone === 'Z') {
    parsedCivil = `${civil}.`;
    parsedSecond = whole;
  }
  return whole + BigInt(fraction!.padEnd(6, '0'));
}
