import type { OperationId } from '@ledgerflow/client';
import type { QueryFilters } from '@tanstack/react-query';

/** Of `invalidateQueries`: all that was asked by these operations, of any ledger and of none. */
export function askedBy(...operations: readonly OperationId[]): QueryFilters {
  return { predicate: ({ queryKey }) => (operations as readonly unknown[]).includes(queryKey[1]) };
}
