import type { DataOf, OperationId } from '@ledgerflow/client';
import { ACCESS, type Access, type Role } from './generated/access.ts';

export type { Role } from './generated/access.ts';
export type Me = DataOf<'getMe'>;

const isGranted = (me: Me, ledger: string): boolean => me.ledgers.includes('*') || me.ledgers.includes(ledger);

/** Whether the gateway would let them; ledger: the one in the path. It decides for itself when it is called. */
export function may(me: Me, operation: OperationId, ledger?: string): boolean {
  const { roles, grant } = ACCESS[operation];
  if (roles !== null && !roles.some((role) => me.roles.includes(role))) return false;
  if (grant === 'every') return me.ledgers.includes('*');
  if (grant === 'path') return ledger === undefined ? me.ledgers.length > 0 : isGranted(me, ledger);
  return true;
}

/** Why not, as a reason to show: the roles of which each suffices, or the grant. null: they may. */
export function whyNot(me: Me, operation: OperationId, ledger?: string): { roles: readonly Role[] } | { grant: string } | null {
  if (may(me, operation, ledger)) return null;
  const { roles, grant } = ACCESS[operation];
  if (roles !== null && !roles.some((role) => me.roles.includes(role))) return { roles };
  return { grant: grant === 'every' ? '*' : (ledger ?? '*') };
}

/** What an operation takes, as the gateway declares it. */
export const accessOf = (operation: OperationId): Access => ACCESS[operation];
