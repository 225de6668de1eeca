import { createHash, timingSafeEqual } from 'node:crypto';

/** What a token may carry in its claim `roles`. */
export const ROLES = ['viewer', 'operator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface User {
  name: string;
  /** For development on one machine: printed at every start. */
  password: string;
  role: Role;
}

export const USERS: readonly User[] = ROLES.map((role) => ({ name: role, password: `${role}-password`, role }));

export const CLIENT_ID = 'ledgerflow-dev';
export const CLIENT_SECRET = 'ledgerflow-dev-secret';
/** The command line: it has no secret, and signs people in by the device flow. */
export const CLI_CLIENT_ID = 'ledgerflow-cli';

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The user with this name and password, or null. */
export function authenticate(name: string, password: string): User | null {
  const user = USERS.find((each) => each.name === name);
  const matches = timingSafeEqual(digest(user?.password ?? ''), digest(password));
  return user !== undefined && matches ? user : null;
}
