import { PROBLEMS } from '@ledgerflow/contracts';
import { EXAMPLES, PATH, type RecordedAnswers } from './examples.ts';
import { answerHeaders, HEADERS, problemResponse, problemResponses } from './headers.ts';
import { PATH_PARAMETERS, REQUEST_HEADERS, requestHeadersOf } from './parameters.ts';
import { API_BASE } from './registry.ts';
import type { Route } from './route.ts';
import { ProblemSchema } from './schemas.ts';

const TITLE = 'LedgerFlow';

/** What every call may answer, whatever its route. */
const COMMON_PROBLEMS = [400, 401, 403, 406, 408, 414, 429, 431, 500, 503];

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: unknown;
  example?: unknown;
}

function parametersOf(route: Route): Parameter[] {
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]): Parameter => ({
    name: name!,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name!]!.description,
    schema: { type: 'string', pattern: PATH_PARAMETERS[name!]!.pattern },
    example: PATH[name!],
  }));
  const { properties, required = [] } = route.query as unknown as {
    properties: Record<string, { description?: string }>;
    required?: readonly string[];
  };
  const shown = EXAMPLES.find(({ operation: id }) => id === route.id)?.query ?? {};
  const query = Object.entries(properties).map(([name, schema]): Parameter => ({
    name,
    in: 'query',
    required: required.includes(name),
    description: schema.description,
    schema,
    ...(typeof shown[name] === 'string' ? { example: shown[name] } : {}),
  }));
  const headers = requestHeadersOf(route).map((name): Parameter => ({ name, in: 'header', ...REQUEST_HEADERS[name] }));
  return [...path, ...query, ...headers];
}

/** Whether a query or a body names what may not be there. */
function namesWhatMayBeMissing({ query, body }: Route): boolean {
  const members = [query, body].flatMap((schema) => Object.keys((schema as { properties?: object } | undefined)?.properties ?? {}));
  return members.includes('ledger') || members.includes('projection');
}

function statusesOf(route: Route): number[] {
  const statuses = new Set(COMMON_PROBLEMS);
  if (route.path.includes('{') || namesWhatMayBeMissing(route)) statuses.add(404);
  if (route.body !== undefined) for (const status of [413, 415]) statuses.add(status);
  if (route.command === true) for (const status of [404, 409, 412, 422]) statuses.add(status);
  else statuses.add(409);
  return [...statuses].sort((a, b) => a - b);
}

const answerType = ({ eventStream, ndjson }: Route): string =>
  eventStream === true ? 'text/event-stream' : ndjson === true ? 'application/x-ndjson' : 'application/json';

function operation(route: Route, answers: RecordedAnswers): Record<string, unknown> {
  const example = EXAMPLES.find(({ operation: id }) => id === route.id);
  const success = Object.entries(route.answers).map(([status, schema]) => [
    status,
    {
      description: 'Success',
      content: { [answerType(route)]: { schema, example: answers[`${route.id} ${status}`] } },
      headers: answerHeaders(route, Number(status)),
    },
  ]);
  const problems = statusesOf(route).map((status) => [String(status), { $ref: problemResponse(status, route.command) }]);
  const { access } = route;
  return {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    'x-access': access,
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body, example: example?.body } } } }),
    responses: Object.fromEntries([...problems, ...success]) as unknown,
    security: [{ bearer: [] }, { session: [] }],
  };
}

/** The OpenAPI 3.1 document of the given routes; made of the very objects that validate and serve, with the examples that a test runs. */
export function openApiOf(routes: readonly Route[], version: string, answers: RecordedAnswers): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[API_BASE + route.path] ??= {})[route.method.toLowerCase()] = operation(route, answers);
  const codes = Object.entries(PROBLEMS).map(([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`);
  const document = {
    openapi: '3.1.0',
    info: {
      title: TITLE,
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description: [
        'Amounts are decimal strings, times RFC 3339 UTC with six decimals, positions and versions strings.',
        'Not described here: `/healthz` and `/readyz` (probes), `/oauth2/*` (the sign-in of browsers), `/.well-known/oauth-protected-resource` (RFC 9728).',
        'Problem codes:',
        codes.join('\n'),
      ].join('\n\n'),
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-ledgerflow_session',
          description:
            'For pages of this site: set by the sign-in at /oauth2/start (over plain http without __Host-). Requests that change something need the header X-LedgerFlow-CSRF: 1.',
        },
      },
      headers: HEADERS,
      responses: problemResponses(ProblemSchema),
    },
  };
  return JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
}
