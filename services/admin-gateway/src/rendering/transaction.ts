import { formatMicros, formatMinor } from '@ledgerflow/contracts';
import type { TransactionRow } from '@ledgerflow/read-model';

export function renderTransaction(row: TransactionRow): Record<string, unknown> {
  return {
    id: row.id,
    position: row.position.toString(),
    type: row.type,
    recordedAt: formatMicros(row.recordedAt),
    effectiveAt: formatMicros(row.effectiveAt),
    externalId: row.externalId,
    reference: row.reference,
    description: row.description,
    metadata: row.metadata,
    actor: row.actor,
    correlationId: row.correlationId,
    entries: row.entries.map((entry) => ({
      account: entry.account,
      currency: entry.currency,
      amount: formatMinor(entry.amount, entry.scale),
      balanceAfter: formatMinor(entry.balanceAfter, entry.scale),
      heldAfter: formatMinor(entry.heldAfter, entry.scale),
      version: entry.version.toString(),
    })),
  };
}
