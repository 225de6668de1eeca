import { readFile } from 'node:fs/promises';
import {
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
} from 'openid-client';
import { GatewayError } from './errors.ts';

/** Where the operator's bearer token comes from. */
export interface TokenSource {
  /** Throws a GatewayError (no_token, token_refused) when there is none to be had. */
  get(signal?: AbortSignal): Promise<string>;
  /** The one that was given last is of no use any more. */
  forget(): void;
}

/** A token that somebody else keeps fresh in a file, read anew each time. */
export function tokenOfFile(file: string): TokenSource {
  return {
    async get() {
      const text = await readFile(file, 'utf8').catch((cause: Error) => {
        throw new GatewayError(`the gateway's token can not be read: ${cause.message}`, { status: 0, code: 'token_refused', cause });
      });
      if (text.trim() === '')
        throw new GatewayError(`the file of the gateway's token is empty: ${file}`, { status: 0, code: 'token_refused' });
      return text.trim();
    },
    forget() {},
  };
}

export interface ClientCredentials {
  /** Token endpoint of the identity provider. */
  url: string;
  clientId: string;
  /** Read anew for each token. */
  clientSecretFile: string;
  /** Whether the secret goes into the header or the body (RFC 6749, 2.3.1). */
  auth: 'basic' | 'post';
  scope?: string;
  audience?: string;
  timeoutMs: number;
  now?: () => number;
}

/** A token is renewed this long before it expires, or after half of its life when that is sooner. */
const RENEW_BEFORE_MS = 60_000;
/** Of a token of which nobody says how long it lives. */
const LIFE_UNKNOWN_MS = 60_000;

/** Tokens by OAuth 2.0 client credentials (RFC 6749, 4.4), kept until shortly before they expire; many who ask at once get one. */
export class ClientCredentialsToken implements TokenSource {
  private readonly options: ClientCredentials;
  private readonly now: () => number;
  private current: { token: string; renewAt: number } | null = null;
  private asking: Promise<string> | null = null;

  constructor(options: ClientCredentials) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  get(): Promise<string> {
    if (this.current !== null && this.now() < this.current.renewAt) return Promise.resolve(this.current.token);
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  forget(): void {
    this.current = null;
  }

  private async ask(): Promise<string> {
    const { url, clientId, clientSecretFile, auth, scope, audience, timeoutMs } = this.options;
    const askedAt = this.now();
    try {
      const secret = (await readFile(clientSecretFile, 'utf8')).trim();
      const by: ClientAuth = auth === 'basic' ? ClientSecretBasic(secret) : ClientSecretPost(secret);
      const configuration = new Configuration({ issuer: url, token_endpoint: url }, clientId, undefined, by);
      configuration.timeout = timeoutMs / 1_000;
      if (url.startsWith('http:')) allowInsecureRequests(configuration);
      const parameters = { ...(scope === undefined ? {} : { scope }), ...(audience === undefined ? {} : { audience }) };
      const answer = await clientCredentialsGrant(configuration, parameters);
      const seconds = answer.expires_in;
      const lifeMs = seconds === undefined ? LIFE_UNKNOWN_MS : seconds * 1_000;
      this.current = { token: answer.access_token, renewAt: askedAt + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2) };
      return answer.access_token;
    } catch (cause) {
      throw new GatewayError(`no token of ${url}: ${reasonOf(cause)}`, {
        status: 0,
        code: isRefused(cause) ? 'token_refused' : 'no_token',
        cause,
      });
    }
  }
}

/** It said no (RFC 6749, 5.2), or the file of the secret can not be read: the same again has the same answer until a person mends it. */
function isRefused(cause: unknown): boolean {
  const { error, syscall } = cause as { error?: unknown; syscall?: unknown };
  return (
    (typeof error === 'string' && error !== 'server_error' && error !== 'temporarily_unavailable') ||
    syscall === 'open' ||
    syscall === 'read'
  );
}

/** What the identity provider said, where it said anything. */
function reasonOf(cause: unknown): string {
  const { message, error, error_description: description } = cause as Error & { error?: string; error_description?: string };
  return error === undefined ? message : `${error}${description === undefined ? '' : ` (${description})`}`;
}

/** Where the token comes from by configuration. */
export function tokenSource(config: {
  GATEWAY_TOKEN_FILE?: string;
  TOKEN_URL?: string;
  CLIENT_ID?: string;
  CLIENT_SECRET_FILE?: string;
  TOKEN_AUTH: 'basic' | 'post';
  TOKEN_SCOPE?: string;
  TOKEN_AUDIENCE?: string;
  GATEWAY_TIMEOUT_MS: number;
}): TokenSource {
  if (config.GATEWAY_TOKEN_FILE !== undefined) return tokenOfFile(config.GATEWAY_TOKEN_FILE);
  return new ClientCredentialsToken({
    url: config.TOKEN_URL ?? '',
    clientId: config.CLIENT_ID ?? '',
    clientSecretFile: config.CLIENT_SECRET_FILE ?? '',
    auth: config.TOKEN_AUTH,
    scope: config.TOKEN_SCOPE,
    audience: config.TOKEN_AUDIENCE,
    timeoutMs: config.GATEWAY_TIMEOUT_MS,
  });
}
