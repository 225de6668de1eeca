import { isAccountEvent, type LedgerRecord } from '@ledgerflow/contracts';
import { PROJECTIONS } from '@ledgerflow/read-model/projections';
import type { Divergence } from './divergences.ts';

/**
 * Why this record can not have been discarded as it is said to be; null when it can. Nobody may discard what balances depend on, one that moves money or opens an account: who
 * says so hides something.
 */
export function divergenceMisfit(record: LedgerRecord, { projections, accounts, actor }: Divergence): string | null {
  const isNeeded = record.events.some(({ type }) => type === 'EntryPosted' || type === 'AccountOpened');
  if (isNeeded && PROJECTIONS.some(({ name, carriesBalances }) => carriesBalances && projections.includes(name)))
    return `balances depend on it, and read.divergences says that ${actor} discarded it of ${projections.join(', ')}`;
  const touched = new Set(record.events.filter(isAccountEvent).map(({ accountNumber }) => accountNumber));
  const stranger = accounts.find((number) => !touched.has(number));
  return stranger === undefined
    ? null
    : `read.divergences says that it was discarded for account number ${stranger}, which it does not touch`;
}
