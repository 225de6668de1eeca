import { hash } from 'node:crypto';
import type { Verdict } from '@ledgerflow/platform/health';
import type { Logger } from '@ledgerflow/platform/log';
import { errors, jwtVerify } from 'jose';
import { isProblem, Problem } from '../http/problem.ts';
import { type ClaimsOptions, principalOf } from './claims.ts';
import { IssuerKeys, KeysUnavailable } from './issuer-keys.ts';
import type { Principal } from './principal.ts';

/** Bounds what checking signatures may cost. */
export interface SignatureChecks {
  /** Whom they count for: requests of the same one share the check of a token. */
  readonly of: string;
  /** Before a check; refuses it by rejecting. What it gives is called when the check is over. */
  begin(): Promise<(isWrong: boolean) => void>;
}

export interface VerifierOptions extends ClaimsOptions {
  issuer: string;
  audience: string;
  /** Skips discovery. */
  jwksUrl?: string;
  /** How often the keys are fetched again. */
  keysRefreshMs: number;
  log: Logger;
  now?: () => number;
}

/** Asymmetric ones only: a key set is public, so an HMAC made with it would prove nothing. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const CLOCK_TOLERANCE_SECONDS = 5;
const CACHE_MAX = 10_000;
const DISCOVERY_TIMEOUT_MS = 3_000;
const DISCOVERY_RETRY_MS = 1_000;
/** RFC 9068, RFC 7519, and none: many issuers give none. Not what is a JWT for another purpose (RFC 8725 section 3.11): a logout token, a proof of possession. */
const TYPES = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']);
/** Only ID tokens have them (OpenID Connect Core section 2): those say who signed in, to the page, and are no permission to call. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash'];
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
 * Verifies bearer tokens: issuer, audience, algorithm list, type, exp, nbf, iat, sub, and the signature with the issuer's published keys (RFC 8725). Verified tokens
 * are kept by their hash until they expire or their key is withdrawn: a signature costs 100 µs, a look-up 2.
 */
export class TokenVerifier {
  private readonly options: VerifierOptions;
  private readonly now: () => number;
  private readonly cache = new Map<string, Principal>();
  /** Checks under way, by token and whom they count for. */
  private readonly checks = new Map<string, Promise<Principal>>();
  private keys: IssuerKeys | null = null;
  private discovering: Promise<IssuerKeys> | null = null;
  private lastFailure: { reason: string; atMs: number } | null = null;

  constructor(options: VerifierOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    if (options.jwksUrl !== undefined) this.keys = this.keysAt(options.jwksUrl);
  }

  private keysAt(url: string): IssuerKeys {
    const { keysRefreshMs, log, now } = this.options;
    return new IssuerKeys({ url, refreshMs: keysRefreshMs, log, ...(now === undefined ? {} : { now }) });
  }

  /** Ends the fetching of keys. */
  close(): void {
    this.keys?.close();
  }

  /** Ready once the issuer's keys are there; a later loss of the issuer does not make known keys unusable, for a day. Asks for them while they are not. */
  verdict(): Verdict {
    if (this.keys !== null) {
      if (this.keys.areThere) return { ok: true };
      void this.keys.refreshSometimes();
      return { ok: false, reason: 'the keys of the identity provider are not there' };
    }
    void this.discover().catch(() => undefined);
    return { ok: false, reason: this.lastFailure?.reason ?? 'the identity provider was not asked yet' };
  }

  private discover(): Promise<IssuerKeys> {
    if (this.keys !== null) return Promise.resolve(this.keys);
    if (this.lastFailure !== null && Date.now() - this.lastFailure.atMs < DISCOVERY_RETRY_MS)
      return Promise.reject(new Error(this.lastFailure.reason));
    this.discovering ??= this.findKeys()
      .then((keys) => {
        this.keys = keys;
        void keys.refreshSometimes();
        return keys;
      })
      .catch((error: Error) => {
        this.lastFailure = { reason: `the identity provider does not answer: ${error.message}`, atMs: Date.now() };
        throw error;
      })
      .finally(() => (this.discovering = null));
    return this.discovering;
  }

  private async findKeys(): Promise<IssuerKeys> {
    const { issuer } = this.options;
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`discovery answered ${response.status}`);
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error('discovery names another issuer');
    if (typeof document.jwks_uri !== 'string') throw new Error('discovery names no keys');
    if (issuer.startsWith('https:') && !document.jwks_uri.startsWith('https:'))
      throw new Error('discovery names keys that are not reached by https');
    return this.keysAt(document.jwks_uri);
  }

  /**
   * The caller, from the cache when its token is there: then synchronously, which is why the result may be no promise. `check` bounds the check of
   * a token that is not there.
   */
  authenticate(authorization: string | undefined, check?: SignatureChecks): Principal | Promise<Principal> {
    if (authorization === undefined) {
      return Promise.reject(
        new Problem('unauthenticated', {
          detail: 'The Authorization header is missing',
          headers: { 'www-authenticate': 'Bearer realm="ledgerflow"' },
        }),
      );
    }
    const token = authorization.length > TOKEN_CHARACTERS_MAX ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) return Promise.reject(refused('The Authorization header is not a bearer token', 'invalid_request'));
    const key = hash('sha256', token, 'base64');
    const known = this.cache.get(key);
    if (known !== undefined) {
      this.cache.delete(key);
      if (
        known.withdrawn?.aborted !== true &&
        this.keys?.areUsable !== false &&
        known.expiresAtMs + CLOCK_TOLERANCE_SECONDS * 1000 > this.now()
      ) {
        this.cache.set(key, known);
        return known;
      }
    }
    const shared = `${key} ${check?.of ?? ''}`;
    let checking = this.checks.get(shared);
    if (checking === undefined) {
      checking = this.check(token, key, check).finally(() => this.checks.delete(shared));
      this.checks.set(shared, checking);
    }
    return checking;
  }

  private async check(token: string, cacheKey: string, check: SignatureChecks | undefined): Promise<Principal> {
    const over = await check?.begin();
    let isWrong = false;
    try {
      const principal = await this.verify(token);
      if (this.cache.size >= CACHE_MAX) this.cache.delete(this.cache.keys().next().value!);
      this.cache.set(cacheKey, principal);
      return principal;
    } catch (error) {
      isWrong = isProblem(error) && error.code === 'unauthenticated';
      throw error;
    } finally {
      over?.(isWrong);
    }
  }

  private async verify(token: string): Promise<Principal> {
    const { issuer, audience, log } = this.options;
    let keys: IssuerKeys;
    try {
      keys = await this.discover();
    } catch (error) {
      log.warn({ err: error }, 'the identity provider can not be reached');
      throw new Problem('unavailable', { detail: 'The identity provider can not be reached' });
    }
    try {
      const now = this.now();
      const { payload, protectedHeader, key } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(now),
      });
      const { typ } = protectedHeader;
      if (typ !== undefined && !TYPES.has(typ.toLowerCase())) throw refused('The token is of another type');
      if (ID_TOKEN_CLAIMS.some((claim) => claim in payload)) throw refused('The token is an ID token');
      const { iat } = payload;
      if (iat !== undefined && !(iat <= now / 1000 + CLOCK_TOLERANCE_SECONDS)) throw refused('The claim iat is wrong');
      const withdrawn = await keys.withdrawal(key);
      if (withdrawn === null) throw refused(REASONS['ERR_JWKS_NO_MATCHING_KEY'] as string);
      const principal = principalOf(payload, this.options, withdrawn);
      if (principal === null) throw refused('The subject is not usable');
      return principal;
    } catch (error) {
      throw this.problemOf(error);
    }
  }

  private problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (!(error instanceof errors.JOSEError)) {
      if (!(error instanceof KeysUnavailable)) this.options.log.warn({ err: error }, 'a key of the identity provider can not be used');
      return new Problem('unavailable', { detail: 'The identity provider can not be reached' });
    }
    if (error instanceof errors.JWTClaimValidationFailed) return refused(`The claim ${error.claim} is wrong`);
    return refused(REASONS[error.code] ?? 'The token is not valid');
  }
}
