import { ask } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, warn } from '../finding.ts';

/** The tolerance of the gateway for times in tokens; beyond it valid tokens are refused. */
const FAIL_MS = 5_000;
const WARN_MS = 1_000;
const HTTP_DATE_RESOLUTION_MS = 1_000;
const ADVICE = 'run NTP (chrony, systemd-timesyncd) on both machines';

/** How far a clock is from this machine's, at least: it was asked between two moments, and says its time to a resolution. Negative: behind. */
export function differenceMs(clockMs: number, resolutionMs: number, askedMs: number, answeredMs: number): number {
  if (clockMs > answeredMs) return clockMs - answeredMs;
  const latest = clockMs + resolutionMs;
  return latest < askedMs ? latest - askedMs : 0;
}

/** How far a clock is. An answer that took long says little: what `differenceMs` has is the least it can be. */
export function judgeClock(subject: string, clockMs: number, resolutionMs: number, askedMs: number, answeredMs: number): Result {
  const ms = differenceMs(clockMs, resolutionMs, askedMs, answeredMs);
  const tookMs = answeredMs - askedMs;
  if (Math.abs(ms) < WARN_MS && tookMs > WARN_MS)
    return warn(subject, `is not known to a second: the answer took ${(tookMs / 1000).toFixed(1)} s`, 'try again when less goes on');
  if (Math.abs(ms) < WARN_MS) return ok(subject, 'within 1 s of this machine');
  const message = `${(Math.abs(ms) / 1000).toFixed(1)} s ${ms > 0 ? 'ahead of' : 'behind'} this machine`;
  return Math.abs(ms) >= FAIL_MS ? fail(subject, message, ADVICE) : warn(subject, message, ADVICE);
}

async function ofService(name: string, url: string): Promise<Result[]> {
  try {
    const { headers, askedMs, answeredMs } = await ask(url);
    const date = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(date) ? [] : [judgeClock(name, date, HTTP_DATE_RESOLUTION_MS, askedMs, answeredMs)];
  } catch {
    // Told by other checks.
    return [];
  }
}

/** Clocks of databases, services and the issuer of tokens against that of this machine. */
export async function clocks({ installation, databases, nowMs }: Context): Promise<Result[]> {
  const { apiUrl, operations, rules } = installation;
  const services = [
    ...(apiUrl === null ? [] : [ofService('admin-gateway (API)', `${apiUrl}/healthz`)]),
    ...operations.map(({ name, address }) => ofService(`${name} (${address})`, `http://${address}/healthz`)),
    ...(rules.issuer === null ? [] : [ofService('issuer', `${rules.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)]),
  ];
  const ofDatabases = databases.map(async ({ name, query }): Promise<Result[]> => {
    const askedMs = nowMs();
    const [row] = await query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms');
    return [judgeClock(name, row?.ms ?? 0, 0, askedMs, nowMs())];
  });
  return (await Promise.all([...ofDatabases, ...services])).flat();
}
