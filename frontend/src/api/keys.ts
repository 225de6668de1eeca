import type { OperationId, RequestOf } from '@ledgerflow/client';

/**
 * The one place where keys of queries are made: [ledger or null, operation, request]. What a write changes is found by its ledger and operation, whatever was asked for.
 */
export const keys = {
  of: <K extends OperationId>(operation: K, request: RequestOf<K>) =>
    [(request as { ledger?: string }).ledger ?? null, operation, request] as const,
  /** All that was asked by an operation, of one ledger or (null) of none. */
  all: (operation: OperationId, ledger: string | null = null) => [ledger, operation] as const,
  ledger: (ledger: string) => [ledger] as const,
};

/** How long an answer counts as new, by how fast the thing changes and how much it matters. */
export const STALE_MS = {
  /** What the past was does not change. */
  past: Number.POSITIVE_INFINITY,
  /** Names, currencies, who one is. */
  slow: 60_000,
  /** Balances, lists. */
  normal: 5_000,
  /** What a person watches. */
  live: 1_000,
} as const;
