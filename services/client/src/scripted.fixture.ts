import type { Fetch } from './options.ts';

export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

/** What the network does with a request: an answer, or a fault. */
export type Step = Response | Error | ((sent: Sent, signal: AbortSignal) => Response | Promise<Response>);

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

export const problem = (status: number, code: string, more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Response =>
  json(
    status,
    { type: `urn:ledgerflow:problem:${code}`, title: code, status, code, detail: `it is ${code}`, requestId: 'r-1', ...more },
    headers,
  );

function bodyOf(body: unknown): unknown {
  if (typeof body !== 'string') return null;
  return body.startsWith('{') ? (JSON.parse(body) as unknown) : body;
}

/** A network that does one step after the other, and what it was sent. More requests than steps are an error. */
export function scripted(...steps: Step[]): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    const { method = '', body, headers, signal } = init;
    const request = { method, url, headers: headers as Record<string, string>, body: bodyOf(body) };
    sent.push(request);
    signal?.throwIfAborted();
    const step = steps[sent.length - 1];
    if (step === undefined) throw new RangeError(`request ${sent.length} was not expected: ${method} ${url}`);
    if (step instanceof Error) throw step;
    return typeof step === 'function' ? step(request, signal as AbortSignal) : step;
  };
  return { fetch, sent };
}

/** Never answers, until it is aborted. */
export const silence: Step = (_sent, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
