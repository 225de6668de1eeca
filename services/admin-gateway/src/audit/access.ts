import { ID_PATTERN } from '@ledgerflow/contracts';
import { withoutCredentials } from '@ledgerflow/platform/log';
import type { Principal } from '../auth/principal.ts';
import type { Access } from './store.ts';

/** Of what a caller wrote: enough to tell what was tried, and nobody fills the store with it. */
const TEXT_MAX = 512;
const LEDGER = new RegExp(ID_PATTERN);

const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX - 1)}…`.toWellFormed() : text);

/**
 * What the audit has of a call. The ledger is the one that was named, if it can be one; the query is left out when it is empty. Without a password or
 * a token that somebody put into the address.
 */
export function accessOf(call: {
  action: string;
  path: string;
  query: string;
  ledger: string | undefined;
  address: string;
  requestId: string;
  principal: Principal | undefined;
  /** Of the problem; undefined: there was none. */
  code: string | undefined;
}): Access {
  const { action, path, query, address, requestId, principal, code } = call;
  const ledger = call.ledger ?? new URLSearchParams(query).get('ledger') ?? '';
  return {
    recordedAt: BigInt(Date.now()) * 1000n,
    actor: principal?.id ?? null,
    roles: principal?.roles ?? [],
    action,
    ledger: LEDGER.test(ledger) ? ledger : null,
    target: cut(withoutCredentials(path)),
    parameters: { ...(query === '' ? {} : { query: cut(withoutCredentials(`?${query}`).slice(1)) }), address },
    requestId,
    outcome: code ?? 'done',
  };
}
