import type { Pool } from '@ledgerflow/platform/postgres';
import * as queries from '@ledgerflow/read-model';
import type {
  DeadLetterFilter,
  DeadLetterKey,
  PageRequest,
  ProjectionKey,
  RebuildKey,
  RebuildRequest,
  RepairRequest,
} from '@ledgerflow/read-model';

/** What people see and ask of the read side as its operators: always on the primary, where the builder works. */
export function bindOperations(pool: Pool) {
  return {
    getLedgerNumber: (ledger: string) => queries.getLedgerNumber(pool, ledger),
    listDeadLetters: (filter: DeadLetterFilter, page: PageRequest<DeadLetterKey>) => queries.listDeadLetters(pool, filter, page),
    getDeadLetter: (id: bigint) => queries.getDeadLetter(pool, id),
    requestRepair: (request: RepairRequest) => queries.requestRepair(pool, request),
    getRepair: (id: string) => queries.getRepair(pool, id),
    listProjectionStates: (filter: { ledger: string | null; projection: string | null }, page: PageRequest<ProjectionKey>) =>
      queries.listProjectionStates(pool, filter, page),
    listRebuilds: (projection: string | null, ledgers: readonly string[] | null, page: PageRequest<RebuildKey>) =>
      queries.listRebuilds(pool, projection, ledgers, page),
    getRebuild: (id: string) => queries.getRebuild(pool, id),
    listRebuildParts: (id: string) => queries.listRebuildParts(pool, id),
    requestRebuild: (request: RebuildRequest) => queries.requestRebuild(pool, request),
    cancelRebuild: (id: string) => queries.cancelRebuild(pool, id),
  };
}

export type Operations = ReturnType<typeof bindOperations>;
