import type { LedgerRecord } from '@ledgerflow/contracts';

const HAVE_REASONS: ReadonlySet<string> = new Set<LedgerRecord['type']>(['AccountFrozen', 'AccountUnfrozen', 'AccountClosed']);

/** Why a record changed an account's status: null when that was erased or never said; undefined for records that have no reasons. */
export function reasonOf({ type, details }: Pick<LedgerRecord, 'type' | 'details'>): string | null | undefined {
  return HAVE_REASONS.has(type) ? (details[0]?.body?.reason ?? null) : undefined;
}
