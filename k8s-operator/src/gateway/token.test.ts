import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ClientCredentialsToken, tokenOfFile } from './token.ts';

let dir: string;
let server: Server;
let url: string;
let now: number;
let asked: { authorization: string | undefined; body: string }[];
let answer: { status: number; body: unknown };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ledgerflow-token-'));
  await writeFile(join(dir, 'secret'), 'se cret\n');
  asked = [];
  now = 1_000_000;
  answer = { status: 200, body: { access_token: 'token', token_type: 'Bearer', expires_in: 600 } };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});
afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await rm(dir, { recursive: true, force: true });
});

const token = (more: Partial<ConstructorParameters<typeof ClientCredentialsToken>[0]> = {}): ClientCredentialsToken =>
  new ClientCredentialsToken({
    url,
    clientId: 'operator',
    clientSecretFile: join(dir, 'secret'),
    auth: 'basic',
    timeoutMs: 2_000,
    now: () => now,
    ...more,
  });

describe('a token by client credentials', () => {
  it('is asked for once by many, and again shortly before it expires', async () => {
    const source = token({ scope: 'admin', audience: 'ledgerflow' });
    expect(await Promise.all([source.get(), source.get(), source.get()])).toEqual(['token', 'token', 'token']);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('operator:se+cret').toString('base64')}`);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'admin',
      audience: 'ledgerflow',
    });
    now += 539_999;
    await source.get();
    expect(asked).toHaveLength(1);
    now += 1;
    await source.get();
    expect(asked).toHaveLength(2);
  });

  it('that lives shortly is used for half of its life', async () => {
    answer.body = { access_token: 'token', token_type: 'Bearer', expires_in: 20 };
    const source = token();
    await source.get();
    now += 9_999;
    await source.get();
    expect(asked).toHaveLength(1);
    now += 1;
    await source.get();
    expect(asked).toHaveLength(2);
  });

  it('that is of no use is asked for anew, with the secret as it is now', async () => {
    const source = token({ auth: 'post' });
    await source.get();
    await writeFile(join(dir, 'secret'), 'other');
    source.forget();
    await source.get();
    expect(asked.map(({ body }) => new URLSearchParams(body).get('client_secret'))).toEqual(['se cret', 'other']);
  });

  it('that is refused is an error that says why, and is not kept', async () => {
    answer = { status: 401, body: { error: 'invalid_client', error_description: 'no such client' } };
    const source = token();
    await expect(source.get()).rejects.toMatchObject({
      code: 'token_refused',
      isRefusal: true,
      message: expect.stringContaining('invalid_client'),
    });
    answer = { status: 503, body: { error: 'temporarily_unavailable' } };
    await expect(source.get()).rejects.toMatchObject({ code: 'no_token', isRefusal: false });
    answer = { status: 200, body: { access_token: 'token', token_type: 'Bearer', expires_in: 600 } };
    expect(await source.get()).toBe('token');
  });

  it('without its secret is an error', async () => {
    await expect(token({ clientSecretFile: join(dir, 'nothing') }).get()).rejects.toMatchObject({ code: 'token_refused', isRefusal: true });
  });
});

describe('a token in a file', () => {
  it('is read anew each time', async () => {
    const file = join(dir, 'token');
    const source = tokenOfFile(file);
    await expect(source.get()).rejects.toMatchObject({ code: 'token_refused' });
    await writeFile(file, 'one\n');
    expect(await source.get()).toBe('one');
    await writeFile(file, 'two');
    expect(await source.get()).toBe('two');
    await writeFile(file, ' \n');
    await expect(source.get()).rejects.toMatchObject({ code: 'token_refused' });
  });
});
