import type { IncomingMessage, ServerResponse } from 'node:http';
import { isConnectionError, sqlState } from '@ledgerflow/platform/postgres';
import helmet from 'helmet';
import { isProblem, Problem, problemDocument, problemHeaders } from './problem.ts';

/** What helmet would set on a response, found once: the routes' own path does not go through Express, and must not pay for it on every request. */
function helmetHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  } as unknown as ServerResponse;
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] } },
    xFrameOptions: { action: 'deny' },
  });
  protect({} as IncomingMessage, response, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}

/** On every answer, of whatever kind: nothing to sniff, cache, frame or embed. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = { ...helmetHeaders(), 'cache-control': 'no-store' };

/** As node:http takes them without building an object first: name, value, name, value. */
export const SECURITY_HEADER_LIST: readonly string[] = Object.entries(SECURITY_HEADERS).flat();

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  requestId: string,
  headers: Readonly<Record<string, string>> | undefined,
  type = 'application/json',
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  const list = [...SECURITY_HEADER_LIST, 'content-type', type, 'content-length', String(bytes), 'x-request-id', requestId];
  for (const name in headers) list.push(name, headers[name] as string);
  response.writeHead(status, list);
  // Text without a character beyond ASCII is the same in both encodings, and is written without being transcoded.
  response.end(text, bytes === text.length ? 'latin1' : 'utf8');
}

/** What is outside the API and its request ids: pages, scripts, documents. */
export function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}

export function sendProblem(response: ServerResponse, problem: Problem, requestId: string): void {
  sendJson(response, problem.status, problemDocument(problem, requestId), requestId, problemHeaders(problem), 'application/problem+json');
}

const QUERY_CANCELED = '57014';
/** What the driver's pool says when all its connections were busy for too long, and when none can be made. */
const NO_CONNECTION = 'timeout exceeded when trying to connect';

/** Every thrown thing is a Problem to the client; null stands for a defect of ours, which is logged. */
export function knownProblem(error: unknown): Problem | null {
  if (isProblem(error)) return error;
  if (error instanceof URIError)
    return new Problem('invalid_request', { detail: 'The address is not percent-encoded UTF-8', field: 'path' });
  if (sqlState(error) === QUERY_CANCELED) return new Problem('overloaded', { detail: 'The query took too long' });
  if (error instanceof Error && error.message === NO_CONNECTION)
    return new Problem('overloaded', { detail: 'The read database had no connection free in time' });
  if (error instanceof Error && isConnectionError(error))
    return new Problem('unavailable', { detail: 'The read database can not be reached' });
  return null;
}
