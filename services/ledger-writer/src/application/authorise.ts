import type { Principal } from '@ledgerflow/contracts/grpc';
import type { CommandKind } from '../domain/definition.ts';

/** The grant for every ledger, present and to come. */
const ALL_LEDGERS = '*';

export type Role = 'viewer' | 'operator' | 'auditor' | 'admin';

const OPERATES: readonly Role[] = ['operator', 'admin'];
const ADMINISTERS: readonly Role[] = ['admin'];
/** Who may read what he has a grant for. */
export const READS: readonly Role[] = ['viewer', 'operator', 'auditor', 'admin'];

/** A new kind of command does not compile until it says here who may give it. */
export const COMMAND_ROLES: Readonly<Record<CommandKind, readonly Role[]>> = {
  openLedger: ADMINISTERS,
  addCurrency: ADMINISTERS,
  openAccount: ADMINISTERS,
  updateAccount: ADMINISTERS,
  freezeAccount: ADMINISTERS,
  unfreezeAccount: ADMINISTERS,
  closeAccount: ADMINISTERS,
  deposit: OPERATES,
  withdraw: OPERATES,
  transfer: OPERATES,
  postTransaction: OPERATES,
  postBatch: OPERATES,
};

function hasRole(principal: Principal, roles: readonly Role[]): boolean {
  return principal.roles.some((role) => (roles as readonly string[]).includes(role));
}

function isGranted(principal: Principal, ledger: string): boolean {
  return principal.ledgers.includes(ledger) || principal.ledgers.includes(ALL_LEDGERS);
}

/** The gateway checked this before; the writer trusts it with the principal, not with the decision. A ledger is opened only with a grant for all. */
export function mayCommand(principal: Principal, ledger: string, kind: CommandKind): boolean {
  if (kind === 'openLedger' && !principal.ledgers.includes(ALL_LEDGERS)) return false;
  return isGranted(principal, ledger) && hasRole(principal, COMMAND_ROLES[kind]);
}

export function mayRead(principal: Principal, ledger: string): boolean {
  return isGranted(principal, ledger) && hasRole(principal, READS);
}
