import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';

const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_COUNT_MAX = 100;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than load balancers keep theirs (60 s), so that it is not we who close a connection that is about to be used. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

export interface HttpServer {
  port: number;
  /** Takes no new connections, closes idle ones, waits for running requests up to drainMs, then cuts them. */
  stop(drainMs: number): Promise<void>;
}

/** What did not even become a request. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, reason] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request'];
  const body = JSON.stringify({
    type: 'urn:ledgerflow:problem:invalid_request',
    title: reason,
    status,
    code: 'invalid_request',
    detail: 'The request is not HTTP as it is spoken here',
  });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export async function startHttpServer(options: { host: string; port: number; app: RequestListener }): Promise<HttpServer> {
  let draining = false;
  const server: Server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      noDelay: true,
    },
    (request, response) => {
      if (draining) response.shouldKeepAlive = false;
      options.app(request, response);
    },
  );
  server.maxHeadersCount = HEADERS_COUNT_MAX;
  server.on('clientError', refuse);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: (drainMs) =>
      new Promise((resolve) => {
        draining = true;
        const force = setTimeout(() => server.closeAllConnections(), drainMs);
        server.close(() => {
          clearTimeout(force);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
