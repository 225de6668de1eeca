import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { withoutCredentials, withoutSecrets } from './index.ts';
import { captureLog } from './testing/index.ts';

describe('what a log line keeps to itself', () => {
  it('secrets by their names, down to two levels', () => {
    const line = {
      token: 'x',
      ids: ['a'],
      request: { authorization: 'x', path: '/' },
      a: { b: { password: 'x', kept: 1 } },
      list: [{ secret: 'x' }],
    };
    expect(withoutSecrets(line)).toEqual({
      token: '[redacted]',
      ids: ['a'],
      request: { authorization: '[redacted]', path: '/' },
      a: { b: { password: '[redacted]', kept: 1 } },
      list: [{ secret: '[redacted]' }],
    });
    expect(line.token).toBe('x');
  });

  it('leaves a line without secrets as it is', () => {
    const line = { status: 201, err: new Error('x'), nested: { list: [1, null] } };
    expect(withoutSecrets(line)).toBe(line);
  });

  it('secrets by the names that headers and OAuth have for them', () => {
    const headers = { 'X-Forwarded-Access-Token': 'x', 'set-cookie': ['x'], accept: '*/*' };
    expect(withoutSecrets({ headers, tokenSecret: 'x', client_secret: 'x', refreshToken: 'x', tokenEndpoint: 'kept' })).toEqual({
      headers: { 'X-Forwarded-Access-Token': '[redacted]', 'set-cookie': '[redacted]', accept: '*/*' },
      tokenSecret: '[redacted]',
      client_secret: '[redacted]',
      refreshToken: '[redacted]',
      tokenEndpoint: 'kept',
    });
  });

  it.each([
    ['connect postgres://me:pass@host/db', 'connect postgres://me:***@host/db'],
    ['main=postgres://me:p@ss/word@host:5432/db failed', 'main=postgres://me:***@host:5432/db failed'],
    ['redis://:pass@host', 'redis://:***@host'],
    ['got Bearer abcdEFGH1234 for it', 'got Bearer *** for it'],
    ['authorization: basic bWU6cGFzcw==', 'authorization: basic ***'],
    ['token eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'token ***'],
    ['Cookie: a=b; c=d\nHost: x', 'Cookie: ***\nHost: x'],
    ['/oauth2/callback?code=abc&state=defghijklmnopqrs&iss=x', '/oauth2/callback?code=***&state=***&iss=x'],
    ['grant_type=refresh_token&refresh_token=abc&client_secret=def', 'grant_type=refresh_token&refresh_token=***&client_secret=***'],
    ['{"error":"x","access_token":"abc"}', '{"error":"x","access_token":"***"}'],
    ['{\\"client_secret\\": \\"abc\\"}', '{\\"client_secret\\": \\"***\\"}'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----', '***'],
  ])('secrets in a text: %s', (text, clean) => {
    expect(withoutCredentials(text)).toBe(clean);
  });

  it.each([
    '{"issuer":"http://127.0.0.1:4000","principal":"alice@example.com"}',
    'http://127.0.0.1:4000/users/alice@example.com',
    'connect ECONNREFUSED 127.0.0.1:5432 (code=ECONNREFUSED)',
    'Basic credentials are not taken; the bearer token has expired',
    'password authentication failed for user "x"',
  ])('nothing else: %s', (text) => {
    expect(withoutCredentials(text)).toBe(text);
  });

  it('writes no secret, however deep in a line, in a message or in an error', () => {
    const { log, text } = captureLog('test');
    const url = 'postgres://me:secret-password@host/db';
    const key = '-----BEGIN PRIVATE KEY-----\nsecret-key\n-----END PRIVATE KEY-----';
    log.child({ url }).warn({ err: new Error(`no ${url}\n${key}`), reason: url, a: { b: { c: { d: { password: 'secret-deep' } } } } }, url);
    expect(text()).not.toContain('secret-');
    expect(text().match(/me:\*\*\*@host/g)).toHaveLength(5);
    expect(JSON.parse(text())).toMatchObject({ level: 'warn', a: { b: { c: { d: { password: '***' } } } } });
  });
});

/** Writes 32 MiB of lines at once, says so, and stays. */
const CHATTER = `
  import { createLogger } from '${new URL('./index.ts', import.meta.url).href}';
  const log = createLogger('chatter', 'info');
  for (let line = 0; line < 32_768; line++) log.info({ line, text: 'x'.repeat(1_000) }, 'chatter');
  process.send('done');
  setInterval(() => undefined, 1_000);
`;

it('says how many lines were lost while standard output did not take them', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHATTER], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  try {
    await once(child, 'message');
    let seen = 0;
    let lost: unknown = null;
    for await (const text of createInterface({ input: child.stdout! })) {
      const line = JSON.parse(text) as { msg: string; lines: number };
      if (line.msg === 'chatter') seen += 1;
      else {
        lost = line.lines;
        break;
      }
    }
    expect(seen).toBeGreaterThan(1_000);
    expect(lost).toBe(32_768 - seen);
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
