import type { Route } from './route.ts';

interface Header {
  description: string;
  /** On every answer that names it. */
  required?: true;
  schema: Readonly<Record<string, unknown>>;
}

const text = { type: 'string' };

/** Of answers, by the name in the document's components: those that are always there where they are named, and those that may be. */
export const HEADERS = {
  'X-Request-Id': { description: 'Of the request, or made for it; the causation id of the record', required: true, schema: text },
  'Retry-After': { description: 'Seconds to wait before another try', required: true, schema: { type: 'integer' } },
  'WWW-Authenticate': { description: 'How to be known, and what was wrong with the token (RFC 6750)', required: true, schema: text },
  'Ledger-Consistency': { description: 'Token of the write, for reads that must have it; not with dryRun', schema: text },
  'Idempotency-Replayed': { description: 'The key was used before: this is the answer of then', schema: { ...text, enum: ['true'] } },
  'Ledger-Position': { description: 'The position after which it begins', required: true, schema: text },
  'Ledger-Held-At': {
    description:
      'There while a record waits for repair: the position that the answer stands for, before the one that the ledger is applied to',
    schema: text,
  },
  ETag: { description: 'Version of the account, in quotes, as If-Match takes it', required: true, schema: text },
  'ETag-Now': { description: 'Version of the account, in quotes, as If-Match takes it; not of a past time (at)', schema: text },
  Location: { description: 'Path of what was made', required: true, schema: text },
} as const satisfies Readonly<Record<string, Header>>;

const reference = (name: keyof typeof HEADERS): { $ref: string } => ({ $ref: `#/components/headers/${name}` });

/** Events come from the log itself; a list of ledgers says of each where it is. */
const readsTheReadModel = ({ method, path, tag }: Route): boolean =>
  method === 'GET' && path.startsWith('/ledgers/{ledger}') && tag !== 'Events';

/** Of an answer that is a success. */
export function answerHeaders(route: Route, status: number): Record<string, unknown> {
  const headers: Record<string, unknown> = { 'X-Request-Id': reference('X-Request-Id') };
  if (route.command === true) for (const name of ['Ledger-Consistency', 'Idempotency-Replayed'] as const) headers[name] = reference(name);
  if (route.eventStream === true) headers['Ledger-Position'] = reference('Ledger-Position');
  else if (readsTheReadModel(route)) headers['Ledger-Held-At'] = reference('Ledger-Held-At');
  if (route.etag !== undefined) headers['ETag'] = reference(route.etag === 'always' ? 'ETag' : 'ETag-Now');
  if (route.location === status) headers['Location'] = reference('Location');
  return headers;
}

/** Which of the problem responses a status is; `replays`: of a command, whose refusals are kept. */
export function problemResponse(status: number, replays = false): string {
  const name =
    status === 401
      ? 'Unauthenticated'
      : status === 429 || status === 503
        ? 'TryAgain'
        : replays && [404, 409, 412, 422].includes(status)
          ? 'Refusal'
          : 'Problem';
  return `#/components/responses/${name}`;
}

/** The problem responses of the document. */
export function problemResponses(schema: unknown): Record<string, unknown> {
  const content = { 'application/problem+json': { schema } };
  const response = (description: string, ...names: (keyof typeof HEADERS)[]): unknown => ({
    description,
    headers: Object.fromEntries((['X-Request-Id', ...names] as const).map((name) => [name, reference(name)])),
    content,
  });
  return {
    Problem: response('A problem (RFC 9457)'),
    Refusal: response('A problem (RFC 9457); a refusal by the ledger is kept with its key', 'Idempotency-Replayed'),
    Unauthenticated: response('A problem (RFC 9457): no token, or one that is not taken', 'WWW-Authenticate'),
    TryAgain: response('A problem (RFC 9457) that another try may not meet', 'Retry-After'),
  };
}
