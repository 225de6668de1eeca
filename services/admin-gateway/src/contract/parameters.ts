import { ID_PATTERN, KEY_PATTERN, TRANSACTION_ID_PATTERN, UUID_PATTERN } from '@ledgerflow/contracts';
import { CONSISTENCY_PATTERN } from '../reads/consistency.ts';
import type { Route } from './route.ts';
import { COUNT_PATTERN, ETAG_PATTERN } from './schemas.ts';

/** The parameters of paths: what does not fit its pattern is refused as `invalid_request`. */
export const PATH_PARAMETERS: Readonly<Record<string, { description: string; pattern: string }>> = {
  ledger: { description: 'Ledger id', pattern: ID_PATTERN },
  account: { description: 'Account id', pattern: ID_PATTERN },
  transaction: { description: 'Transaction id', pattern: TRANSACTION_ID_PATTERN },
  deadLetter: { description: 'Id of a dead letter', pattern: '^[1-9][0-9]{0,17}$' },
  projection: { description: 'Name of a projection, or all', pattern: ID_PATTERN },
  rebuild: { description: 'Id of a rebuild', pattern: UUID_PATTERN },
  repair: { description: 'Id of a repair', pattern: UUID_PATTERN },
};

const text = { type: 'string' } as const;

/** The headers of requests. Those without a pattern are never refused: what does not fit is as if absent. */
export const REQUEST_HEADERS = {
  'Idempotency-Key': {
    required: true,
    description: '1 to 255 printable ASCII characters; the same key gives one effect and one answer',
    schema: { ...text, pattern: KEY_PATTERN },
  },
  'If-Match': {
    required: false,
    description: 'The version that the account must have at the writer, in quotes (412 otherwise)',
    schema: { ...text, pattern: ETAG_PATTERN },
  },
  'Ledger-Consistency': {
    required: false,
    description: 'Token of an earlier write, or several with commas between: the answer is not older than these',
    schema: { ...text, pattern: CONSISTENCY_PATTERN },
  },
  'Last-Event-ID': {
    required: false,
    description: 'Resume after this position',
    schema: { ...text, pattern: COUNT_PATTERN },
  },
  'X-Correlation-Id': {
    required: false,
    description: 'A UUID, kept in the record as its correlation id; that of the request when it is absent or no UUID',
    schema: text,
  },
  'X-Request-Id': {
    required: false,
    description: 'A UUID, echoed, and kept in the record; one is made when it is absent or no UUID',
    schema: text,
  },
} as const;

type HeaderName = keyof typeof REQUEST_HEADERS;

/** Those that a route takes, in the order in which the document has them. */
export function requestHeadersOf(route: Route): HeaderName[] {
  const isCommand = route.command === true;
  const taken: Readonly<Record<HeaderName, boolean>> = {
    'Idempotency-Key': isCommand,
    'If-Match': route.ifMatch === true,
    'Ledger-Consistency': route.method === 'GET' && route.path.startsWith('/ledgers'),
    'Last-Event-ID': route.eventStream === true,
    'X-Correlation-Id': isCommand,
    'X-Request-Id': true,
  };
  return (Object.keys(taken) as HeaderName[]).filter((name) => taken[name]);
}
