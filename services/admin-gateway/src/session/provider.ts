import type { Logger } from '@ledgerflow/platform/log';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { SignInOptions } from './options.ts';

export interface ProviderOptions extends Pick<
  SignInOptions,
  'publicUrl' | 'clientId' | 'clientSecret' | 'scopes' | 'authorizationParameters'
> {
  issuer: string;
  log: Logger;
}

export const { randomState } = client;

/** What ties the provider's answer to the browser that asked. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
}

export interface Tokens {
  accessToken: string;
  /** As the token itself says. */
  accessExpiresAtMs: number;
  refreshToken?: string;
  idToken?: string;
}

/** The signed-in person as the ID token says; for showing only. */
export interface Person {
  name?: string;
  email?: string;
}

/** refused: the provider says no, and will say so again; unreachable: it does not answer. */
export class ProviderError extends Error {
  override name = 'ProviderError';
  readonly kind: 'refused' | 'unreachable';
  /** The provider's own word, as RFC 6749 has them (access_denied, invalid_grant). */
  readonly word: string | undefined;

  constructor(kind: 'refused' | 'unreachable', message: string, word?: string) {
    super(message);
    this.kind = kind;
    this.word = word;
  }
}

const TIMEOUT_SECONDS = 5;
const DISCOVERY_RETRY_MS = 1_000;
const STATUS_SERVER_ERROR = 500;
const UNREACHABLE = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** Never the library's error itself: its cause holds what the provider sent, tokens among it. */
function providerError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof client.AuthorizationResponseError)
    return new ProviderError('refused', `the provider said ${error.error}`, error.error);
  if (error instanceof client.ResponseBodyError) {
    const kind = error.status >= STATUS_SERVER_ERROR || error.error === 'temporarily_unavailable' ? 'unreachable' : 'refused';
    return new ProviderError(kind, `the provider said ${error.error} (${error.status})`, error.error);
  }
  if (error instanceof client.ClientError && error.code !== undefined)
    return new ProviderError(UNREACHABLE.has(error.code) ? 'unreachable' : 'refused', `${error.message} (${error.code})`);
  const { message, cause } = error as Error;
  const { code = '' } = (cause ?? {}) as { code?: string };
  return new ProviderError('unreachable', `${message} ${code}`.trimEnd());
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const TEXT_MAX = 200;

function personOf(claims: Record<string, unknown> | undefined): Person {
  const name = optionalText(claims?.['name']) ?? optionalText(claims?.['preferred_username']);
  return { name: name?.slice(0, TEXT_MAX), email: optionalText(claims?.['email'])?.slice(0, TEXT_MAX) };
}

function tokensOf(answer: client.TokenEndpointResponse, before?: Tokens): Tokens {
  let exp: number | undefined;
  try {
    ({ exp } = decodeJwt(answer.access_token));
  } catch {
    // Told below.
  }
  if (exp === undefined)
    throw new ProviderError('refused', 'the access token is not a JWT with an end: the provider has to make one for this API');
  return {
    accessToken: answer.access_token,
    accessExpiresAtMs: exp * 1000,
    refreshToken: answer.refresh_token ?? before?.refreshToken,
    idToken: answer.id_token ?? before?.idToken,
  };
}

/** The OpenID provider as the sign-in uses it: code flow with PKCE (RFC 7636), refresh, revocation (RFC 7009), sign-out (RP-Initiated Logout). Throws ProviderError. */
export class OpenIdProvider {
  private readonly options: ProviderOptions;
  private readonly callback: string;
  private configuration: client.Configuration | null = null;
  private discovering: Promise<client.Configuration> | null = null;
  private lastFailure: { error: ProviderError; atMs: number } | null = null;

  constructor(options: ProviderOptions) {
    this.options = options;
    this.callback = `${options.publicUrl}/oauth2/callback`;
  }

  private discover(): Promise<client.Configuration> {
    if (this.configuration !== null) return Promise.resolve(this.configuration);
    if (this.lastFailure !== null && Date.now() - this.lastFailure.atMs < DISCOVERY_RETRY_MS) return Promise.reject(this.lastFailure.error);
    const { issuer, clientId, clientSecret, log } = this.options;
    const authentication = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
    this.discovering ??= client
      .discovery(new URL(issuer), clientId, undefined, authentication, {
        // The configuration says whether the issuer is reached by https: the library would refuse anything else.
        execute: issuer.startsWith('http://') ? [client.allowInsecureRequests] : [],
        timeout: TIMEOUT_SECONDS,
      })
      .then((configuration) => {
        if (configuration.serverMetadata().revocation_endpoint === undefined)
          log.warn(
            { issuer },
            'the identity provider has no revocation_endpoint: after a sign-out here a refresh token goes on until the provider ends it',
          );
        return (this.configuration = configuration);
      })
      .catch((error: unknown) => {
        const known = providerError(error);
        this.lastFailure = { error: new ProviderError('unreachable', known.message), atMs: Date.now() };
        throw this.lastFailure.error;
      })
      .finally(() => (this.discovering = null));
    return this.discovering;
  }

  private async ask<T>(question: (configuration: client.Configuration) => Promise<T> | T): Promise<T> {
    const configuration = await this.discover();
    try {
      return await question(configuration);
    } catch (error) {
      throw providerError(error);
    }
  }

  /** Where to send a browser, and what to remember of it. */
  async begin(state: string): Promise<Attempt & { url: string }> {
    const attempt: Attempt = { state, nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() };
    const url = await this.ask(async (configuration) =>
      client.buildAuthorizationUrl(configuration, {
        ...Object.fromEntries(new URLSearchParams(this.options.authorizationParameters)),
        redirect_uri: this.callback,
        scope: this.options.scopes,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      }),
    );
    return { ...attempt, url: url.href };
  }

  /** The tokens for the code in the query that the browser came back with. State, nonce, issuer and the ID token's claims are checked. */
  async finish(query: string, { state, nonce, verifier }: Attempt): Promise<Tokens & { person: Person }> {
    return this.ask(async (configuration) => {
      const answer = await client.authorizationCodeGrant(configuration, new URL(this.callback + query), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      return { ...tokensOf(answer), person: personOf(answer.claims()) };
    });
  }

  async refresh(tokens: Tokens & { refreshToken: string }): Promise<Tokens> {
    return this.ask(async (configuration) => tokensOf(await client.refreshTokenGrant(configuration, tokens.refreshToken), tokens));
  }

  /** Ends the refresh token, if the provider can; what fails is logged, for there is nobody else to tell. */
  async revoke(refreshToken: string): Promise<void> {
    try {
      await this.ask(async (configuration) => {
        if (configuration.serverMetadata().revocation_endpoint !== undefined)
          await client.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
      });
    } catch (error) {
      this.options.log.warn({ reason: (error as Error).message }, 'a refresh token could not be revoked');
    }
  }

  /** Where the provider signs its user out, too; null when it does not. */
  async endSessionUrl(idToken: string | undefined): Promise<string | null> {
    return this.ask((configuration) => {
      if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
      const hint: Record<string, string> = idToken === undefined ? {} : { id_token_hint: idToken };
      return client.buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: `${this.options.publicUrl}/` }).href;
    });
  }
}
