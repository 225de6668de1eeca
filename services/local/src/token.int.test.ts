import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { decodeJwt } from 'jose';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startIdentityServer, type IdentityServer } from './identity/server.ts';
import { freePort } from './postgres/server.ts';

const TOKEN = fileURLToPath(new URL('./token.ts', import.meta.url));
let dir: string;
let identity: IdentityServer;
let gateway: Server;
let url: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'token-'));
  identity = await startIdentityServer({
    host: '127.0.0.1',
    port: 0,
    keysFile: join(dir, 'keys'),
    audience: 'ledgerflow',
    redirectUris: ['http://127.0.0.1/callback'],
    log: silentLogger,
  });
  gateway = createServer((request, response) => {
    const known = request.url === '/.well-known/oauth-protected-resource';
    response
      .writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(known ? { resource: url, authorization_servers: [identity.issuer] } : {}));
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});
afterAll(async () => {
  gateway.closeAllConnections();
  await new Promise((done) => gateway.close(done));
  await identity.stop();
  await rm(dir, { recursive: true, force: true });
});

async function token(args: string[], at = url): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [TOKEN, ...args], { env: { LEDGERFLOW_URL: at } }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('npm run token', () => {
  it('prints a token of the role and nothing else', async () => {
    const { code, stdout, stderr } = await token(['operator', 'demo', 'other', '--subject', 'alice', '--ttl', '60']);
    expect([code, stderr]).toEqual([0, '']);
    const payload = decodeJwt(stdout.trimEnd());
    expect(payload).toMatchObject({
      sub: 'alice',
      roles: ['operator'],
      ledgers: ['demo', 'other'],
      aud: 'ledgerflow',
      iss: identity.issuer,
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  it.each([
    [[], 'which role?'],
    [['king'], 'unknown role king'],
    [['admin', '--ttl', 'soon'], '--ttl soon is not a number of seconds'],
    [['admin', '--colour', 'red'], "Unknown option '--colour'"],
  ])('%j is refused in one line', async (args, message) => {
    const { code, stdout, stderr } = await token(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  it('tells what is granted when no ledger is named, and of which LedgerFlow', async () => {
    const { code, stdout } = await token(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Without a LEDGER the token grants every ledger.');
    expect(stdout).toContain('LEDGERFLOW_URL');
  });

  it('says so when nothing runs, or something else', async () => {
    const nothing = await token(['admin'], `http://127.0.0.1:${await freePort()}`);
    expect([nothing.code, nothing.stdout]).toEqual([1, '']);
    expect(nothing.stderr).toMatch(/^nothing answers at .*: start LedgerFlow by npm start.*\n$/);
    const other = await token(['admin'], `${url}/elsewhere`);
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/is not LedgerFlow.*\n$/);
  });
});
