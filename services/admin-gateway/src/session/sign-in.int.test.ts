import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Browser, CLIENT_ID, CLIENT_SECRET, requestToken } from '@ledgerflow/local/testing';
import { ACCESS_TTL_SECONDS, isTakenBack, SESSION, TestSignIn } from '../test/sign-in.ts';

const CSRF = { 'x-ledgerflow-csrf': '1', 'content-type': 'application/json' };
const JSON_ONLY = { accept: 'application/json' };
const EVIL = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };

let test: TestSignIn;
let url: string;
beforeAll(async () => {
  test = await TestSignIn.start();
  ({ url } = test);
});
afterAll(() => test.stop());

const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
const atProvider = (path: string, form: Record<string, string>): Promise<Response> =>
  realFetch(test.identity.issuer + path, { method: 'POST', headers: { authorization: BASIC }, body: new URLSearchParams(form) });
/** What the provider says to a refresh token. */
const renewed = async (token: string): Promise<unknown> =>
  (await atProvider('/token', { grant_type: 'refresh_token', refresh_token: token })).json();

/** The requests to the provider's token endpoint. */
let tokenRequests = 0;
const realFetch = globalThis.fetch;
const addressOf = (input: string | URL | Request): string => (input instanceof Request ? input.url : input.toString());
beforeEach(() => {
  test.aheadMs = 0;
  tokenRequests = 0;
  globalThis.fetch = (input, init) => {
    if (addressOf(input).endsWith('/token')) tokenRequests += 1;
    return realFetch(input, init);
  };
});
afterEach(() => {
  globalThis.fetch = realFetch;
});

const api = (browser: Browser, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  browser.fetch(`${url}/api/v1${path}`, { headers });
const openLedger = (browser: Browser, id: string, headers: Record<string, string>): Promise<Response> =>
  browser.fetch(`${url}/api/v1/ledgers`, {
    method: 'POST',
    headers: { 'idempotency-key': id, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ id, currencies: ['USD'] }),
  });
const problemOf = async (response: Response): Promise<unknown> => [response.status, ((await response.json()) as { code: string }).code];
describe('signing in with a browser', () => {
  it('goes to the provider with PKCE, state and nonce, and comes back with a session', async () => {
    const browser = new Browser();
    const { url: at, way, response } = await browser.signIn(`${url}/oauth2/start?rd=%2Fdocs%3Fa%3D1`, 'operator');
    expect([at, response.status]).toEqual([`${url}/docs?a=1`, 200]);
    expect(way.some((address) => address.startsWith(`${url}/oauth2/callback?code=`))).toBe(true);
    const start = await new Browser().fetch(`${url}/oauth2/sign_in`);
    const query = new URL(start.headers.get('location') ?? '').searchParams;
    expect(start.status).toBe(303);
    expect(Object.fromEntries(query)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', client_id: CLIENT_ID });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{43}$/);

    const me = await api(browser, '/me');
    expect(await me.json()).toMatchObject({ id: 'operator', roles: ['operator'] });
    const user = await browser.fetch(`${url}/oauth2/userinfo`);
    expect(await user.json()).toEqual({
      user: 'operator',
      email: 'operator@ledgerflow.localhost',
      groups: ['operator'],
      preferredUsername: 'operator',
    });
    expect((await browser.fetch(`${url}/oauth2/auth`)).status).toBe(202);
    const bearer = await requestToken(test.identity.issuer, { roles: ['viewer'], subject: 'machine' });
    expect(await (await api(browser, '/me', { authorization: `Bearer ${bearer}` })).json()).toMatchObject({ id: 'machine' });
  });

  it.each(['/oauth2/userinfo', '/oauth2/auth'])(
    'says at %s that nobody is signed in, and that a session has ended where there was one',
    async (path) => {
      const nobody = await new Browser().fetch(url + path, { headers: JSON_ONLY });
      expect([nobody.status, await nobody.json()]).toMatchObject([
        401,
        { code: 'unauthenticated', title: 'A valid bearer token or session is required', detail: 'Nobody is signed in' },
      ]);
      const ended = await fetch(url + path, { headers: { ...JSON_ONLY, cookie: `${SESSION}=gone` } });
      expect([ended.status, await ended.json()]).toMatchObject([401, { detail: 'The session has ended: sign in again' }]);
    },
  );

  it('shows a page no token: cookies are HttpOnly and tell nothing, no answer has one', async () => {
    const browser = await test.signedIn();
    const session = await test.sessionOf(browser);
    const secrets = [session.accessToken, session.refreshToken!, session.idToken!];
    for (const { key, value, httpOnly, sameSite } of await browser.jar.getCookies(url)) {
      if (!key.startsWith('ledgerflow_')) continue;
      expect([key, httpOnly, sameSite]).toEqual([key, true, 'lax']);
      for (const secret of secrets) expect(value).not.toContain(secret.slice(-40));
    }
    for (const path of ['/oauth2/userinfo', '/oauth2/auth', '/api/v1/me', '/docs', '/openapi.json']) {
      const response = await browser.fetch(url + path);
      const all = JSON.stringify([...response.headers]) + (await response.text());
      for (const secret of secrets) expect(all).not.toContain(secret);
    }
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', '/oauth2/sign_out'])('does not lead to %s', async (rd) => {
    const browser = new Browser();
    const { url: at } = await browser.signIn(`${url}/oauth2/start?rd=${encodeURIComponent(rd)}`, 'viewer', { stopAt: `${url}/` });
    const { url: end } = await browser.visit(at, { stopAt: `${url}/` });
    expect(end).toBe(`${url}/`);
  });

  it('leads to the public address first', async () => {
    const response = await new Browser().fetch(`${url.replace('127.0.0.1', 'localhost')}/oauth2/start?rd=/docs`);
    expect(response.headers.get('location')).toBe(`${url}/oauth2/start?rd=%2Fdocs&public=1`);
    const behind = await new Browser().fetch(`${url.replace('127.0.0.1', 'localhost')}/oauth2/start?rd=/docs&public=1`);
    expect(behind.headers.get('location')).toContain(`${test.identity.issuer}/auth`);
  });

  it('takes tabs that were opened together', async () => {
    const browser = new Browser();
    const logins: string[] = [];
    for (const tab of [0, 1, 2, 3]) logins.push((await browser.visit(`${url}/oauth2/start?rd=/docs?tab=${tab}`)).url);
    const places = [...(await browser.cookies(url)).keys()].filter((name) => name.startsWith('ledgerflow_sign_in_'));
    expect(places).toHaveLength(4);
    for (const [tab, login] of logins.entries()) {
      const form = { user: 'viewer', password: 'viewer-password' };
      const { url: end, response } = await browser.visit(login, { form, stopAt: `${url}/docs` });
      expect([end, response.status]).toEqual([`${url}/docs?tab=${tab}`, 303]);
    }
    expect((await browser.visit(`${url}/oauth2/start?rd=/docs`)).url).toBe(`${url}/docs`);
  });

  it("is of no use in another's browser (login CSRF), nor a second time", async () => {
    const attacker = new Browser();
    const { url: callback } = await attacker.signIn(`${url}/oauth2/start`, 'viewer', { stopAt: `${url}/oauth2/callback` });
    const victim = new Browser();
    const refused = await victim.fetch(callback, { headers: JSON_ONLY });
    expect(await problemOf(refused)).toEqual([403, 'csrf_refused']);
    expect([...(await victim.cookies(url)).keys()]).toEqual([]);
    await victim.fetch(`${url}/oauth2/start`);
    expect((await victim.fetch(callback, { headers: JSON_ONLY })).status).toBe(403);

    expect((await attacker.fetch(callback)).headers.get('location')).toBe('/');
    const id = (await test.sessionOf(attacker)).id;
    expect((await attacker.fetch(callback)).headers.get('location')).toBe('/');
    expect((await test.sessionOf(attacker)).id).toBe(id);
  });

  it('asks the provider about an attempt once, however often its answer is sent again', async () => {
    const browser = new Browser();
    const { url: callback } = await browser.signIn(`${url}/oauth2/start`, 'viewer', { stopAt: `${url}/oauth2/callback` });
    const headers = { ...JSON_ONLY, cookie: await browser.jar.getCookieString(url) };
    const guessed = callback.replace(/code=[^&]*/, 'code=guessed');
    const replies: number[] = [];
    for (let i = 0; i < 10; i++) replies.push((await realFetch(guessed, { headers, redirect: 'manual' })).status);
    expect(replies).toEqual([401, ...Array.from({ length: 9 }, () => 403)]);
    expect(tokenRequests).toBe(1);
  });

  it.each([
    ['another state', (query: URLSearchParams) => query.set('state', 'x'.repeat(43)), 403, 'csrf_refused'],
    ['no state', (query: URLSearchParams) => query.delete('state'), 403, 'csrf_refused'],
    ['a code that was never given', (query: URLSearchParams) => query.set('code', 'guessed'), 401, 'unauthenticated'],
    ['another issuer', (query: URLSearchParams) => query.set('iss', 'https://evil.example'), 401, 'unauthenticated'],
    ["the provider's refusal", (query: URLSearchParams) => (query.delete('code'), query.set('error', '<script>')), 401, 'unauthenticated'],
  ])('refuses to come back with %s', async (_, change, status, code) => {
    const browser = new Browser();
    const { url: callback } = await browser.signIn(`${url}/oauth2/start`, 'viewer', { stopAt: `${url}/oauth2/callback` });
    const changed = new URL(callback);
    change(changed.searchParams);
    expect(await problemOf(await browser.fetch(changed.href, { headers: JSON_ONLY }))).toEqual([status, code]);
    expect((await browser.cookies(url)).has(SESSION)).toBe(false);
  });

  it('answers a person with a page that has nothing of theirs in it', async () => {
    const { response, text } = await new Browser().visit(`${url}/oauth2/callback?error=<script>alert(1)</script>&state=<b>`);
    expect([response.status, response.headers.get('content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(text).toContain('href="/oauth2/start"');
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('<b>');
  });

  it('makes a new session each time, whatever was in the browser', async () => {
    const browser = await test.signedIn('viewer');
    const before = await test.sessionOf(browser);
    const { way } = await browser.visit(`${url}/oauth2/start?rd=/docs`);
    expect(way.some((address) => address.includes('/oauth2/callback'))).toBe(true);
    expect((await test.sessionOf(browser)).id).not.toBe(before.id);
  });
});

describe('changing something with the cookie', () => {
  it('needs the header that no form can send', async () => {
    const browser = await test.signedIn();
    expect(await problemOf(await openLedger(browser, 'without', {}))).toEqual([403, 'csrf_refused']);
    expect(await problemOf(await openLedger(browser, 'without', { 'x-ledgerflow-csrf': '0' }))).toEqual([403, 'csrf_refused']);
    expect((await openLedger(browser, 'with-header', CSRF)).status).toBe(201);
    expect((await openLedger(browser, 'with-origin', { ...CSRF, origin: url, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await api(browser, '/ledgers')).status).toBe(200);
  });

  it('is refused to pages of other sites, with a bearer token too: a proxy makes one of its cookie', async () => {
    const browser = await test.signedIn();
    expect(await problemOf(await openLedger(browser, 'evil', { ...CSRF, ...EVIL }))).toEqual([403, 'csrf_refused']);
    expect(await problemOf(await openLedger(browser, 'evil', { ...CSRF, origin: 'https://evil.example' }))).toEqual([403, 'csrf_refused']);
    const { accessToken } = await test.sessionOf(browser);
    const authorization = `Bearer ${accessToken}`;
    expect(await problemOf(await openLedger(new Browser(), 'evil', { authorization, ...EVIL }))).toEqual([403, 'csrf_refused']);
    expect((await openLedger(new Browser(), 'machine', { authorization })).status).toBe(201);
  });
});

describe('signing out', () => {
  it('ends the session here and at the provider', async () => {
    const browser = await test.signedIn();
    const kept = { cookie: await browser.jar.getCookieString(url) };
    const { refreshToken } = await test.sessionOf(browser);
    const page = await browser.visit(`${url}/oauth2/sign_out?rd=/docs`);
    expect(page.way[1]).toContain(`${test.identity.issuer}/session/end?`);
    expect(await renewed(refreshToken!)).toMatchObject({ error: 'invalid_grant' });
    expect([...(await browser.cookies(url)).keys()].filter((name) => name.startsWith('ledgerflow_'))).toEqual([]);
    expect((await browser.confirmSignOut(page, { stopAt: `${url}/` })).url).toBe(`${url}/`);
    expect((await api(browser, '/me')).status).toBe(401);
    expect((await browser.visit(`${url}/oauth2/start`)).text).toContain('type="password"');

    const old = await realFetch(`${url}/api/v1/me`, { headers: kept });
    expect([old.status, isTakenBack(old)]).toEqual([401, true]);
  });

  it('is not done by pages of other sites, and leads nowhere else', async () => {
    const browser = await test.signedIn();
    const refused = await browser.fetch(`${url}/oauth2/sign_out`, { headers: { ...JSON_ONLY, ...EVIL } });
    expect(await problemOf(refused)).toEqual([403, 'csrf_refused']);
    expect((await api(browser, '/me')).status).toBe(200);
    const nobody = await new Browser().fetch(`${url}/oauth2/sign_out?rd=//evil.example`, { method: 'POST' });
    expect([nobody.status, nobody.headers.get('location')]).toEqual([303, '/']);
  });

  it('is not undone by a refresh that was under way', async () => {
    const browser = await test.signedIn();
    const kept = { cookie: await browser.jar.getCookieString(url) };
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let refreshToken = '';
    globalThis.fetch = async (input, init) => {
      const response = await realFetch(input, init);
      if (!addressOf(input).endsWith('/token')) return response;
      ({ refresh_token: refreshToken } = (await response.clone().json()) as { refresh_token: string });
      await released;
      return response;
    };
    test.aheadMs = (ACCESS_TTL_SECONDS - 5) * 1000;
    const ask = (signal?: AbortSignal): Promise<Response> => realFetch(`${url}/api/v1/me`, { headers: kept, signal });
    const underWay = Promise.all([ask(), ask()]);
    const out = realFetch(`${url}/oauth2/sign_out`, { headers: kept, redirect: 'manual' });
    // One that comes before the sign-out waits for the refresh; one that comes after it does not.
    let isOut = false;
    for (let times = 0; times < 100 && !isOut; times++)
      isOut = await ask(AbortSignal.timeout(100)).then(
        ({ status }) => status === 401,
        () => false,
      );
    release();
    expect([isOut, (await out).status]).toEqual([true, 303]);
    for (const answer of await underWay) {
      expect(answer.status).toBe(401);
      for (const line of answer.headers.getSetCookie()) expect(line).toContain('Max-Age=0');
    }
    expect(await renewed(refreshToken)).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a session', () => {
  it('ends when it is not used, and is kept by use', async () => {
    const browser = await test.signedIn();
    const unused = await test.signedIn();
    for (const minutes of [25, 50]) {
      test.aheadMs = minutes * 60_000;
      expect((await api(browser, '/me')).status).toBe(200);
    }
    const response = await api(unused, '/me');
    expect([response.status, isTakenBack(response)]).toEqual([401, true]);
  });

  it('ends a time after its sign-in, however much it is used', async () => {
    const browser = await test.signedIn();
    for (let minutes = 20; minutes < 120; minutes += 20) {
      test.aheadMs = minutes * 60_000;
      expect((await api(browser, '/me')).status).toBe(200);
    }
    test.aheadMs = 120 * 60_000;
    expect((await api(browser, '/me')).status).toBe(401);
  });

  it('renews its token before that ends, once for all requests, and late ones get the same', async () => {
    const browser = await test.signedIn();
    const before = await test.sessionOf(browser);
    const old = { cookie: await browser.jar.getCookieString(url) };
    tokenRequests = 0;
    expect((await api(browser, '/me')).headers.getSetCookie()).toEqual([]);
    test.aheadMs = (ACCESS_TTL_SECONDS - 5) * 1000;
    const answers = await Promise.all(Array.from({ length: 20 }, () => realFetch(`${url}/api/v1/me`, { headers: old })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(tokenRequests).toBe(1);
    expect((await api(browser, '/me')).status).toBe(200);
    const after = await test.sessionOf(browser);
    expect(tokenRequests).toBe(1);
    expect([after.id, after.accessToken === before.accessToken, after.refreshToken === before.refreshToken]).toEqual([
      before.id,
      false,
      false,
    ]);
    expect(after.accessExpiresAtMs).toBeGreaterThanOrEqual(before.accessExpiresAtMs);
  });

  it('goes on with the token it has when the provider gives no other, until that ends', async () => {
    const browser = await test.signedIn();
    const { refreshToken } = await test.sessionOf(browser);
    await atProvider('/token/revocation', { token: refreshToken! });
    test.aheadMs = (ACCESS_TTL_SECONDS - 5) * 1000;
    tokenRequests = 0;
    for (let times = 0; times < 3; times++) expect((await api(browser, '/me')).status).toBe(200);
    expect(tokenRequests).toBe(1);
    test.aheadMs = (ACCESS_TTL_SECONDS + 1) * 1000;
    const response = await api(browser, '/me');
    expect([response.status, isTakenBack(response)]).toEqual([401, true]);
  });

  it('outlives a provider that is away for a while', async () => {
    const browser = await test.signedIn();
    const { port } = test.identity;
    await test.identity.stop();
    try {
      test.aheadMs = (ACCESS_TTL_SECONDS - 5) * 1000;
      expect((await api(browser, '/me')).status).toBe(200);
      test.aheadMs = (ACCESS_TTL_SECONDS + 1) * 1000;
      const away = await api(browser, '/me');
      expect([away.status, isTakenBack(away)]).toEqual([503, false]);
      const out = await browser.fetch(`${url}/oauth2/sign_out`);
      expect([out.status, isTakenBack(out)]).toEqual([303, true]);
    } finally {
      await test.startIdentity(port);
    }
  });
});
