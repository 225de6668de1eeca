import { requestToken, type TokenRequest } from '../identity/request-token.ts';
import { UserError } from '../instance/user-error.ts';

const TIMEOUT_MS = 5_000;

/** RFC 9728: the API says who issues its tokens. */
async function findIssuer(url: string): Promise<string> {
  const response = await fetch(`${url}/.well-known/oauth-protected-resource`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => {
    throw new UserError(`nothing answers at ${url}: start LedgerFlow by npm start, or name it in LEDGERFLOW_URL`);
  });
  const metadata = (await response.json().catch(() => null)) as { authorization_servers?: unknown } | null;
  const servers = metadata?.authorization_servers;
  const issuer: unknown = Array.isArray(servers) ? servers[0] : undefined;
  if (!response.ok || typeof issuer !== 'string')
    throw new UserError(`what answers at ${url} is not LedgerFlow, or not ready yet (status ${response.status})`);
  return issuer;
}

/**
 * A bearer token for the LedgerFlow that `npm start` runs at this address, from its identity provider for development. No `ledgers`: all of them. Throws UserError,
 * in one line for a person, when nothing answers there or no token is given (a stack with an identity provider of its own).
 */
export async function requestAccessToken(url: string, request: TokenRequest): Promise<string> {
  const issuer = await findIssuer(url.replace(/\/$/, ''));
  return requestToken(issuer, request).catch((error: Error) => {
    throw new UserError(`the identity provider at ${issuer} gave no token: ${error.message}`);
  });
}
