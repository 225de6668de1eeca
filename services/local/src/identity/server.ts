import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@ledgerflow/platform/log';
import { loadKeys } from './keys.ts';
import { handleLogin } from './login.ts';
import { createProvider } from './provider.ts';

export interface IdentityServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  keysFile: string;
  audience: string;
  redirectUris: string[];
  accessTokenTtlSeconds?: number;
  log: Logger;
}

export interface IdentityServer {
  issuer: string;
  port: number;
  stop(): Promise<void>;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, host, () => done());
  });
  return (server.address() as AddressInfo).port;
}

/** Serves the development identity provider. Its issuer is http://<host>:<port>. */
export async function startIdentityServer(options: IdentityServerOptions): Promise<IdentityServer> {
  const { log, host, audience, redirectUris, accessTokenTtlSeconds } = options;
  const keys = await loadKeys(options.keysFile);
  const server = createServer();
  const port = await listen(server, host, options.port);
  const issuer = `http://${host}:${port}`;
  const provider = createProvider({ issuer, audience, keys, redirectUris, accessTokenTtlSeconds });
  provider.on('server_error', (_context, error) => log.error({ err: error }, 'the identity provider failed'));
  const serve = provider.callback();
  server.on('request', (request, response) => {
    const login = request.url?.startsWith('/interaction/') ?? false;
    Promise.resolve(login ? handleLogin(provider, request, response) : serve(request, response)).catch((error: Error) => {
      log.warn({ err: error }, 'a request of the identity provider failed');
      if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
      response.end('This sign-in has ended: start again.\n');
    });
  });
  return {
    issuer,
    port,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
