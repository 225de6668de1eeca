import { OPERATIONS } from './generated/operations.ts';
import type { OperationId } from './types.ts';

export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  takesKey?: true;
  takesConsistency?: true;
  isList?: true;
  isStream?: true;
  isNdjson?: true;
}

/** A request that can never be sent, as one without a parameter that its path needs. */
export class LedgerFlowRequestError extends TypeError {
  override name = 'LedgerFlowRequestError';
}

/** Parameters of path and query by name, and the body. */
export type RequestValues = Readonly<Record<string, unknown>>;

export function operationOf(id: OperationId): Operation {
  return OPERATIONS[id];
}

/** Path and query of a request. LedgerFlowRequestError for a parameter that is missing, or is not what a path or a query can carry. */
export function targetOf(id: string, operation: Operation, values: RequestValues): string {
  const query: Record<string, unknown> = { ...values, body: undefined };
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    const value = query[name];
    delete query[name];
    // The path of '' or '..' would be that of another route.
    if (typeof value !== 'string' || value === '' || value === '.' || value === '..')
      throw new LedgerFlowRequestError(`${id} needs ${name}`);
    return encodeURIComponent(value);
  });
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw new LedgerFlowRequestError(`${id}: ${name} cannot be sent`);
    parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The ledger in the path; null for a route that is about none or about many. */
export const ledgerOf = ({ ledger }: RequestValues, { path }: Operation): string | null =>
  path.includes('{ledger}') && typeof ledger === 'string' ? ledger : null;

/** LedgerFlowRequestError for what can never be sent, so that nobody waits for retries of it. */
export function checkRequest({
  id,
  operation,
  values,
  headers,
}: {
  id: string;
  operation: Operation;
  values: RequestValues;
  headers: Record<string, string>;
}): void {
  targetOf(id, operation, values);
  for (const [name, value] of Object.entries(headers))
    if (!/^[\x20-\x7e]+$/.test(value)) throw new LedgerFlowRequestError(`${id}: ${name} is not printable ASCII`);
}
