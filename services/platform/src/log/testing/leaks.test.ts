import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { expectNoSecrets, findLeaks, secretsOf } from './index.ts';

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWl0';

describe('secrets in a log', () => {
  it.each([
    ['a JSON Web Token', `the token ${JWT} is wrong`],
    ['a JSON Web Token', 'unsigned eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'],
    ['an encrypted JSON Web Token', 'eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn'],
    ['a bearer token', '{"msg":"Bearer 0123456789abcdef0123"}'],
    ['Basic credentials', `{"msg":"authorization was Basic ${Buffer.from('alice:pass').toString('base64')}"}`],
    ['a header with credentials', '{"headers":{"authorization":"anything"}}'],
    ['a header with credentials', '{"headers":{"set-cookie":["a=b"]}}'],
    ['a header with credentials', '{"headers":{"x-forwarded-access-token":"anything"}}'],
    ['a cookie', 'sent ledgerflow_session=1~abcdef; Path=/'],
    ['a password in a URL', 'no connection to postgres://ledger:pw@db:5432/x'],
    ['a private key', '-----BEGIN EC PRIVATE KEY-----'],
    ['a named secret', '{"client_secret":"abc"}'],
    ['a named secret', '{"body":"{\\"refresh_token\\":\\"abc\\"}"}'],
    ['a secret parameter', 'POST grant_type=x&client_secret=abc'],
  ])('are found by their shape: %s', (kind, line) => {
    expect(findLeaks(`first\n${line}\nlast\n`)).toContainEqual({ line: 2, kind });
  });

  it('are found by their value', () => {
    const known = [{ kind: 'the session secret', value: 'plain-words-of-a-secret' }];
    expect(findLeaks('a\nb\nwith plain-words-of-a-secret in it\nplain-words-of-a-secret', known)).toEqual([
      { line: 3, kind: 'the session secret' },
      { line: 4, kind: 'the session secret' },
    ]);
  });

  it.each([
    '{"issuer":"http://127.0.0.1:4000","principal":"alice@example.com"}',
    '{"authorization":"[redacted]","url":"postgres://ledger:***@db/x","password":"***"}',
    'Basic credentials are not taken, a bearer token is asked for',
    'password authentication failed for user "ledgerflow_writer"',
  ])('are not seen where none is: %s', (line) => {
    expect(findLeaks(line)).toEqual([]);
  });

  it('are told with file, line and kind, and without themselves', () => {
    const leak = (): void => expectNoSecrets([{ name: 'gateway.log', text: `first\nsecond ${JWT}` }]);
    expect(leak).toThrow('secrets in the logs:\n  gateway.log:2: a JSON Web Token');
    expect(leak).not.toThrow(JWT);
    expect(() => expectNoSecrets([{ name: 'gateway.log', text: 'first' }])).not.toThrow();
  });
});

describe('the secrets of an environment', () => {
  it('are what is named so, the passwords of its URLs, and what its files hold', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-secrets-'));
    try {
      const [key, token] = [join(folder, 'key.pem'), join(folder, 'token')];
      const line = 'A'.repeat(64);
      writeFileSync(key, `-----BEGIN PRIVATE KEY-----\n${line}\nAA==\n-----END PRIVATE KEY-----\n`);
      writeFileSync(token, 'token-in-a-file\n');
      const secrets = secretsOf({
        LEDGER_CLUSTERS: 'a=postgres://u:p%40ss@h/d,b=postgres://u:other@h/d',
        SESSION_SECRETS: 'one,two',
        TLS_KEY_FILE: key,
        GATEWAY_TOKEN_FILE: token,
        OIDC_ISSUER: 'http://127.0.0.1:4000',
      });
      expect(secrets.map(({ value }) => value)).toEqual(['p%40ss', 'p@ss', 'other', 'one', 'two', line, 'token-in-a-file']);
      expect(secrets[0]?.kind).toBe('the secret of LEDGER_CLUSTERS');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
