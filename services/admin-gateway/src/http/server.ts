import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'node:net';
import { Problem, problemDocument, problemHeaders } from './problem.ts';
import { requestIds } from './request-ids.ts';
import { SECURITY_HEADERS, sendProblem } from './respond.ts';

const HEADER_BYTES_MAX = 16 * 1024;
const HEADERS_COUNT_MAX = 100;
const CONNECTIONS_MAX = 10_000;
const TIMEOUTS: HttpTimeouts = { headersMs: 10_000, requestMs: 30_000, stalledMs: 60_000, checkMs: 1_000 };
/** Longer than load balancers keep theirs (60 s), so that it is not we who close a connection that is about to be used. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/** What clients may take their time with. */
export interface HttpTimeouts {
  /** For the head of a request. */
  headersMs: number;
  /** For a whole request. */
  requestMs: number;
  /** Without a byte read or taken by the client while it is answered; event streams have their heartbeats. */
  stalledMs: number;
  /** How often the first two are looked at. */
  checkMs: number;
}

export interface HttpServer {
  port: number;
  /** How many are open. */
  connections(told: (count: number) => void): void;
  /** Takes no new connections, closes idle ones, waits for running requests up to drainMs, then cuts them. */
  stop(drainMs: number): Promise<void>;
}

function refusalOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers_too_large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request_timeout');
  return new Problem('invalid_request', { detail: 'The request is not HTTP as it is spoken here' });
}

/** What did not even become a request is answered like any other: a problem with an id. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  // An answer that is under way: what is written now would be taken for a part of it. Named as Node's own handler of this names it.
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse | null };
  if (!socket.writable || error.code === 'ECONNRESET' || answer?.headersSent === true) return void socket.destroy();
  const problem = refusalOf(error);
  const requestId = randomUUID();
  const body = JSON.stringify(problemDocument(problem, requestId));
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    ...problemHeaders(problem),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`);
}

/** Who stands before or behind us may take another of two than we do: RFC 9112 section 3.2 of Host, RFC 9110 section 5.3 of the others. Two Content-Lengths the parser refuses. */
const SINGLE_HEADERS: ReadonlyMap<string, string> = new Map(
  ['Host', 'Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID', 'X-LedgerFlow-CSRF'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** The header that stands twice and may stand once only. As many lines as names: none, which costs 40 ns; looking at the names takes 500 ns and more. */
function repeatedHeader({ headers, rawHeaders }: IncomingMessage): string | null {
  if (Object.keys(headers).length * 2 === rawHeaders.length) return null;
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = SINGLE_HEADERS.get((rawHeaders[i] as string).toLowerCase());
    if (name === undefined) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

/** What the parser lets through and we do not. */
function misshapen(request: IncomingMessage): Problem | null {
  const { headers, rawHeaders, httpVersion } = request;
  if (rawHeaders.length > 2 * HEADERS_COUNT_MAX)
    return new Problem('headers_too_large', { detail: `More than ${HEADERS_COUNT_MAX} headers` });
  if (headers.host === undefined && httpVersion === '1.1')
    return new Problem('invalid_request', { detail: 'Host is missing', field: 'Host' });
  const repeated = repeatedHeader(request);
  if (repeated !== null) return new Problem('invalid_request', { detail: `${repeated} stands more than once`, field: repeated });
  return null;
}

export async function startHttpServer(options: {
  host: string;
  port: number;
  app: RequestListener;
  timeouts?: HttpTimeouts | undefined;
}): Promise<HttpServer> {
  const timeouts = options.timeouts ?? TIMEOUTS;
  let draining = false;
  const server: Server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkMs,
      // Checked below, where the refusal is a problem document.
      requireHostHeader: false,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      noDelay: true,
    },
    (request, response) => {
      if (draining) response.shouldKeepAlive = false;
      const problem = misshapen(request);
      if (problem === null) return options.app(request, response);
      response.shouldKeepAlive = false;
      sendProblem(response, problem, requestIds(request.headers).requestId);
    },
  );
  // One more than are taken: what is beyond it the parser leaves out without a word.
  server.maxHeadersCount = HEADERS_COUNT_MAX + 1;
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = timeouts.stalledMs;
  server.on('checkExpectation', (request, response) => {
    response.shouldKeepAlive = false;
    sendProblem(
      response,
      new Problem('invalid_request', { detail: 'Only 100-continue can be expected', field: 'Expect' }),
      requestIds(request.headers).requestId,
    );
  });
  server.on('clientError', refuse);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: (told) => server.getConnections((_, count) => told(count)),
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
