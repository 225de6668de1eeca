import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Static, TObject, TSchema } from 'typebox';
import type { Principal, Role } from '../auth/principal.ts';
import type { Services } from '../services.ts';

/**
 * Who may call. There is no default: a route without access does not compile, and the registry refuses it at start.
 * ledger: `path` = the grant for the ledger in the path; `every` = the grant `*`; `filtered` = the handler shows the caller's ledgers only; `none` = nothing of a ledger.
 */
export type Access = { role: Role; ledger: 'path' | 'every' | 'filtered' | 'none' } | 'authenticated';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** One request on its way, with everything parsed that its route declares. */
export interface Call<Query = object, Body = unknown> {
  requestId: string;
  correlationId: string;
  principal: Principal;
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Body;
  /** Size of the body in bytes, 0 without one. */
  bodyBytes: number;
  headers: IncomingHttpHeaders;
  /** Empty on routes that need none. */
  idempotencyKey: string;
  /** From If-Match, on routes that take it. */
  expectedVersion: bigint | undefined;
  /** Set when the audit has it as an action: then a refusal is that one's outcome, and no entry of its own. */
  isRecorded?: boolean;
}

export interface Answer {
  status: number;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** An answer that goes on: the handler writes the response itself. */
export interface StreamAnswer {
  stream: (response: ServerResponse) => void;
}

export interface RouteShape<Q extends TObject, B extends TSchema> {
  /** operationId. */
  id: string;
  method: Method;
  /** Below /api/v1, parameters in braces: `/ledgers/{ledger}/accounts/{account}`. */
  path: string;
  tag: string;
  summary: string;
  query: Q;
  /** Absent: the route takes no body. */
  body?: B;
  /** Status → schema of the success answers. */
  answers: Readonly<Record<number, TSchema>>;
  access: Access;
  /** A mutating call on a ledger: Idempotency-Key is required. Not those below /admin, which are harmless when repeated. */
  command?: boolean;
  /** Takes If-Match, the version of the account in the path. */
  ifMatch?: boolean;
  /** Its successes have the version of an account as ETag; `now`: those of the present state only. */
  etag?: 'always' | 'now';
  /** The status whose answers name in Location what was made. */
  location?: number;
  /** Answers server-sent events. */
  eventStream?: boolean;
  /** Answers a line of JSON after another, written as the client reads. */
  ndjson?: boolean;
}

export type Handler<Query, Body> = (call: Call<Query, Body>, services: Services) => Promise<Answer | StreamAnswer> | Answer | StreamAnswer;

/** A route with its types forgotten: what the router and the OpenAPI document are built from. */
export interface Route extends RouteShape<TObject, TSchema> {
  handle: Handler<unknown, unknown>;
}

/** Declares one endpoint; the handler's types follow from its schemas. */
export function route<Q extends TObject, B extends TSchema>(
  definition: RouteShape<Q, B> & { handle: Handler<Static<Q>, Static<B>> },
): Route {
  return { ...definition, handle: definition.handle as Handler<unknown, unknown> };
}
