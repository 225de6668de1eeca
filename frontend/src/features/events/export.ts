import type { LedgerRecord } from '@ledgerflow/client';
import { type Column, fileColumn } from '../../ui/table/index.ts';
import { strings } from './strings.ts';

const text = strings.columns;
const column = (id: keyof typeof text, of: (record: LedgerRecord) => string | undefined) => fileColumn(id, text[id], of);

/** Records as a file has them, their events as JSON. */
export const exportColumns: readonly Column<LedgerRecord>[] = [
  column('position', ({ position }) => position),
  column('epoch', ({ epoch }) => String(epoch)),
  column('recordedAt', ({ recordedAt }) => recordedAt),
  column('effectiveAt', ({ effectiveAt }) => effectiveAt),
  column('type', ({ type }) => type),
  column('transactionId', ({ transactionId }) => transactionId),
  column('actor', ({ actor }) => actor),
  column('correlationId', ({ correlationId }) => correlationId),
  column('causationId', ({ causationId }) => causationId),
  column('events', ({ events }) => JSON.stringify(events)),
];
