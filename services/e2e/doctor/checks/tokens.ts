import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { principalOf } from '../../../admin-gateway/src/auth/claims.ts';
import { ALGORITHMS } from '../../../admin-gateway/src/auth/verifier.ts';
import { ask, reasonOf } from '../ask.ts';
import type { Context } from '../context.ts';
import { fail, ok, type Result, skipped, warn } from '../finding.ts';
import type { TokenRules } from '../installation.ts';

const CLOCK_TOLERANCE_SECONDS = 5;

export const isLocal = (url: string): boolean => /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(url);

async function findKeys({ issuer, jwksUrl }: TokenRules): Promise<{ keys: JSONWebKeySet | null; results: Result[] }> {
  const results: Result[] = [];
  let url = jwksUrl;
  if (url === null) {
    const discovery = `${(issuer ?? '').replace(/\/$/, '')}/.well-known/openid-configuration`;
    const advice = 'see that the identity provider runs and OIDC_ISSUER is exactly what it calls itself, or set OIDC_JWKS_URL';
    try {
      const { status, body } = await ask(discovery);
      const { issuer: named, jwks_uri: uri } = (body ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
      if (status !== 200) return { keys: null, results: [fail('issuer', `${discovery} answered ${status}`, advice)] };
      if (named !== issuer)
        return { keys: null, results: [fail('issuer', `calls itself ${String(named)}, OIDC_ISSUER is ${issuer}`, advice)] };
      if (typeof uri !== 'string') return { keys: null, results: [fail('issuer', 'its discovery names no jwks_uri', advice)] };
      url = uri;
    } catch (error) {
      return { keys: null, results: [fail('issuer', `${discovery} does not answer: ${reasonOf(error)}`, advice)] };
    }
  }
  if (url.startsWith('http:') && !isLocal(url))
    results.push(
      warn('issuer', `its keys are fetched without TLS from ${url}`, 'whoever is on the way can put keys of his own there: use https'),
    );
  try {
    const { status, body } = await ask(url);
    const keys = (body as { keys?: unknown } | null)?.keys;
    const usable = Array.isArray(keys)
      ? (keys as { kty?: string; use?: string }[]).filter(({ kty, use }) => kty !== 'oct' && use !== 'enc')
      : [];
    if (status !== 200 || usable.length === 0)
      return {
        keys: null,
        results: [
          ...results,
          fail('JWKS', `${url} answered ${status} with no key to verify signatures`, 'see the configuration of the identity provider'),
        ],
      };
    return { keys: body as JSONWebKeySet, results: [...results, ok('JWKS', `${usable.length} keys at ${url}`)] };
  } catch (error) {
    return {
      keys: null,
      results: [
        ...results,
        fail(
          'JWKS',
          `${url} does not answer: ${reasonOf(error)}`,
          'the gateway needs it to verify tokens: see network rules and the identity provider',
        ),
      ],
    };
  }
}

async function judgeToken(token: string, keys: JSONWebKeySet, rules: TokenRules): Promise<Result> {
  const subject = 'token';
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      ...(rules.issuer === null ? {} : { issuer: rules.issuer }),
      audience: rules.audience,
      algorithms: [...ALGORITHMS],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'exp'],
    });
    const principal = principalOf(payload, rules);
    if (principal === null)
      return fail(subject, 'its subject is not usable', 'let the identity provider give a sub of 1 to 255 characters');
    if (principal.roles.length === 0)
      return fail(
        subject,
        `its claim ${rules.rolesClaim} names no role`,
        'let the identity provider put roles or groups there, set ROLES_CLAIM to where they are, or map them by ROLE_MAP',
      );
    if (principal.ledgers.size === 0)
      return fail(
        subject,
        `its claim ${rules.ledgersClaim} grants no ledger`,
        'let the identity provider put ids of ledgers (or *) there, or set LEDGERS_CLAIM to where they are',
      );
    return ok(subject, `verifies; roles ${principal.roles.join(', ')}`);
  } catch (error) {
    const claim = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired ? ` (claim ${error.claim})` : '';
    return fail(
      subject,
      `is refused: ${reasonOf(error)}${claim}`,
      'compare OIDC_ISSUER and OIDC_AUDIENCE with the iss and aud of the token, and take a fresh one',
    );
  }
}

async function askGateway(apiUrl: string, token: string): Promise<Result[]> {
  const subject = 'token at the gateway';
  try {
    const { status, body } = await ask(`${apiUrl}/api/v1/me`, { authorization: `Bearer ${token}` });
    if (status === 200) return [ok(subject, 'is accepted')];
    const { detail = '' } = (body ?? {}) as { detail?: string };
    return [
      fail(
        subject,
        `answered ${status} ${detail}`,
        'the gateway may have another OIDC_ISSUER, OIDC_AUDIENCE or claim names than the doctor was told',
      ),
    ];
  } catch {
    // That the gateway does not answer is told by the check of connections.
    return [];
  }
}

/** The keys of the issuer, and whether a token of it has what the gateway needs. */
export async function tokens({ installation }: Context): Promise<Result[]> {
  const { rules, apiUrl } = installation;
  if (rules.issuer === null && rules.jwksUrl === null) return [skipped('issuer', 'is not known', 'set OIDC_ISSUER')];
  const { keys, results } = await findKeys(rules);
  let token: string | null;
  try {
    token = await installation.token();
  } catch (error) {
    return [...results, fail('token', `none was given: ${reasonOf(error)}`, 'see the identity provider')];
  }
  if (token === null) return [...results, skipped('token', 'none to look at', 'set LEDGERFLOW_TOKEN to one of the issuer')];
  if (keys !== null) results.push(await judgeToken(token, keys, rules));
  if (apiUrl !== null) results.push(...(await askGateway(apiUrl, token)));
  return results;
}
