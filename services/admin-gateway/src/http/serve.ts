import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@ledgerflow/platform/log';
import type { RequestMetrics } from '@ledgerflow/platform/metrics';
import { authenticate, type Authentication } from '../auth/authenticate.ts';
import { hasRole, mayUseLedger, type Principal } from '../auth/principal.ts';
import { PATH_PARAMETERS, REQUEST_HEADERS } from '../contract/parameters.ts';
import type { Call, Route } from '../contract/route.ts';
import { compile, type Validate } from '../contract/validation.ts';
import { accessOf } from '../audit/access.ts';
import type { Accesses } from '../audit/accesses.ts';
import type { Limits, TrafficClass } from '../limits/limits.ts';
import type { Services } from '../services.ts';
import { refuseAnotherSite } from '../session/csrf.ts';
import { readJsonBody } from './body.ts';
import type { RouteHandler } from './fast-path.ts';
import { Problem } from './problem.ts';
import { parseQuery } from './query.ts';
import { requestIds } from './request-ids.ts';
import { knownProblem, sendJson, sendProblem } from './respond.ts';

export interface ServeOptions {
  services: Services;
  authentication: Authentication;
  limits: Limits;
  accesses: Pick<Accesses, 'add'>;
  metrics: RequestMetrics;
  log: Logger;
}

const URL_CHARACTERS_MAX = 8_192;
const KEY = new RegExp(REQUEST_HEADERS['Idempotency-Key'].schema.pattern);
const STRONG_ETAG = new RegExp(REQUEST_HEADERS['If-Match'].schema.pattern);
const ACCEPTS_JSON = /application\/(?:json|problem\+json|\*)|\*\/\*/i;
const ACCEPTS_EVENTS = /text\/(?:event-stream|\*)|\*\/\*/i;
const ACCEPTS_LINES = /application\/(?:x-ndjson|\*)|\*\/\*/i;

const PARAMETERS: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries(PATH_PARAMETERS).map(([name, { pattern }]) => [name, new RegExp(pattern)]),
);

/** The grant is looked at before anything else of the request, so that a foreign ledger answers 403 whatever is asked of it and whether or not it exists. */
function authorize({ access }: Route, principal: Principal, ledger: string | undefined): void {
  if (access === 'authenticated') return;
  if (!hasRole(principal, access.role)) throw new Problem('forbidden', { detail: `The role ${access.role} is needed` });
  if (access.ledger === 'path' && !mayUseLedger(principal, ledger as string))
    throw new Problem('forbidden', { detail: 'The token does not grant this ledger' });
  if (access.ledger === 'every' && !principal.ledgers.has('*')) throw new Problem('forbidden', { detail: 'The grant * is needed' });
}

function checkAddress(route: Route, request: IncomingMessage, url: string): void {
  const { accept } = request.headers;
  if (accept !== undefined) {
    const [accepted, type] =
      route.eventStream === true
        ? [ACCEPTS_EVENTS, 'text/event-stream']
        : route.ndjson === true
          ? [ACCEPTS_LINES, 'application/x-ndjson']
          : [ACCEPTS_JSON, 'application/json'];
    if (!accepted.test(accept)) throw new Problem('not_acceptable', { detail: `Only ${type} can be answered`, field: 'Accept' });
  }
  if (url.length > URL_CHARACTERS_MAX) throw new Problem('uri_too_long');
}

function checkParameters(params: Record<string, string>): void {
  for (const name in params) {
    if (!(PARAMETERS[name] as RegExp).test(params[name] as string))
      throw new Problem('invalid_request', { detail: 'The id is not one', field: name });
  }
}

function idempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined) throw new Problem('idempotency_key_missing', { field: 'Idempotency-Key' });
  if (typeof header !== 'string' || !KEY.test(header)) throw new Problem('idempotency_key_invalid', { field: 'Idempotency-Key' });
  return header;
}

function expectedVersion(header: string | undefined): bigint | undefined {
  if (header === undefined) return undefined;
  const version = STRONG_ETAG.exec(header)?.[1];
  if (version === undefined)
    throw new Problem('invalid_request', {
      detail: 'If-Match must be one strong entity tag, the account version in quotes',
      field: 'If-Match',
    });
  return BigInt(version);
}

interface Validators {
  query: Validate;
  body: Validate | null;
}

/** Everything that a route declares is checked here, in this order: address, site, token, rate, role and grant, path, headers, body. */
async function prepare(
  route: Route,
  validators: Validators,
  request: IncomingMessage,
  response: ServerResponse,
  params: Record<string, string>,
  ids: { requestId: string; correlationId: string },
  options: ServeOptions,
  known: (principal: Principal) => void,
): Promise<Call> {
  const { headers, url = '' } = request;
  const address = await options.limits.admitAddress(request);
  // An export is an action, though it is a GET: a link of another site must not begin one.
  if (route.ndjson === true) refuseAnotherSite(request, options.authentication.publicUrl, { isAction: true });
  const authenticated = authenticate(request, response, options.authentication, options.limits.checksOf(address));
  const principal = authenticated instanceof Promise ? await authenticated : authenticated;
  known(principal);
  await options.limits.admit(principal.id);
  authorize(route, principal, params['ledger']);
  checkAddress(route, request, url);
  checkParameters(params);
  const query = parseQuery(url);
  validators.query(query);
  const key = route.command === true ? idempotencyKey(headers['idempotency-key']) : '';
  const ifMatch = route.command === true ? headers['if-match'] : undefined;
  if (ifMatch !== undefined && route.ifMatch !== true)
    throw new Problem('invalid_request', { detail: 'If-Match is not taken here; see expectedVersions', field: 'If-Match' });
  const version = expectedVersion(ifMatch);
  const call: Call = {
    ...ids,
    principal,
    params,
    query,
    body: undefined,
    bodyBytes: 0,
    headers,
    idempotencyKey: key,
    expectedVersion: version,
  };
  if (validators.body !== null) {
    const { value, bytes } = await readJsonBody(request);
    validators.body(value);
    call.body = value;
    call.bodyBytes = bytes;
  }
  return call;
}

function finish(
  route: Route,
  operation: string,
  status: number,
  beganMs: number,
  requestId: string,
  principal: string | undefined,
  code: string | undefined,
  options: ServeOptions,
  entered: boolean,
): void {
  const ms = performance.now() - beganMs;
  options.metrics.observe({ operation, outcome: code ?? String(status) }, ms / 1000);
  // What was refused at the door is counted above: a line for each would be the most of the work.
  if (!entered || (route.method === 'GET' && status < 400)) return;
  options.log.info({ requestId, operation, status, code, principal, ms: Math.round(ms * 100) / 100 }, 'request');
}

function trafficOf({ path, command }: Route): TrafficClass {
  if (path.startsWith('/admin/')) return 'administration';
  return command === true ? 'command' : 'read';
}

/** The one way through which every request of a route goes. */
export function serve(route: Route, options: ServeOptions): RouteHandler {
  const operation = `${route.method} ${route.path}`;
  const validators: Validators = {
    query: compile(route.query, 'query'),
    body: route.body === undefined ? null : compile(route.body, 'body'),
  };
  const { services, limits, accesses, log } = options;
  const isAdmin = route.path.startsWith('/admin/');
  // An export is an action of its own.
  const isAdminRead = isAdmin && route.method === 'GET' && route.ndjson !== true;
  const traffic = trafficOf(route);

  const run = async (request: IncomingMessage, response: ServerResponse, params: Record<string, string>): Promise<void> => {
    const beganMs = performance.now();
    const ids = requestIds(request.headers);
    let entered = false;
    let principal: Principal | undefined;
    let problem: Problem | undefined;
    let call: Call | undefined;
    try {
      limits.enter(traffic);
      entered = true;
      call = await prepare(route, validators, request, response, params, ids, options, (caller) => (principal = caller));
      const prepared = call;
      const handle = () => route.handle(prepared, services);
      const answer = await (traffic === 'command' ? limits.commands.run(handle) : handle());
      if ('stream' in answer) answer.stream(response);
      else sendJson(response, answer.status, answer.body, ids.requestId, answer.headers);
    } catch (error) {
      problem = knownProblem(error) ?? new Problem('internal');
      if (problem.code === 'internal') log.error({ err: error, requestId: ids.requestId, operation }, 'a request failed');
      sendProblem(response, problem, ids.requestId);
    } finally {
      if (entered) limits.leave(traffic);
      // A caller who hung up was refused all the same, though the response knows nothing of it.
      const status = problem?.status ?? response.statusCode;
      const code = problem?.code;
      const isUnrecorded = isAdmin && problem !== undefined && call?.isRecorded !== true;
      if (isAdminRead || isUnrecorded || status === 401 || status === 403) {
        const [path = '', query = ''] = (request.url ?? '').slice(0, URL_CHARACTERS_MAX).split('?', 2);
        const address = limits.addressOf(request);
        const { requestId } = ids;
        accesses.add(accessOf({ action: route.id, path, query, ledger: params['ledger'], address, requestId, principal, code }));
      }
      finish(route, operation, status, beganMs, ids.requestId, principal?.id, code, options, entered);
    }
  };
  // Everything that can be thrown is answered inside.
  return (request, response, params) => void run(request, response, params);
}
