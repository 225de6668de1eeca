import type { Principal as WriterPrincipal } from '@ledgerflow/contracts/grpc';

export const ROLES = ['viewer', 'operator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who calls, as the verified token says. One object a token, so that a batch of commands names it once. */
export interface Principal {
  id: string;
  roles: readonly Role[];
  /** Ledger ids, or '*' among them for all. */
  ledgers: ReadonlySet<string>;
  expiresAtMs: number;
  /** Aborted when the issuer withdraws the key of the token. */
  withdrawn?: AbortSignal | undefined;
  /** What the writer is told. */
  forWriter: WriterPrincipal;
}

/** Which roles may do what a route asks of one: viewer ⊂ operator, viewer ⊂ auditor, and admin is all of them. */
export const HOLDERS: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'operator', 'auditor', 'admin'],
  operator: ['operator', 'admin'],
  auditor: ['auditor', 'admin'],
  admin: ['admin'],
};

export function hasRole(principal: Principal, needed: Role): boolean {
  return principal.roles.some((role) => HOLDERS[needed].includes(role));
}

export function mayUseLedger(principal: Principal, ledger: string): boolean {
  return principal.ledgers.has('*') || principal.ledgers.has(ledger);
}

export function createPrincipal(
  id: string,
  roles: readonly Role[],
  ledgers: readonly string[],
  expiresAtMs: number,
  withdrawn?: AbortSignal,
): Principal {
  const granted = [...new Set(ledgers)].sort();
  const forWriter = { id, roles: [...roles], ledgers: granted, source: 'api' };
  return { id, roles, ledgers: new Set(granted), expiresAtMs, withdrawn, forWriter };
}
