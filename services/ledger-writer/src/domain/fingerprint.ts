import { hash } from 'node:crypto';
import type { Command } from '@ledgerflow/contracts/grpc';
import { COMMANDS } from './commands/registry.ts';
import { bodyOf } from './decide.ts';
import type { BodyOf, CommandKind, Normal } from './definition.ts';

/** 16 bytes, as hex. */
const KEPT_DIGITS = 32;

function normalBody<K extends CommandKind>(body: { $case: K; value: BodyOf<K> }): readonly Normal[] {
  return COMMANDS[body.$case].fingerprint(body.value);
}

/** What a command asks for, as 32 hex digits: equal for a repeated request, other for another body under the same key. A hash, so still pure. */
export function fingerprint(command: Command): string {
  const body = bodyOf(command);
  return hash('sha256', JSON.stringify([body.$case, normalBody(body)]), 'hex').slice(0, KEPT_DIGITS);
}

/** How an idempotency key is stored: its scope is the principal and the class of routes; the ledger is the table's own column. */
export function storedKey(routeClass: string, principal: string, key: string): string {
  return hash('sha256', `${routeClass}\0${principal}\0${key}`, 'hex').slice(0, KEPT_DIGITS);
}

/** The class of every client route: one key on two routes is one key. */
export const API_ROUTE_CLASS = 'api';
