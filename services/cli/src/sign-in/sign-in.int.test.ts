import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IdentityServer, startIdentityServer } from '../../../local/src/identity/server.ts';
import { ran } from '../test/ran.ts';

/** A person at a browser: follows redirects on the provider, keeps cookies, sends the form of a page with its hidden fields. */
class Browser {
  private readonly cookies = new Map<string, string>();

  async open(url: string, form?: Record<string, string>): Promise<{ url: string; text: string }> {
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
      const text = await response.text();
      const location = response.headers.get('location');
      if (location === null) return { url: target.href, text };
      target = new URL(location, target);
      body = undefined;
    }
    throw new Error('too many redirects');
  }

  submit({ url, text }: { url: string; text: string }, filled: Record<string, string> = {}): Promise<{ url: string; text: string }> {
    const hidden = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? url;
    return this.open(new URL(action, url).href, { ...(Object.fromEntries(hidden) as Record<string, string>), ...filled });
  }
}

let folder: string;
let identity: IdentityServer;
let gateway: Server;
let environment: NodeJS.ProcessEnv;
/** The tokens that the gateway was shown. */
let shown: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-cli-'));
  identity = await startIdentityServer({
    host: '127.0.0.1',
    port: 0,
    keysFile: join(folder, 'keys.json'),
    audience: 'ledgerflow',
    redirectUris: ['http://127.0.0.1:1/oauth2/callback'],
    log: silentLogger,
  });
  gateway = createServer((request, response) => {
    const answer = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url?.startsWith('/.well-known/')) return answer(200, { authorization_servers: [identity.issuer] });
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    shown.push(token);
    // Of each token the first is taken, so that the second call needs another.
    if (shown.filter((each) => each === token).length > 1) return answer(401, { code: 'unauthenticated', title: 'no' });
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string;
      roles: string[];
      ledgers: string[];
    };
    answer(200, { id: payload.sub, roles: payload.roles, ledgers: payload.ledgers, expiresAt: 'later', data: [], nextCursor: null });
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  environment = { XDG_CONFIG_HOME: join(folder, 'config'), LEDGERFLOW_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` };
}, 60_000);
beforeEach(() => void (shown = []));
afterAll(async () => {
  await identity.stop();
  gateway.closeAllConnections();
  await new Promise((done) => gateway.close(done));
  await rm(folder, { recursive: true, force: true });
});

const file = (): string => join(environment['XDG_CONFIG_HOME'] ?? '', 'ledgerflow/credentials.json');

describe('ledgerflow login', () => {
  it('signs a person in at a browser, keeps the tokens for their owner only, and renews them', async () => {
    const browser = new Browser();
    const told = Promise.withResolvers<string>();
    const login = ran(['--json', 'login'], { environment, onError: (text) => told.resolve(text) });
    const message = await told.promise;
    const [, address = '', code = ''] = /Open (\S+)\nand compare the code: (\S+)/.exec(message) ?? [];
    const confirm = await browser.submit(await browser.open(address));
    expect(confirm.text).toContain(code);
    const signIn = await browser.submit(confirm);
    expect(signIn.text).toContain('type="password"');
    const done = await browser.submit(signIn, { user: 'operator', password: 'operator-password' });
    expect(done.text).toContain('signed in');
    const { code: exit, out, error } = await login;
    expect([exit, JSON.parse(out)]).toMatchObject([0, { id: 'operator', roles: ['operator'] }]);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(file(), '..'))).mode & 0o777).toBe(0o700);
    const kept = JSON.parse(await readFile(file(), 'utf8')) as { gateways: Record<string, { accessToken: string; refreshToken: string }> };
    const secrets = Object.values(kept.gateways).flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(out + error).not.toContain(secret);
    expect(await ran(['--json', 'ledger', 'list'], { environment })).toMatchObject({ code: 0 });
    expect(new Set(shown).size).toBe(2);
  });

  it('ends with Ctrl-C while it waits', async () => {
    const stop = new AbortController();
    const { code } = await ran(['login'], { environment, signal: stop.signal, onError: () => stop.abort() });
    expect(code).toBe(130);
  });

  it('signs a machine in, renews its token, and logs out', async () => {
    const machine = { ...environment, LEDGERFLOW_CLIENT_SECRET: 'ledgerflow-dev-secret' };
    const login = await ran(['login', '--client-id', 'ledgerflow-dev', '--parameter', 'roles=auditor', '--parameter', 'subject=robot'], {
      environment: machine,
    });
    expect(login.code).toBe(0);
    expect(login.out).toContain('robot');
    expect((await ran(['ledger', 'list'], { environment })).code).toBe(0);
    expect(new Set(shown).size).toBe(2);
    expect((await ran(['logout'], { environment })).code).toBe(0);
    expect(await ran(['ledger', 'list'], { environment })).toMatchObject({ code: 4, out: '' });
    expect(await readFile(file(), 'utf8')).not.toContain('accessToken');
  });

  it('says in one line what is wrong', async () => {
    const wrong = { ...environment, LEDGERFLOW_CLIENT_SECRET: 'wrong' };
    expect(await ran(['login', '--client-id', 'ledgerflow-dev'], { environment: wrong })).toMatchObject({ code: 4 });
    expect(await ran(['login'], { environment: wrong })).toMatchObject({ code: 2 });
    expect(await ran(['login', '--url', 'http://127.0.0.1:1'], { environment })).toMatchObject({ code: 8 });
    expect(await ran(['login', '--url', 'ftp://x'], { environment })).toMatchObject({ code: 2 });
  });
});
