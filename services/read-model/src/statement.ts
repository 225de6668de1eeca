import { hash } from 'node:crypto';
import type { Queryable } from '@ledgerflow/platform/postgres';

/** A statement with a name: each connection parses and plans it once. */
export interface Statement {
  name: string;
  text: string;
}

const NAME_CHARACTERS = 24;

/**
 * For texts that are constants of the code, never for one that is put together from a filter: a connection keeps what it has prepared. Parsing and planning took
 * two thirds of a balance read's time in the database.
 */
export function statement(text: string): Statement {
  return { name: hash('sha256', text, 'hex').slice(0, NAME_CHARACTERS), text };
}

export function run<R extends object>(db: Queryable, { name, text }: Statement, values: unknown[]): Promise<{ rows: R[] }> {
  return db.query<R>({ name, text, values });
}
