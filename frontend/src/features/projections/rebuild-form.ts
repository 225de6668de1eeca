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
  /** That it is of everything was read; asked only then. */
  isWholeMeant: boolean;
}

export const nothingTyped: Typed = { projection: ALL, ledger: '', account: '', maxRate: '', proveOnly: false, isWholeMeant: false };

/** Every projection of every ledger. */
export const isWhole = ({ projection, ledger }: Typed): boolean => projection.trim() === ALL && ledger.trim() === '';

/** What is wrong with it, by field; everything else is the gateway's to refuse. */
export function mistakes(typed: Typed, isEveryAllowed: boolean): Partial<Record<keyof Typed, string>> {
  const { projection, ledger, account, isWholeMeant } = typed;
  const found: Partial<Record<keyof Typed, string>> = {};
  if (projection.trim() === '') found.projection = strings.projectionHint;
  if (ledger.trim() === '') {
    if (account.trim() !== '') found.ledger = strings.accountNeedsLedger;
    else if (!isEveryAllowed) found.ledger = strings.ledgerNeeded;
  }
  if (isWhole(typed) && !isWholeMeant && found.ledger === undefined) found.isWholeMeant = strings.wholeNeeded;
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
