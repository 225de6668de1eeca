import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectNoSecrets, type KnownSecret } from '@ledgerflow/platform/log/testing';
import { AUDIENCE } from '../stack/issuer.ts';
import { expectNoLoggedSecrets, ServiceProcess } from '../stack/service.ts';
import { DATABASE_PASSWORD, Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const START_MS = 120_000;
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';
const PASSWORD = 'password-that-nobody-shall-read';
const CLIENT_SECRET = 'client-secret-that-nobody-shall-read';
const CODE = 'code-that-nobody-shall-read';
const COOKIE = 'cookie-that-nobody-shall-read';

let stack: Stack;
const known: KnownSecret[] = Object.entries({ PASSWORD, CLIENT_SECRET, CODE, COOKIE }).map(([kind, value]) => ({ kind, value }));

beforeAll(async () => {
  stack = await Stack.start({
    // What the bootstraps tell the server, passwords of roles among it, is in its log.
    postgres: { settings: { log_statement: 'all' } },
    environment: {
      'ledger-writer': { LOG_LEVEL: 'debug', KAFKA_BROKERS: NOWHERE },
      'read-model-builder': { LOG_LEVEL: 'debug' },
      'admin-gateway': { LOG_LEVEL: 'debug' },
    },
  });
}, START_MS);
afterAll(() => stack?.stop(), START_MS);

/** A GET as it is written, which fetch would refuse. */
async function raw(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const { hostname, port } = new URL(stack.url);
  const asked = request({ hostname, port, path, headers }).end();
  const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode?: number }];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

/** The environment of one of the stack's gateways, to start another one by. */
const gatewayEnvironment = (): Record<string, string> => ({
  ...stack.tls('admin-gateway'),
  LOG_LEVEL: 'debug',
  HTTP_PORT: '0',
  READ_DATABASE_URL: stack.urls.readGateway,
  AUDIT_DATABASE_URL: stack.urls.audit,
  WRITER_ADDRESSES: stack.writerAddresses.join(','),
  OIDC_ISSUER: stack.issuer.url,
  OIDC_AUDIENCE: AUDIENCE,
  TOKEN_SECRET: 'another-secret-for-tests-of-32-characters',
});

describe('no log has', () => {
  it('what callers send', async () => {
    const claims = { roles: ['admin'] };
    const { issuer } = stack;
    const good = await issuer.token(claims);
    const wrong = [
      `${good.slice(0, -8)}AAAAAAAA`,
      await issuer.token({ ...claims, expiresInSeconds: -3_600 }),
      await issuer.token({ ...claims, audience: 'somebody-else' }),
      issuer.unsignedToken(claims),
      'no-token-at-all-but-secret-all-the-same',
    ];
    const target = '/api/v1/ledgers';
    for (const token of wrong) {
      known.push({ kind: 'a wrong token', value: token });
      expect(await raw(target, { authorization: `Bearer ${token}` })).toBe(401);
      expect(await raw(`${target}?access_token=${token}`, {})).toBe(401);
      expect(await raw(target, { 'x-forwarded-access-token': token })).toBe(401);
    }
    known.push({ kind: 'a token in a query', value: good });
    const basic = Buffer.from(`alice:${PASSWORD}`).toString('base64');
    known.push({ kind: 'Basic credentials', value: basic });
    expect(await raw(target, { authorization: `Basic ${basic}` })).toBe(401);
    expect(await raw(`http://alice:${PASSWORD}@127.0.0.1${target}`, {})).toBeGreaterThanOrEqual(400);
    expect(await raw(target, { cookie: `ledgerflow_session=1~${COOKIE}; ledgerflow_seen=${COOKIE}` })).toBe(401);
    expect(await raw(`${target}?access_token=${good}`, { authorization: `Bearer ${good}` })).toBe(400);
    expect(await raw(`/api/v1/admin/health?access_token=${good}`, { authorization: `Bearer ${good}` })).toBeGreaterThanOrEqual(200);
    const admin = await stack.client(claims);
    // Nor the audit store, which keeps what was asked for.
    const audited = await until('the audit store has the refusals', async () => {
      const { text } = await admin.get('/admin/audit?limit=100');
      return /access_token=\*\*\*/.test(text) && text;
    });
    expectNoSecrets([{ name: 'audit', text: audited }], [...known, ...issuer.secrets]);
    await until('refusals are logged', () => stack.gateway.logText().includes('"code":"unauthenticated"'));
  }, 60_000);

  it('what a failed sign-in has', async () => {
    // An identity provider whose token endpoint says what it was told: codes, verifiers and the client's secret.
    const heard: string[] = [];
    const answers = [400, 200, 500, 401];
    const provider: Server = createServer((asked, response) => {
      const { port } = provider.address() as AddressInfo;
      const issuer = `http://127.0.0.1:${port}`;
      const say = (status: number, body: unknown): void =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (asked.url === '/token') {
        let body = '';
        asked.setEncoding('utf8').on('data', (text: string) => (body += text));
        asked.on('end', () => {
          const all = `${asked.headers.authorization} ${body}`;
          heard.push(all);
          const token = heard.length === 2 ? { access_token: all, token_type: 'bearer', refresh_token: all, id_token: all } : {};
          say(answers[heard.length - 1] ?? 400, {
            error: heard.length === 2 ? undefined : 'invalid_grant',
            error_description: all,
            ...token,
          });
        });
      } else if (asked.url === '/jwks') say(200, { keys: [] });
      else
        say(200, { issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const environment = {
      ...gatewayEnvironment(),
      OIDC_ISSUER: issuer,
      PUBLIC_URL: 'http://localhost:4999',
      OIDC_CLIENT_ID: 'browser',
      OIDC_CLIENT_SECRET: CLIENT_SECRET,
      SESSION_SECRETS: 'session-secret-that-nobody-shall-read,another-session-secret-of-32-characters',
    };
    const gateway = new ServiceProcess('admin-gateway', environment, join(stack.folder, 'sign-in.log'));
    try {
      await gateway.start();
      const url = `http://127.0.0.1:${gateway.ports['http']}`;
      const visit = (path: string, cookie = ''): Promise<Response> =>
        fetch(url + path, { redirect: 'manual', headers: { cookie, host: 'localhost:4999' } });
      for (const _ of answers) {
        const began = await visit('/oauth2/start?public');
        const cookies = began.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
        const state = new URL(began.headers.get('location') ?? '').searchParams.get('state') ?? '';
        for (const cookie of cookies) known.push({ kind: 'a cookie', value: cookie.slice(cookie.indexOf('=') + 1) });
        known.push({ kind: 'a state', value: state });
        const ended = await visit(`/oauth2/callback?code=${CODE}&state=${state}`, cookies.join('; '));
        expect(ended.status).toBeGreaterThanOrEqual(400);
      }
      expect(heard).toHaveLength(answers.length);
      for (const text of heard) known.push({ kind: 'a code verifier', value: /code_verifier=([\w-]+)/.exec(text)?.[1] ?? '' });
      await visit('/oauth2/userinfo', `ledgerflow_session=1~${COOKIE}`);
    } finally {
      await gateway.stop();
      provider.closeAllConnections();
      await new Promise((resolve) => provider.close(resolve));
    }
    await gateway.written();
    expect(gateway.logText().match(/a sign-in failed/g)).toHaveLength(answers.length);
    await expectNoLoggedSecrets([gateway], known);
  }, 60_000);

  it.each([
    ['a database that is not reached', `postgres://nobody:${PASSWORD}@${NOWHERE}/none`],
    ['a password that is wrong', (): string => stack.urls.readGateway.replace(DATABASE_PASSWORD, PASSWORD)],
    ['an address that is none', `postgres://nobody:${PASSWORD}/with a slash@${NOWHERE}:x/none`],
  ])(
    'the password of %s',
    async (name, address) => {
      const url = typeof address === 'string' ? address : address();
      const environment = { ...gatewayEnvironment(), READ_DATABASE_URL: url, AUDIT_DATABASE_URL: url };
      const gateway = new ServiceProcess('admin-gateway', environment, join(stack.folder, `${name.replaceAll(' ', '-')}.log`));
      const failure = await gateway.start().then(
        () => 'it started',
        (error: Error) => error.message,
      );
      await gateway.stop();
      expectNoSecrets([{ name: 'failure', text: failure }], known);
      await expectNoLoggedSecrets([gateway], known);
      expect(gateway.logText()).toMatch(/"level":"(fatal|warn|error)"/);

      const bootstrap = spawn(process.execPath, [join(ROOT, 'services/admin-gateway/src/bootstrap.ts')], {
        env: {
          PATH: process.env['PATH'],
          ADMIN_DATABASE_URL: url,
          AUDIT_OWNER_DATABASE_URL: url,
          AUDIT_DATABASE_URL: url,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [bootstrap.stdout, bootstrap.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
      expect((await once(bootstrap, 'close'))[0]).not.toBe(0);
      expect(output).not.toBe('');
      expectNoSecrets([{ name: 'bootstrap', text: output }], known);
    },
    60_000,
  );

  it('what the services and their servers were started with', async () => {
    const writer = stack.writers[0]!;
    await (await stack.client({ roles: ['admin'] })).mustPost('/ledgers', { id: 'secrets' });
    await until('the relay says that Kafka is not reached', () => /"kafkajs":/.test(writer.logText()), 20_000);
    await stack.gateway.stop();
    await Promise.all([...stack.builders, ...stack.writers].map((service) => service.stop()));
    await stack.expectNoSecrets();
    expect(await readFile(join(stack.folder, 'postgres.log'), 'utf8')).toMatch(/alter role .* password 'SCRAM-SHA-256\$/);
  }, 60_000);
});

it('a secret that is logged ends the run of its stack with a failure', async () => {
  const { logFile } = stack.gateway;
  const before = await readFile(logFile, 'utf8');
  const line = before.split('\n').length;
  const token = await stack.issuer.token({ roles: ['viewer'] });
  const tokenSecret = stack.gateway.knownSecrets.find(({ kind }) => kind.includes('TOKEN_SECRET'))!;
  await appendFile(logFile, `${token}\n${stack.urls.ledger}\n${tokenSecret.value}\n`);
  const failure = await stack.expectNoSecrets().catch((error: Error) => error.message);
  for (const [index, kind] of ['a JSON Web Token', 'a password in a URL', 'the secret of TOKEN_SECRET'].entries())
    expect(failure).toContain(`admin-gateway-0.log:${line + index}: ${kind}`);
  for (const secret of [token, DATABASE_PASSWORD, tokenSecret.value]) expect(failure).not.toContain(secret);
  await writeFile(logFile, before);
  await stack.expectNoSecrets();
});
