import type { Fetch, TokenFunction } from './options.ts';

export interface ClientCredentialsOptions {
  /** The provider's token endpoint. */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Further parameters of the request, as `scope` or `audience`. */
  parameters?: Readonly<Record<string, string>>;
  fetch?: Fetch;
}

/** So long before its end a token is replaced. */
const EARLY_MS = 30_000;
const TIMEOUT_MS = 10_000;
const DEFAULT_TTL_SECONDS = 60;
/** The client is not known, or may not: another try does not mend it. */
const REFUSALS = [400, 401, 403];

interface TokenAnswer {
  access_token?: unknown;
  expires_in?: unknown;
  error?: unknown;
  error_description?: unknown;
}

/** Tokens for a machine (RFC 6749, section 4.4): kept until shortly before they expire or are refused; callers at the same time share one request. Not for pages: it has a secret. */
export function clientCredentials(options: ClientCredentialsOptions): TokenFunction {
  const { tokenUrl, clientId, clientSecret, parameters = {} } = options;
  const fetchToken = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  let kept: { token: string; untilMs: number } | null = null;
  let running: Promise<string> | null = null;

  async function request(): Promise<string> {
    const form = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
    const response = await fetchToken(tokenUrl, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${form(clientId)}:${form(clientSecret)}`)}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: new URLSearchParams({ ...parameters, grant_type: 'client_credentials' }).toString(),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json().catch(() => ({}))) as TokenAnswer;
    if (!response.ok || typeof answer.access_token !== 'string') {
      const said = [answer.error_description, answer.error].find((text) => typeof text === 'string');
      const error = new Error(`the identity provider gave no token: ${said ?? `status ${response.status}`}`);
      throw Object.assign(error, { isFinal: REFUSALS.includes(response.status) });
    }
    const ttlSeconds = typeof answer.expires_in === 'number' ? answer.expires_in : DEFAULT_TTL_SECONDS;
    kept = { token: answer.access_token, untilMs: Date.now() + ttlSeconds * 1_000 - EARLY_MS };
    return kept.token;
  }

  return ({ refusedToken }) => {
    // Of many callers whose token was refused the first has it renewed.
    if (refusedToken !== null && kept?.token === refusedToken) kept = null;
    if (kept !== null && Date.now() < kept.untilMs) return kept.token;
    running ??= request().finally(() => (running = null));
    return running;
  };
}
