import { type Command, InvalidArgumentError, Option } from 'commander';
import { ROWS_MAX } from './output/output.ts';

const LIMIT = 100;
const PAGE_MAX = 1_000;

export function wholeFrom(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`it is not a whole number from ${min} to ${max}.`);
    return value;
  };
}

export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('it is not a JSON object.');
}

export function keyValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('it is not NAME=VALUE.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Of a command that changes a ledger. */
export function changing(command: Command, { ofOneAccount = false } = {}): Command {
  command
    .option('--idempotency-key <key>', 'send it under this key: a repeated command has one effect')
    .option('--dry-run', 'say what would happen; change nothing');
  if (ofOneAccount) command.option('--if-version <version>', 'only if the account has this version');
  return command;
}

/** Of a command that moves money. */
export function moving(command: Command): Command {
  return command
    .option('--reference <text>', 'what it is for')
    .option('--description <text>', 'more words')
    .option('--external-id <id>', 'your own id of it, unique in the ledger')
    .option('--effective-at <time>', 'when it counts from (RFC 3339)')
    .option('--metadata <json>', 'a JSON object to keep with it', jsonObject);
}

export interface Terms {
  reference?: string;
  description?: string;
  externalId?: string;
  effectiveAt?: string;
  metadata?: Record<string, unknown>;
}

export const termsOf = ({ reference, description, externalId, effectiveAt, metadata }: Terms): Terms => ({
  reference,
  description,
  externalId,
  effectiveAt,
  metadata,
});

export interface ListOptions {
  limit: number;
  all?: boolean;
}

/** Of a command that lists. */
export function listing(command: Command): Command {
  return command
    .addOption(new Option('--limit <count>', 'so many at most').argParser(wholeFrom(1, ROWS_MAX)).default(LIMIT))
    .addOption(new Option('--all', `all of them; as a table ${ROWS_MAX} at most`).conflicts('limit'));
}

/** Of a list by when a thing was recorded; both times count themselves. */
export function spanning(command: Command): Command {
  return command
    .option('--from <time>', 'recorded at this time or later (RFC 3339)')
    .option('--to <time>', 'recorded at this time or earlier (RFC 3339)');
}

/** The size of a page for a list that ends after so many. */
export const pageSize = ({ limit, all }: ListOptions): number => (all === true ? PAGE_MAX : Math.min(limit, PAGE_MAX));
