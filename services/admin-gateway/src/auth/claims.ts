import type { JWTPayload } from 'jose';
import { isStorable } from '../http/body.ts';
import { createPrincipal, type Principal, type Role, ROLES } from './principal.ts';

export interface ClaimsOptions {
  /** Name of the claim, or a dotted path to it (`realm_access.roles`); a claim with exactly that name wins. */
  rolesClaim: string;
  ledgersClaim: string;
  /** Group or foreign role → our role: what is not in it grants nothing, also what is called like a role of ours. Empty: names are our roles. */
  roleMap: ReadonlyMap<string, Role>;
}

const SUBJECT_MAX = 255;
const GRANTS_MAX = 10_000;

/** "group=role,other group=role". Throws for a role that does not exist. */
export function parseRoleMap(text: string): Map<string, Role> {
  const map = new Map<string, Role>();
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.lastIndexOf('=');
    const role = pair.slice(at + 1).trim() as Role;
    if (at < 1 || !ROLES.includes(role)) throw new Error(`ROLE_MAP: "${pair}" is not group=role with one of ${ROLES.join(', ')}`);
    map.set(pair.slice(0, at).trim(), role);
  }
  return map;
}

function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** A claim as a list: an array of texts, or one text with blanks between. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/\s+/).filter((part) => part !== '');
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && isStorable(item)).slice(0, GRANTS_MAX)
    : [];
}

/** The principal that a verified token names, or null when its subject is not usable. Roles that we do not know grant nothing. */
export function principalOf(payload: JWTPayload, options: ClaimsOptions, withdrawn?: AbortSignal): Principal | null {
  const { sub, exp } = payload as { sub?: unknown; exp?: number };
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_MAX || !isStorable(sub) || exp === undefined) return null;
  const roles = new Set<Role>();
  for (const name of texts(claim(payload, options.rolesClaim))) {
    const role = options.roleMap.size > 0 ? options.roleMap.get(name) : ROLES.find((known) => known === name);
    if (role !== undefined) roles.add(role);
  }
  return createPrincipal(sub, [...roles].sort(), texts(claim(payload, options.ledgersClaim)), exp * 1000, withdrawn);
}
