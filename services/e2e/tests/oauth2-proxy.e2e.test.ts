import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser, freePorts, type IdentityServer, requestToken, startIdentityServer } from '@ledgerflow/local/testing';
import { silentLogger } from '@ledgerflow/platform/log';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenVerifier } from '../../admin-gateway/src/auth/verifier.ts';
import { TestGateway } from '../../admin-gateway/src/test/gateway.ts';
import { BUILD_WAIT_MS, oauth2ProxyProblem } from '../oauth2-proxy/program.ts';
import { Proxy } from '../oauth2-proxy/proxy.ts';
import { until } from '../stack/wait.ts';

const COOKIE = 'ledgerflow_oauth2_proxy';
const ACCESS_TTL_SECONDS = 6;
const WAIT_MS = 30_000;
const problem = await oauth2ProxyProblem();
if (problem !== null) {
  if (process.env['CI'] === 'true') throw new Error(`This would be skipped, which CI=true forbids: ${problem}`);
  process.stderr.write(`Skipping the tests behind oauth2-proxy: ${problem}\n`);
}

(problem === null ? describe : describe.skip)('behind oauth2-proxy', () => {
  let folder: string;
  let identity: IdentityServer;
  let test: TestGateway;
  let proxy: Proxy;
  /** The same, with sessions that end after seconds. */
  let hasty: Proxy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oauth2-proxy-'));
    const [port = 0, hastyPort = 0] = await freePorts(2);
    const url = `http://127.0.0.1:${port}`;
    identity = await startIdentityServer({
      host: '127.0.0.1',
      port: 0,
      keysFile: join(folder, 'keys.json'),
      audience: 'ledgerflow',
      redirectUris: [port, hastyPort].map((each) => `http://127.0.0.1:${each}/oauth2/callback`),
      accessTokenTtlSeconds: ACCESS_TTL_SECONDS,
      log: silentLogger,
    });
    const { issuer } = identity;
    const claims = { rolesClaim: 'roles', ledgersClaim: 'ledgers', roleMap: new Map() };
    const verifier = new TokenVerifier({ issuer, audience: 'ledgerflow', ...claims, keysRefreshMs: 60_000, log: silentLogger });
    test = await TestGateway.start({ issuer, publicUrl: url, verifier });
    const common = { issuer, gatewayUrl: test.url };
    proxy = await Proxy.start({ ...common, port, over: { 'cookie-refresh': '2s' } });
    hasty = await Proxy.start({ ...common, port: hastyPort, over: { 'cookie-expire': '3s', 'cookie-refresh': '0s' } });
  }, BUILD_WAIT_MS);
  afterAll(async () => {
    await hasty?.stop();
    await proxy?.stop();
    await test?.stop();
    await identity?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const me = async (browser: Browser, base = proxy.url): Promise<Response> => browser.fetch(`${base}/api/v1/me`);
  const openLedger = (browser: Browser, id: string, headers: Record<string, string> = {}): Promise<Response> =>
    browser.fetch(`${proxy.url}/api/v1/ledgers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id, ...headers },
      body: JSON.stringify({ id, currencies: ['USD'] }),
    });

  it('a browser signs in, reads and writes through it, and signs out', async () => {
    const browser = new Browser();
    expect((await me(browser)).status).toBe(401);
    const { url, response, way } = await browser.signIn(`${proxy.url}/docs`, 'admin');
    expect([url, response.status]).toEqual([`${proxy.url}/docs`, 200]);
    expect(way.some((address) => new URL(address).pathname === '/oauth2/callback')).toBe(true);
    expect(await (await me(browser)).json()).toMatchObject({ id: 'admin', roles: ['admin'] });
    expect(await (await browser.fetch(`${proxy.url}/oauth2/userinfo`)).json()).toMatchObject({ user: 'admin' });
    expect((await openLedger(browser, 'through')).status).toBe(201);
    expect(await (await openLedger(browser, 'evil', { 'sec-fetch-site': 'cross-site' })).json()).toMatchObject({ code: 'csrf_refused' });
    expect(await (await openLedger(browser, 'evil', { origin: 'https://evil.example' })).json()).toMatchObject({ code: 'csrf_refused' });
    for (const cookie of await browser.jar.getCookies(proxy.url))
      if (cookie.key.startsWith(COOKIE)) expect([cookie.httpOnly, cookie.sameSite]).toEqual([true, 'lax']);

    await browser.visit(`${proxy.url}/oauth2/sign_out?rd=/healthz`);
    expect((await browser.cookies(proxy.url)).has(COOKIE)).toBe(false);
    expect((await me(browser)).status).toBe(401);
  });

  it('its refreshed tokens are taken long after the first has ended', async () => {
    const browser = new Browser();
    await browser.signIn(`${proxy.url}/docs`, 'viewer');
    const first = (await browser.cookies(proxy.url)).get(COOKIE);
    const untilMs = Date.now() + (ACCESS_TTL_SECONDS + 6) * 1000;
    const statuses = new Set<number>();
    const hasEnded = async (): Promise<boolean> => {
      statuses.add((await me(browser)).status);
      return Date.now() > untilMs;
    };
    await until('the first token has ended', hasEnded, WAIT_MS);
    expect([...statuses]).toEqual([200]);
    expect((await browser.cookies(proxy.url)).get(COOKIE)).not.toBe(first);
  });

  it('a session ends in time, even for one who keeps the cookie', async () => {
    const browser = new Browser();
    await browser.signIn(`${hasty.url}/docs`, 'viewer');
    const kept = { cookie: await browser.jar.getCookieString(hasty.url) };
    const status = async (): Promise<number> => (await fetch(`${hasty.url}/api/v1/me`, { headers: kept })).status;
    expect(await status()).toBe(200);
    await until('the session has ended', async () => (await status()) === 401, WAIT_MS);
  });

  it('machines come with their own token, and the gateway believes tokens only', async () => {
    const token = await requestToken(identity.issuer, { roles: ['operator'], subject: 'machine' });
    const answer = await fetch(`${proxy.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ id: 'machine', roles: ['operator'] });
    const forged = { 'x-forwarded-user': 'admin', 'x-forwarded-email': 'admin@ledgerflow.localhost', 'x-forwarded-access-token': token };
    expect((await fetch(`${test.url}/api/v1/me`, { headers: forged })).status).toBe(401);
    const [header, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ sub: 'admin', roles: ['admin'], ledgers: ['*'] })).toString('base64url');
    for (const url of [proxy.url, test.url]) {
      const refused = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${header}.${payload}.${signature}` } });
      expect(refused.status).toBe(401);
    }
  });
});
