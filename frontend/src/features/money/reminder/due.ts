import type { Batch, Batches } from '../batch/slice.ts';
import type { Kind } from '../intent/draft.ts';
import { type Intent, type Intents, isOpen } from '../intent/slice.ts';
import type { Unread } from './unread.ts';

export interface MoneyState {
  money: Intents;
  moneyBatches: Batches;
  moneyUnread: Unread;
}

/** What somebody sent and has no word of, with where it can be asked for. */
export type Due = { ledger: string } & ({ kind: Kind; intent: Intent } | { kind: 'batch'; batch: Batch });

/** What is on its way for the first time is not due: its answer comes, or it is lost. A file is that was cut off before all its rows had an answer. */
export function dueOf({ money, moneyBatches }: Pick<MoneyState, 'money' | 'moneyBatches'>, who: string): Due[] {
  const due: Due[] = [];
  for (const [place, intent] of Object.entries(money)) {
    const [whose, ledger, kind] = JSON.parse(place) as [string, string, Kind];
    if (whose === who && isOpen(intent) && intent.isDoubtful) due.push({ ledger, kind, intent });
  }
  for (const [place, batch] of Object.entries(moneyBatches)) {
    const [whose, ledger] = JSON.parse(place) as [string, string];
    if (whose === who && batch.phase === 'stopped') due.push({ ledger, kind: 'batch', batch });
  }
  return due;
}

/** Something of theirs is on its way. */
export function isSending({ money, moneyBatches }: Pick<MoneyState, 'money' | 'moneyBatches'>, who: string): boolean {
  const isTheirs = (place: string): boolean => (JSON.parse(place) as [string])[0] === who;
  return (
    Object.entries(money).some(([place, { phase }]) => phase === 'sent' && isTheirs(place)) ||
    Object.entries(moneyBatches).some(([place, { phase }]) => phase === 'sending' && isTheirs(place))
  );
}

/** How many rows have an outcome that is not known, and how many were never sent. */
export function leftOf({ rows, results }: Batch): { open: number; unsent: number } {
  const unsent = rows.filter(({ fault }, index) => fault === null && (results[index] ?? null) === null).length;
  return { open: results.filter((result) => result?.state === 'open').length, unsent };
}
