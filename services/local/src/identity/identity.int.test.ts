import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIdentityServer, type IdentityServer } from './server.ts';
import { CLIENT_ID, CLIENT_SECRET, USERS } from './users.ts';

const REDIRECT = 'http://127.0.0.1:1/oauth2/callback';
const BASIC = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;
let dir: string;
let server: IdentityServer;

const start = async (port = 0): Promise<IdentityServer> =>
  startIdentityServer({
    host: '127.0.0.1',
    port,
    keysFile: join(dir, 'keys.json'),
    audience: 'ledgerflow',
    redirectUris: [REDIRECT],
    log: silentLogger,
  });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'identity-'));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function token(
  parameters: Record<string, string>,
  authorization = BASIC,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams(parameters),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function verify(value: unknown): Promise<JWTPayload> {
  const jwks = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
  return (await jwtVerify(String(value), jwks, { issuer: server.issuer, audience: 'ledgerflow', algorithms: ['ES256'] })).payload;
}

describe('the development identity provider', () => {
  it('issues JWTs with the roles, ledgers and subject that were asked for', async () => {
    const { status, body } = await token({
      grant_type: 'client_credentials',
      roles: 'operator auditor',
      ledgers: 'demo other',
      subject: 'alice',
      ttl: '90',
    });
    expect(status).toBe(200);
    const payload = await verify(body['access_token']);
    expect(payload).toMatchObject({ sub: 'alice', roles: ['operator', 'auditor'], ledgers: ['demo', 'other'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(90);
  });

  it('grants all ledgers for twelve hours by default', async () => {
    const payload = await verify((await token({ grant_type: 'client_credentials', roles: 'admin' })).body['access_token']);
    expect(payload).toMatchObject({ sub: 'dev-admin', roles: ['admin'], ledgers: ['*'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(12 * 3_600);
  });

  it('refuses an unknown role, a wrong secret and a nonsense lifetime', async () => {
    expect((await token({ grant_type: 'client_credentials', roles: 'king' })).status).toBe(400);
    expect((await token({ grant_type: 'client_credentials', roles: 'admin', ttl: 'long' })).status).toBe(400);
    const wrong = `Basic ${Buffer.from(`${CLIENT_ID}:wrong`).toString('base64')}`;
    expect((await token({ grant_type: 'client_credentials', roles: 'admin' }, wrong)).status).toBe(401);
  });

  it('keeps its keys over a restart, readable by their owner only', async () => {
    const before = (await token({ grant_type: 'client_credentials', roles: 'viewer' })).body['access_token'];
    const { port } = server;
    await server.stop();
    server = await start(port);
    expect(await verify(before)).toMatchObject({ sub: 'dev-viewer' });
    expect((await stat(join(dir, 'keys.json'))).mode & 0o777).toBe(0o600);
  });
});

/** A browser's part: follows redirects on the provider's host and keeps its cookies. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async go(url: string, form?: Record<string, string>): Promise<{ response: Response; url: string }> {
    let target = new URL(url);
    let body = form === undefined ? undefined : new URLSearchParams(form);
    for (let hop = 0; hop < 10; hop++) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(target, {
        redirect: 'manual',
        headers: { cookie },
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';');
        this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      const location = response.headers.get('location');
      if (location === null || location.startsWith(REDIRECT)) return { response, url: location ?? target.href };
      await response.arrayBuffer();
      target = new URL(location, target);
      body = undefined;
    }
    throw new Error('too many redirects');
  }
}

describe('sign-in by password', () => {
  const login = async (browser: Browser): Promise<string> => {
    const query = new URLSearchParams({
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid email',
      state: 's1',
    });
    const { response, url } = await browser.go(`${server.issuer}/auth?${query.toString()}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('type="password"');
    return url;
  };

  it.each([...USERS])('lets $name in as $role', async ({ name, password, role }) => {
    const browser = new Browser();
    const { url } = await browser.go(await login(browser), { user: name, password });
    const code = new URL(url).searchParams.get('code');
    expect(code).not.toBeNull();
    const { status, body } = await token({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: REDIRECT });
    expect(status).toBe(200);
    expect(await verify(body['access_token'])).toMatchObject({ sub: name, roles: [role], ledgers: ['*'] });
  });

  it('shows the form again after a wrong password', async () => {
    const browser = new Browser();
    const { response } = await browser.go(await login(browser), { user: 'admin', password: 'wrong' });
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('Wrong user or password');
  });
});
