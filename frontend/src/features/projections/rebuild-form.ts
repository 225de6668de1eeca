import type { BodyOf } from '@ledgerflow/client';
import { ALL } from './queries.ts';
import { strings } from './strings.ts';

/** As it is typed. */
export interface Typed {
  projection: string;
  ledger: string;
  account: string;
  maxRate: number | string;
  proveOnly: boolean;
}

export const nothingTyped: Typed = { projection: ALL, ledger: '', account: '', maxRate: '', proveOnly: false };

/** What is wrong with it, by field; everything else is the gateway's to refuse. */
export function mistakes({ projection, ledger, account }: Typed, isEveryAllowed: boolean): Partial<Record<keyof Typed, string>> {
  const found: Partial<Record<keyof Typed, string>> = {};
  if (projection.trim() === '') found.projection = strings.projectionHint;
  if (ledger.trim() === '') {
    if (account.trim() !== '') found.ledger = strings.accountNeedsLedger;
    else if (!isEveryAllowed) found.ledger = strings.ledgerNeeded;
  }
  return found;
}

export function requestOf({ projection, ledger, account, maxRate, proveOnly }: Typed): {
  projection: string;
  body: BodyOf<'createRebuild'>;
} {
  const [ofLedger, ofAccount] = [ledger.trim(), account.trim()];
  return {
    projection: projection.trim(),
    body: {
      ...(ofLedger === '' ? {} : { ledger: ofLedger }),
      ...(ofAccount === '' ? {} : { account: ofAccount }),
      ...(typeof maxRate === 'number' ? { maxRatePerSecond: maxRate } : {}),
      ...(proveOnly ? { proveOnly } : {}),
    },
  };
}
