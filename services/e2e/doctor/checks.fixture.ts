import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import type { Context, Database } from './context.ts';
import { installationOf } from './installation.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closes.splice(0).map((close) => close()));
});

/** A server on this machine until the test ends; its host:port. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closes.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers with these pages, and 404 to all else. */
export const json =
  (pages: Record<string, unknown>, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(page ?? {}));
  };

/** An installation of which these variables are known. */
export const context = (environment: Record<string, string>, databases: readonly Database[] = [], token?: string): Context => ({
  installation: installationOf({ ...environment, ...(token === undefined ? {} : { LEDGERFLOW_TOKEN: token }) }, 'a test'),
  databases,
  nowMs: Date.now,
});
