import type { LedgerRecord, Micros } from '@ledgerflow/contracts';

/** `read.ledgers` and `read.currencies`: the ledgers that were opened and the currencies that joined them, with their decimals. */
export interface LedgerChange {
  opened: { id: string; uuid: string; openedAt: Micros } | null;
  currencies: { code: string; scale: number; position: bigint }[];
}

export function project(record: LedgerRecord): LedgerChange {
  const change: LedgerChange = { opened: null, currencies: [] };
  for (const event of record.events) {
    if (event.type === 'LedgerOpened') {
      if (record.position !== 1n) throw new Error('a ledger is opened by its first record');
      if (event.data.id !== record.ledger || event.data.uuid !== record.ledgerUuid)
        throw new Error('the ledger is opened under another id');
      change.opened = { ...event.data, openedAt: record.recordedAt };
    } else if (event.type === 'CurrencyAdded') change.currencies.push({ ...event.data, position: record.position });
  }
  return change;
}
