import type { V1Status } from '@kubernetes/client-node';
import { KubeError, NotLeaderError } from './errors.ts';
import type { KubeObject, Resource } from './resources.ts';

type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
export type Query = Record<string, string | undefined>;
/** One thing asked for; method, body and type of a write. */
export interface Call {
  verb: Verb;
  resource: Resource<KubeObject>;
  namespace: string | null;
  name?: string;
  subresource?: string;
  query?: Query;
  signal?: AbortSignal;
  write?: { method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'; body: object; contentType?: string };
}

export type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T } | { type: 'BOOKMARK'; resourceVersion: string };

/** One line of a watch; throws what an ERROR event says. */
export function watchEvent<T>(call: Call, line: unknown): WatchEvent<T> {
  const { type = '', object } = line as { type?: string; object?: unknown };
  if (typeof object !== 'object' || object === null)
    throw new KubeError(`${told(call)}: an event without an object`, { status: 0, reason: 'Malformed' });
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as T };
    case 'BOOKMARK':
      return { type, resourceVersion: (object as KubeObject).metadata.resourceVersion ?? '' };
    case 'ERROR':
      throw statusError(call, object as V1Status, (object as V1Status).code ?? 500, undefined);
    default:
      throw new KubeError(`${told(call)}: an event of the unknown type ${type}`, { status: 0, reason: 'Malformed' });
  }
}

/** What a status of 300 or more means. */
export function refusal(call: Call, status: number, retryAfter: string | string[] | undefined, text: string): KubeError {
  let body: V1Status = {};
  try {
    body = (JSON.parse(text) ?? {}) as V1Status;
  } catch {
    body = { message: text.slice(0, 500) };
  }
  return statusError(call, body, status, retryAfter);
}

function statusError(
  call: Call,
  { message, reason, details }: V1Status,
  status: number,
  retryAfter: string | string[] | undefined,
): KubeError {
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds ?? Number.NaN);
  return new KubeError(`${told(call)}: ${status} ${message ?? reason ?? ''}`.trimEnd(), {
    status,
    reason: reason ?? 'Unknown',
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null,
    details,
  });
}

/** No whole answer: says in the reason how far it came. What beforeWrite threw and mistakes of ours stay what they are. */
export function asKubeError(call: Call, error: unknown): unknown {
  const { code, name, message } = error as { code?: string; name?: string; message?: string };
  if (error instanceof KubeError || error instanceof NotLeaderError || !(code !== undefined || error instanceof SyntaxError)) return error;
  let reason = 'Unreachable';
  if (code === 'UND_ERR_BODY_TIMEOUT') reason = call.verb === 'watch' ? 'Silent' : 'Timeout';
  else if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT' || name === 'TimeoutError') reason = 'Timeout';
  else if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') reason = 'Reset';
  else if (error instanceof SyntaxError) reason = 'Malformed';
  return new KubeError(`${told(call)}: ${message || code || String(error)}`, { status: 0, reason, cause: error });
}

function told({ verb, resource, namespace, name, subresource }: Call): string {
  const of = [namespace, name].filter((part) => part !== null && part !== undefined).join('/');
  return `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}${of === '' ? '' : ` ${of}`}`;
}
