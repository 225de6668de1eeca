import { hash } from 'node:crypto';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { Problem } from '../http/problem.ts';
import { type ClaimsOptions, principalOf } from './claims.ts';
import type { Principal } from './principal.ts';

export interface VerifierOptions extends ClaimsOptions {
  issuer: string;
  audience: string;
  /** Skips discovery. */
  jwksUrl?: string;
  log: Logger;
}

/** Asymmetric ones only: a key set is public, so an HMAC made with it would prove nothing. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE_SECONDS = 5;
const CACHE_MAX = 10_000;
const DISCOVERY_TIMEOUT_MS = 3_000;
const DISCOVERY_RETRY_MS = 1_000;
/** A token with an unknown key id makes the keys be fetched again, but not more often than this: how long a rotation may go unnoticed. */
const KEYS_OPTIONS = { cooldownDuration: 2_000, timeoutDuration: 3_000 };
const TOKEN_CHARACTERS_MAX = 12_000;

const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i;

function refused(detail: string, error = 'invalid_token'): Problem {
  return new Problem('unauthenticated', {
    detail,
    headers: { 'www-authenticate': `Bearer realm="ledgerflow", error="${error}", error_description="${detail}"` },
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The token has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'The signature is wrong',
  ERR_JWKS_NO_MATCHING_KEY: 'The token is signed with a key that the issuer does not publish',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The signature algorithm is not allowed',
};

/**
 * Verifies bearer tokens: issuer, audience, algorithm list, exp, nbf, sub, and the signature with the issuer's published keys, which are fetched again when
 * one rotates. Verified tokens are kept by their hash until they expire: a signature costs 100 µs, a look-up 2.
 */
export class TokenVerifier {
  private readonly options: VerifierOptions;
  private readonly cache = new Map<string, Principal>();
  private keys: JWTVerifyGetKey | null = null;
  private discovering: Promise<JWTVerifyGetKey> | null = null;
  private lastFailure: { reason: string; atMs: number } | null = null;

  constructor(options: VerifierOptions) {
    this.options = options;
    if (options.jwksUrl !== undefined) this.keys = createRemoteJWKSet(new URL(options.jwksUrl), KEYS_OPTIONS);
  }

  /** Ready once the issuer was found; a later loss of the issuer does not make known keys unusable. */
  verdict(): Verdict {
    if (this.keys !== null) return { ok: true };
    void this.discover().catch(() => undefined);
    return { ok: false, reason: this.lastFailure?.reason ?? 'the identity provider was not asked yet' };
  }

  private discover(): Promise<JWTVerifyGetKey> {
    if (this.keys !== null) return Promise.resolve(this.keys);
    if (this.lastFailure !== null && Date.now() - this.lastFailure.atMs < DISCOVERY_RETRY_MS)
      return Promise.reject(new Error(this.lastFailure.reason));
    this.discovering ??= this.fetchKeys()
      .then((keys) => (this.keys = keys))
      .catch((error: Error) => {
        this.lastFailure = { reason: `the identity provider does not answer: ${error.message}`, atMs: Date.now() };
        throw error;
      })
      .finally(() => (this.discovering = null));
    return this.discovering;
  }

  private async fetchKeys(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.options;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`discovery answered ${response.status}`);
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error('discovery names another issuer');
    if (typeof document.jwks_uri !== 'string') throw new Error('discovery names no keys');
    return createRemoteJWKSet(new URL(document.jwks_uri), KEYS_OPTIONS);
  }

  /** The caller, from the cache when its token is there: then synchronously, which is why the result may be no promise. */
  authenticate(authorization: string | undefined): Principal | Promise<Principal> {
    if (authorization === undefined) {
      return Promise.reject(
        new Problem('unauthenticated', {
          detail: 'The Authorization header is missing',
          headers: { 'www-authenticate': 'Bearer realm="ledgerflow"' },
        }),
      );
    }
    const key = hash('sha256', authorization, 'base64');
    const known = this.cache.get(key);
    if (known !== undefined) {
      if (known.expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000 > Date.now()) {
        this.cache.delete(key);
        this.cache.set(key, known);
        return known;
      }
      this.cache.delete(key);
    }
    const token = authorization.length > TOKEN_CHARACTERS_MAX ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) return Promise.reject(refused('The Authorization header is not a bearer token', 'invalid_request'));
    return this.verify(token, key);
  }

  private async verify(token: string, cacheKey: string): Promise<Principal> {
    const { issuer, audience, log } = this.options;
    let keys: JWTVerifyGetKey;
    try {
      keys = await this.discover();
    } catch (error) {
      log.warn({ err: error }, 'the identity provider can not be reached');
      throw new Problem('unavailable', { detail: 'The identity provider can not be reached' });
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp'],
      });
      const principal = principalOf(payload, this.options);
      if (principal === null) throw refused('The subject is not usable');
      if (this.cache.size >= CACHE_MAX) this.cache.delete(this.cache.keys().next().value!);
      this.cache.set(cacheKey, principal);
      return principal;
    } catch (error) {
      if (error instanceof Problem) throw error;
      const code = error instanceof errors.JOSEError ? error.code : undefined;
      // A generic JOSE error or a foreign one comes from fetching the keys, not from the token.
      if (code === undefined || code === 'ERR_JOSE_GENERIC' || code === 'ERR_JWKS_TIMEOUT') {
        log.warn({ err: error }, 'the keys of the identity provider can not be fetched');
        throw new Problem('unavailable', { detail: 'The identity provider can not be reached' });
      }
      if (error instanceof errors.JWTClaimValidationFailed) throw refused(`The claim ${error.claim} is wrong`);
      throw refused(REASONS[code] ?? 'The token is not valid');
    }
  }
}
