import { readFile } from 'node:fs/promises';
import {
  allowInsecureRequests,
  type ClientAuth,
  clientCredentialsGrant,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
} from 'openid-client';
import { GatewayError } from './errors.ts';

/** Where the operator's bearer token comes from. */
export interface TokenSource {
  /** Throws a GatewayError (no_token) when there is none to be had. */
  get(signal?: AbortSignal): Promise<string>;
  /** The one that was given last is of no use any more. */
  forget(): void;
}

/** A token that somebody else keeps fresh in a file, read anew each time. */
export function tokenOfFile(file: string): TokenSource {
  return {
    async get() {
      const text = await readFile(file, 'utf8').catch((cause: Error) => {
        throw new GatewayError(`the gateway's token can not be read: ${cause.message}`, { status: 0, code: 'no_token', cause });
      });
      if (text.trim() === '') throw new GatewayError(`the file of the gateway's token is empty: ${file}`, { status: 0, code: 'no_token' });
      return text.trim();
    },
    forget() {},
  };
}

export interface ClientCredentials {
  issuer: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  audience?: string;
  timeoutMs: number;
  now?: () => number;
}

/** A token is renewed this long before it expires, or after half of its life when that is sooner. */
const RENEW_BEFORE_MS = 60_000;
/** Of a token whose issuer does not say how long it lives. */
const LIFE_UNKNOWN_MS = 60_000;

/** Tokens by OAuth 2.0 client credentials (RFC 6749, 4.4), kept until shortly before they expire; many who ask at once get one. */
export class ClientCredentialsToken implements TokenSource {
  private readonly options: ClientCredentials;
  private readonly now: () => number;
  private configuration: Configuration | null = null;
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
    const { issuer, scope, audience } = this.options;
    try {
      this.configuration ??= await this.discover();
      const parameters = { ...(scope === undefined ? {} : { scope }), ...(audience === undefined ? {} : { audience }) };
      const answer = await clientCredentialsGrant(this.configuration, parameters);
      const seconds = answer.expiresIn();
      const lifeMs = seconds === undefined ? LIFE_UNKNOWN_MS : seconds * 1_000;
      this.current = { token: answer.access_token, renewAt: this.now() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2) };
      return answer.access_token;
    } catch (cause) {
      throw new GatewayError(`no token of ${issuer}: ${(cause as Error).message}`, { status: 0, code: 'no_token', cause });
    }
  }

  private async discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret, timeoutMs } = this.options;
    const isPlain = issuer.startsWith('http:');
    const configuration = await discovery(new URL(issuer), clientId, undefined, secretAuth(clientSecret), {
      timeout: timeoutMs / 1_000,
      ...(isPlain ? { execute: [allowInsecureRequests] } : {}),
    });
    configuration.timeout = timeoutMs / 1_000;
    return configuration;
  }
}

/** Basic, which RFC 6749 (2.3.1) asks of every issuer, but in the body where the issuer says that it knows nothing else. */
function secretAuth(secret: string): ClientAuth {
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported;
    const auth = methods === undefined || methods.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost;
    auth(secret)(server, ...rest);
  };
}
