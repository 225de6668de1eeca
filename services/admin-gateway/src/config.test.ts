import { describe, expect, it } from '@jest/globals';
import { type ConfigError, parseConfig } from '@ledgerflow/platform/config';
import { GATEWAY_CONFIG } from './config.ts';

const GOOD = {
  READ_DATABASE_URL: 'postgres://r',
  AUDIT_DATABASE_URL: 'postgres://a',
  WRITER_ADDRESSES: 'writer:1',
  OIDC_ISSUER: 'https://id.example',
  TOKEN_SECRET: 't'.repeat(32),
  TLS_CA_FILE: 'a',
  TLS_CERT_FILE: 'b',
  TLS_KEY_FILE: 'c',
};

function problemsOf(over: Record<string, string>): readonly string[] {
  try {
    parseConfig(GATEWAY_CONFIG, { ...GOOD, ...over });
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('the configuration', () => {
  it('tells all that is wrong with its lists and addresses at once', () => {
    const wrong = {
      ROLE_MAP: 'staff=boss',
      OPS_ADDRESSES: 'writer',
      OIDC_JWKS_URL: 'https://',
      TRUSTED_PROXIES: 'x',
      OIDC_ISSUER: 'http://',
      DASHBOARD_DIR: '/nowhere/at/all',
    };
    const problems = problemsOf(wrong);
    expect(new Set(problems.map((problem) => problem.split(/[: ]/)[0]))).toEqual(new Set(Object.keys(wrong)));
    expect(problems).toHaveLength(Object.keys(wrong).length);
  });

  it.each<[Record<string, string>, number]>([
    [{}, 0],
    [{ OIDC_ISSUER: 'http://127.0.0.1:9000' }, 0],
    [{ OIDC_ISSUER: 'http://id.ledgerflow.localhost:9000/realm' }, 0],
    [{ OIDC_ISSUER: 'http://[::1]:9000' }, 0],
    [{ OIDC_ISSUER: 'http://id.example' }, 1],
    [{ OIDC_ISSUER: 'http://127.0.0.1.evil.example' }, 1],
    [{ OIDC_ISSUER: 'http://keycloak:8080', OIDC_HTTP_ALLOWED: 'true' }, 0],
    [{ OIDC_ISSUER: 'http://keycloak:8080', OIDC_HTTP_ALLOWED: 'false' }, 1],
    [{ OIDC_JWKS_URL: 'https://id.example/keys' }, 0],
    [{ OIDC_JWKS_URL: 'http://127.0.0.1/keys' }, 1],
  ])('reaches the identity provider by https, or on this machine: %j', (over, count) => expect(problemsOf(over)).toHaveLength(count));
});
