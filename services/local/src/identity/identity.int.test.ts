import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from '../testing/browser.ts';
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

/** RFC 7636, appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('sign-in by password', () => {
  const address = (over: Record<string, string> = {}): string => {
    const query = { client_id: CLIENT_ID, response_type: 'code', redirect_uri: REDIRECT, scope: 'openid email', state: 's1', ...over };
    return `${server.issuer}/auth?${new URLSearchParams(query).toString()}`;
  };
  const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' };
  const grant = (code: string | null): ReturnType<typeof token> =>
    token({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: REDIRECT, code_verifier: VERIFIER });

  it.each([...USERS])('lets $name in as $role, renews the token once a refresh token, and signs out', async ({ name, role }) => {
    const browser = new Browser();
    const { url } = await browser.signIn(address(pkce), name, { stopAt: REDIRECT });
    const { status, body } = await grant(new URL(url).searchParams.get('code'));
    expect(status).toBe(200);
    const payload = await verify(body['access_token']);
    expect(payload).toMatchObject({ sub: name, roles: [role], ledgers: ['*'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    const renew = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) };
    const renewed = await token(renew);
    expect(await verify(renewed.body['access_token'])).toMatchObject({ sub: name, roles: [role] });
    expect((await token(renew)).body).toMatchObject({ error: 'invalid_grant' });
    const query = new URLSearchParams({ id_token_hint: String(body['id_token']), post_logout_redirect_uri: 'http://127.0.0.1:1/' });
    const page = await browser.visit(`${server.issuer}/session/end?${query.toString()}`);
    expect((await browser.confirmSignOut(page, { stopAt: 'http://127.0.0.1:1/' })).url).toBe('http://127.0.0.1:1/');
    expect((await browser.visit(address(pkce))).text).toContain('type="password"');
  });

  it('gives no code without PKCE', async () => {
    const { url } = await new Browser().visit(address(), { stopAt: REDIRECT });
    expect(new URL(url).searchParams.get('error')).toBe('invalid_request');
  });

  it('shows the form again after a wrong password', async () => {
    const browser = new Browser();
    const { url } = await browser.visit(address(pkce));
    const { response, text } = await browser.visit(url, { form: { user: 'admin', password: 'wrong' } });
    expect(response.status).toBe(401);
    expect(text).toContain('Wrong user or password');
  });
});
