import { ledgerflow } from '../../../api/client.ts';
import { fromMicros, type Micros } from '../../../ui/time/micros.ts';

/** The time of the first entry recorded behind a time (1), or of the last one before it (-1); null: there is none. */
export async function neighbouring(ledger: string, account: string, micros: Micros, direction: -1 | 1): Promise<string | null> {
  const beyond = fromMicros(micros + direction);
  const span = direction === 1 ? ({ from: beyond, order: 'asc' } as const) : ({ to: beyond, order: 'desc' } as const);
  const { data } = (await ledgerflow.answer('listEntries', { ledger, account, limit: 1, ...span })).data;
  return data[0]?.recordedAt ?? null;
}
