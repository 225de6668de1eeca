import { readdirSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import { rawExchange, rawSocket } from '../test/raw.ts';
import { addDashboard, dashboardProblems } from './dashboard.ts';

const PAGE = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__" src="/assets/a-1.js"></script>';
const SCRIPT = `console.log('${'x'.repeat(2_000)}');`;
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the dashboard', () => {
  let folder: string;
  let server: Server;
  let url: string;

  const port = (): number => (server.address() as AddressInfo).port;
  const sent = (head: string): Promise<string> => rawExchange(port(), `${head}Connection: close\r\n\r\n`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), PAGE);
    await writeFile(join(folder, 'assets/a-1.js'), SCRIPT);
    await writeFile(join(folder, 'assets/a-1.js.br'), brotliCompressSync(SCRIPT));
    await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const app = express();
    app.get('/api/v1/me', (_request, response) => void response.json({}));
    app.get('/api/v1/ledgers/:ledger', (_request, response) => void response.json({}));
    addDashboard(app, folder);
    app.use((_request, response) => void response.status(404).json({ code: 'not_found' }));
    const onError: ErrorRequestHandler = (error, _request, response, _next) => void response.status(error.status ?? 500).json({});
    app.use(onError);
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${port()}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    '/',
    '/ledgers/demo/accounts/a%2Fb',
    '/ledgers/demo/accounts/a.b',
    '/outbox?x=1',
    '/signed-in',
    '/accounts/50%',
    '/%',
    '/ledgers/%ff/accounts',
  ])('is the page at %s for a browser that goes there', async (path) => {
    const answer = await fetch(url + path, { headers: BROWSER });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).not.toContain('__CSP_NONCE__');
  });

  it('has a nonce of its own in each answer, the same in page and policy, and nothing inline', async () => {
    const nonces = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(url, { headers: BROWSER });
      const csp = answer.headers.get('content-security-policy') ?? '';
      expect(csp).not.toMatch(/unsafe-(inline|eval)|\*/);
      expect(csp).toContain("default-src 'none'");
      expect(csp).toContain("frame-ancestors 'none'");
      const [, nonce = ''] = /style-src 'self' 'nonce-([^']+)'/.exec(csp) ?? [];
      expect(nonce).toMatch(/^[A-Za-z0-9+/]{22}==$/);
      expect((await answer.text()).split(`nonce="${nonce}"`)).toHaveLength(3);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
  });

  it.each([
    '/api/v1/nothing',
    '/api',
    '/oauth2/nothing',
    '/docs/nothing',
    '/assets/gone-1.js',
    '/.well-known/nothing',
    '/missing.png',
    '/index.html.br',
  ])('is not at %s', async (path) => {
    expect((await fetch(url + path, { headers: BROWSER })).status).toBe(404);
  });

  it('is not what a program gets that asks for no page, nor what is sent to an address of it', async () => {
    expect((await fetch(`${url}/ledgers/demo`, { headers: { accept: 'application/json' } })).status).toBe(404);
    expect((await fetch(`${url}/ledgers/demo`)).status).toBe(404);
    expect((await fetch(`${url}/ledgers/demo`, { method: 'POST', headers: BROWSER })).status).toBe(404);
    expect((await fetch(`${url}/assets/a-1.js`, { method: 'POST' })).status).toBe(404);
  });

  it('is not what an address gives that is not percent-encoded: to a program, of the API, or by another method', async () => {
    expect((await fetch(`${url}/accounts/50%`)).status).toBe(400);
    expect((await fetch(`${url}/api/v1/ledgers/50%`, { headers: BROWSER })).status).toBe(400);
    expect((await fetch(`${url}/accounts/50%`, { method: 'POST', headers: BROWSER })).status).toBe(400);
  });

  it('is at / for a program too', async () => {
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  });

  it.each(['/index.html', '/index%2ehtml', '/index.html/', '//index.html', '/./index.html'])(
    'is not there without its nonce: %s',
    async (path) => {
      const answer = await sent(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n`);
      expect(answer).not.toContain('__CSP_NONCE__');
    },
  );

  it('gives files compressed as they lie there, hashed ones for a year, others to be asked for again', async () => {
    const script = await fetch(`${url}/assets/a-1.js`, { headers: { 'accept-encoding': 'br' } });
    expect(script.headers.get('content-encoding')).toBe('br');
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await script.text()).toBe(SCRIPT);
    expect((await fetch(`${url}/icon.svg`)).headers.get('cache-control')).toBe('no-cache');
  });

  it('says to a browser with the file that nothing changed, under the headers of every answer', async () => {
    // fetch forbids that answer with a Cache-Control of its own.
    const ask = async (coding: string, etag: string): Promise<string[]> =>
      (await sent(`GET /assets/a-1.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${coding}\r\nIf-None-Match: ${etag}\r\n`)).split('\r\n');
    const [, ...first] = await ask('br', '"other"');
    const etag = first.find((line) => /^etag: /i.test(line))?.slice(6) ?? '';
    const [status, ...again] = await ask('br', etag);
    expect(status).toBe('HTTP/1.1 304 Not Modified');
    const kept = first.filter((line) => /^(cache-control|vary|etag|x-|content-security)/i.test(line));
    expect(kept.length).toBeGreaterThan(6);
    expect(again).toEqual(expect.arrayContaining(kept));
    expect((await ask('identity', etag))[0]).toBe('HTTP/1.1 200 OK');
  });

  it.each(['bytes=5-2', 'bytes=-500', 'bytes=0-9', 'bytes=99999999-'])(
    'gives a file whole whatever range is asked for: %s',
    async (range) => {
      const answer = await fetch(`${url}/assets/a-1.js`, { headers: { range } });
      expect([answer.status, await answer.text()]).toEqual([200, SCRIPT]);
    },
  );

  it('goes on giving what it began with when the folder is built anew', async () => {
    await rm(folder, { recursive: true });
    expect(await (await fetch(`${url}/assets/a-1.js`)).text()).toBe(SCRIPT);
    expect((await fetch(url)).status).toBe(200);
  });

  it('holds no file open for a client who goes away', async () => {
    const before = readdirSync('/dev/fd').length;
    for (let i = 0; i < 50; i++) {
      const socket = await rawSocket(port());
      socket.write('GET /assets/a-1.js HTTP/1.1\r\nHost: x\r\n\r\n');
      socket.resetAndDestroy();
    }
    await fetch(url);
    const endMs = Date.now() + 5_000;
    while (readdirSync('/dev/fd').length > before + 2 && Date.now() < endMs) await new Promise(setImmediate);
    expect(readdirSync('/dev/fd').length).toBeLessThanOrEqual(before + 2);
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/assets/../../package.json', '/assets/..%2f..%2fetc/passwd', '/assets/%00', '/%'])(
    'gives nothing outside its folder: %s',
    async (path) => {
      const answer = await sent(`GET ${path} HTTP/1.1\r\nHost: x\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).not.toContain('root:');
    },
  );

  it('refuses a folder that was not built for it', async () => {
    await writeFile(join(folder, 'index.html'), '<html></html>');
    expect(() => addDashboard(express(), folder)).toThrow(/no place for the nonce/);
    expect(dashboardProblems(folder)).toEqual([expect.stringContaining('DASHBOARD_DIR has no built dashboard')]);
    expect(dashboardProblems(undefined)).toEqual([]);
    expect(() => addDashboard(express(), join(folder, 'gone'))).toThrow(/ENOENT/);
  });
});
