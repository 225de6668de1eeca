import { hash } from 'node:crypto';
import { canonicalJson } from '@ledgerflow/contracts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import { Signer } from './signing.ts';

/** What a cursor belongs to. It opens only for the same route, ledger, filters and grant. */
export interface CursorScope {
  route: string;
  ledger: string;
  filters: Readonly<Record<string, unknown>>;
  principal: Principal;
}

export type CursorKey = Readonly<Record<string, string | number>>;

function scopeHash({ route, ledger, filters, principal }: CursorScope): string {
  const { limit: _limit, cursor: _cursor, ...rest } = filters;
  return hash('sha256', canonicalJson([route, ledger, rest, [...principal.ledgers].sort()]), 'base64url').slice(0, 22);
}

/** Opaque signed cursors: the key of the last row, bound to the list it came from. The limit may change between pages. */
export class Cursors {
  private readonly signer: Signer;

  constructor(secret: string) {
    this.signer = new Signer(secret, 'cursor');
  }

  issue(scope: CursorScope, key: CursorKey): string {
    return this.signer.sign(`${scopeHash(scope)}${JSON.stringify(key)}`);
  }

  /** The key to go on from; null without a cursor. */
  open(scope: CursorScope, cursor: string | undefined): CursorKey | null {
    if (cursor === undefined) return null;
    const text = this.signer.open(cursor);
    const bound = scopeHash(scope);
    if (text === null || !text.startsWith(bound)) throw new Problem('invalid_cursor', { field: 'cursor' });
    return JSON.parse(text.slice(bound.length)) as CursorKey;
  }
}
