import type { Micros } from '@ledgerflow/contracts';
import { ZERO_HASH } from '@ledgerflow/contracts';
import type { BatchView, Head } from './state.ts';

export const FIRST_EPOCH = 1;

/** The end of a log without a record. */
export function emptyHead({ ledger, number, uuid }: Pick<Head, 'ledger' | 'number' | 'uuid'>): Head {
  const start = {
    position: 0n,
    recordedAt: 0n,
    recordHash: ZERO_HASH,
    frontier: new Uint8Array(0),
    entryDigest: 0n,
    accountDigest: 0n,
    accountCount: 0,
  };
  return { ledger, number, uuid, epoch: FIRST_EPOCH, ...start };
}

/** What a ledger without a record shows to whoever decides. */
export function emptyView(ledger: Pick<Head, 'ledger' | 'number' | 'uuid'>, now: Micros): BatchView {
  return { head: emptyHead(ledger), now, currencies: new Map(), accounts: new Map(), outcomes: new Map(), externalIds: new Map() };
}
