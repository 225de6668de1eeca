import type { LedgerRecord } from '@ledgerflow/client';
import { type Leg, type Moved, movedOf, sidesOf } from '../transactions/shared.ts';

export interface Summary {
  from: readonly string[];
  to: readonly string[];
  /** Of a record that moves no money: what it is about. */
  about: readonly string[];
  moved: readonly Moved[];
}

/** What is told of any event; the data of each type is its own. */
type LedgerEvent = Omit<LedgerRecord['events'][number], 'data'> & { data: object };

const textOf = (data: unknown, name: string): string | null => {
  const value = (data as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : null;
};

/** Of a later version's events as well: what has an account and an amount is an entry. */
function legOf({ account, amount, data }: LedgerEvent): Leg | null {
  return account === undefined || amount === undefined ? null : { account, amount, currency: textOf(data, 'currency') ?? '' };
}

/** A record in a line. `followed`: its amounts are those of this account. */
export function summaryOf({ events }: { events: readonly LedgerEvent[] }, followed: string | null = null): Summary {
  const legs = events.map(legOf).filter((leg) => leg !== null);
  if (legs.length > 0) return { ...sidesOf(legs), about: [], moved: movedOf(legs, followed) };
  const about = events.map(({ account, data }) => account ?? textOf(data, 'code') ?? textOf(data, 'id')).filter((one) => one !== null);
  return { from: [], to: [], about: [...new Set(about)], moved: [] };
}
