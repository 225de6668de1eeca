import type { Person, Tokens } from './provider.ts';

/** What the session cookie holds, encrypted. A page never sees any of it. */
export interface Session extends Tokens {
  /** Random; the same from sign-in to sign-out. */
  id: string;
  person: Person;
  signedInAtMs: number;
  /** When the access token was got. */
  refreshedAtMs: number;
}

/** What the cookie beside it holds, so that noting a use never writes the tokens, which another request may be renewing. */
export interface Seen {
  id: string;
  atMs: number;
}

const REFRESH_AHEAD_MAX_MS = 60_000;
const REFRESH_AHEAD_SHARE = 0.25;

/** In the last minute of an access token, or the last quarter of a short one. */
export function needsRefresh({ accessExpiresAtMs, refreshedAtMs }: Session, nowMs: number): boolean {
  const aheadMs = Math.min(REFRESH_AHEAD_MAX_MS, (accessExpiresAtMs - refreshedAtMs) * REFRESH_AHEAD_SHARE);
  return nowMs >= accessExpiresAtMs - aheadMs;
}
