import type { IncomingMessage } from 'node:http';
import { Problem } from '../http/problem.ts';

/** A form can not send it, and a page of another origin must ask first (CORS), which is refused here. */
export const CSRF_HEADER = 'x-ledgerflow-csrf';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export const isSafe = ({ method = '' }: Pick<IncomingMessage, 'method'>): boolean => SAFE.has(method);

/**
 * Whether a browser says that another site's page made the request: by Sec-Fetch-Site, or Origin where that is not sent (plain http on a named host). A program
 * sends neither.
 */
export function isFromAnotherSite({ headers }: Pick<IncomingMessage, 'headers'>, publicUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = headers;
  if (origin === undefined) return false;
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/** Whatever the credentials: a proxy in front of us turns its cookie into an Authorization header. */
export function refuseAnotherSite(request: IncomingMessage, publicUrl: string | undefined, { isAction = !isSafe(request) } = {}): void {
  if (isAction && isFromAnotherSite(request, publicUrl))
    throw new Problem('csrf_refused', { detail: 'A page of another site may not change anything here' });
}

/** For requests that are authenticated by cookie. */
export function requireCsrfHeader(request: IncomingMessage): void {
  if (!isSafe(request) && request.headers[CSRF_HEADER] !== '1')
    throw new Problem('csrf_refused', { detail: 'With the session cookie, X-LedgerFlow-CSRF: 1 is needed', field: 'X-LedgerFlow-CSRF' });
}
