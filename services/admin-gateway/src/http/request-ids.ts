import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { UUID_PATTERN } from '@ledgerflow/contracts';

const UUID = new RegExp(UUID_PATTERN, 'i');

/** A caller's id when it is a UUID, else one of ours: it goes through logs and gRPC into the record. */
export function requestIds(headers: IncomingHttpHeaders): { requestId: string; correlationId: string } {
  const given = headers['x-request-id'];
  const requestId = typeof given === 'string' && UUID.test(given) ? given.toLowerCase() : randomUUID();
  const correlation = headers['x-correlation-id'];
  return { requestId, correlationId: typeof correlation === 'string' && UUID.test(correlation) ? correlation.toLowerCase() : requestId };
}
