import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '@ledgerflow/platform/config';
import { GATEWAY_CONFIG } from '../config.ts';
import { signInOptions } from './options.ts';

const REQUIRED = {
  READ_DATABASE_URL: 'postgres://r',
  AUDIT_DATABASE_URL: 'postgres://a',
  WRITER_ADDRESSES: 'writer:1',
  OIDC_ISSUER: 'https://id.example',
  TOKEN_SECRET: 't'.repeat(32),
  TLS_CA_FILE: 'a',
  TLS_CERT_FILE: 'b',
  TLS_KEY_FILE: 'c',
};
const [FIRST, SECOND] = ['first-secret-of-at-least-32-letters', 'second-secret-of-at-least-32-letters'];
const SIGN_IN = { OIDC_CLIENT_ID: 'ledgerflow-browser', PUBLIC_URL: 'https://ledger.example/', SESSION_SECRETS: `${SECOND},${FIRST}` };
const parse = (over: Record<string, string>) => signInOptions(parseConfig(GATEWAY_CONFIG, { ...REQUIRED, ...over }));

describe('the variables of sign-in', () => {
  it('are needed only by a gateway that signs in by itself', () => {
    expect(parse({})).toBeNull();
    expect(parse({ PUBLIC_URL: 'https://ledger.example' })).toBeNull();
    expect(parse(SIGN_IN)).toMatchObject({
      publicUrl: 'https://ledger.example',
      clientId: 'ledgerflow-browser',
      secrets: [SECOND, FIRST],
      scopes: 'openid profile email',
      idleSeconds: 1_800,
      maxSeconds: 43_200,
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ OIDC_CLIENT_ID: 'x' }, 'PUBLIC_URL is required with OIDC_CLIENT_ID'],
    [{ OIDC_CLIENT_ID: 'x' }, 'SESSION_SECRETS is required with OIDC_CLIENT_ID'],
    [{ ...SIGN_IN, OIDC_CLIENT_ID: 'ledgerflow' }, 'OIDC_CLIENT_ID must not be OIDC_AUDIENCE'],
    [{ ...SIGN_IN, PUBLIC_URL: 'https://ledger.example/app' }, 'PUBLIC_URL must be scheme, host and port only'],
    [{ ...SIGN_IN, SESSION_SECRETS: `${FIRST},short` }, 'SESSION_SECRETS must be secrets of at least 32 characters'],
    [{ ...SIGN_IN, SESSION_IDLE_SECONDS: '7200', SESSION_MAX_SECONDS: '3600' }, 'SESSION_IDLE_SECONDS must not be more than'],
  ])('%j: %s', (over, message) => expect(() => parse(over)).toThrow(message));
});
