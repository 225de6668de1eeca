import { CLIENT_ID, CLIENT_SECRET } from './users.ts';

export interface TokenRequest {
  roles: string[];
  /** All ledgers if empty. */
  ledgers?: string[];
  subject?: string;
  ttlSeconds?: number;
}

const TIMEOUT_MS = 5_000;

/** An access token of the development identity provider. Throws with the provider's own words. */
export async function requestToken(issuer: string, { roles, ledgers = [], subject, ttlSeconds }: TokenRequest): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', roles: roles.join(' ') });
  if (ledgers.length > 0) body.set('ledgers', ledgers.join(' '));
  if (subject !== undefined) body.set('subject', subject);
  if (ttlSeconds !== undefined) body.set('ttl', String(ttlSeconds));
  const authorization = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
  const response = await fetch(`${issuer.replace(/\/$/, '')}/token`, {
    method: 'POST',
    headers: { authorization },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as { access_token?: string; error?: string; error_description?: string };
  if (!response.ok || answer.access_token === undefined)
    throw new Error(answer.error_description ?? answer.error ?? `status ${response.status}`);
  return answer.access_token;
}
