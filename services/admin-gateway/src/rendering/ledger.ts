import { formatMicros, type LedgerRecord } from '@ledgerflow/contracts';
import type { LedgerRow, Seen } from '@ledgerflow/read-model';

const currenciesOf = (record: LedgerRecord): { code: string; scale: number }[] =>
  record.events.flatMap((event) => (event.type === 'CurrencyAdded' ? [{ code: event.data.code, scale: event.data.scale }] : []));

export function renderOpenedLedger(record: LedgerRecord): Record<string, unknown> {
  const recordedAt = formatMicros(record.recordedAt);
  return {
    id: record.ledger,
    uuid: record.ledgerUuid,
    currencies: currenciesOf(record),
    openedAt: recordedAt,
    position: record.position.toString(),
    recordedAt,
  };
}

/** position and recordedAt are those of the last record that the read side has applied. */
export function renderLedger({ value, checkpoint }: Pick<Seen<LedgerRow>, 'value' | 'checkpoint'>): Record<string, unknown> {
  return {
    id: value.id,
    uuid: value.uuid,
    currencies: value.currencies,
    openedAt: formatMicros(value.openedAt),
    position: checkpoint.position.toString(),
    recordedAt: formatMicros(checkpoint.recordedAt),
  };
}

export function renderAddedCurrency(record: LedgerRecord): Record<string, unknown> {
  const currency = currenciesOf(record)[0];
  if (currency === undefined) throw new Error(`record ${record.position} of ${record.ledger} added no currency`);
  return { ...currency, position: record.position.toString(), recordedAt: formatMicros(record.recordedAt) };
}
