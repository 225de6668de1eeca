import { Command, InvalidArgumentError } from 'commander';
import { parseCommand, positiveUpTo, whole } from '../terminal/index.ts';

export interface FaultsOptions {
  /** Ids of rows in the order of the registry; null: all. */
  rows: readonly string[] | null;
  seed: number;
  seconds: number;
  list: boolean;
  json: boolean;
  /** Where the page is written; null: nowhere. */
  page: string | null;
}

const SEED_MAX = 2 ** 31 - 1;
const SECONDS_MAX = 60;
const SECONDS = 3;
export const PAGE = 'docs/reference/faults.md';

interface Parsed {
  rows?: readonly string[];
  seed?: number;
  seconds: number;
  list: boolean;
  json: boolean;
  page?: string | false;
}

function namesOf(known: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (names.length === 0) throw new InvalidArgumentError('it names no row.');
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new InvalidArgumentError(`there is no row ${unknown.join(', ')}; --list tells them all.`);
    return known.filter((name) => names.includes(name));
  };
}

function command(known: readonly string[]): Command {
  return new Command('faults')
    .usage('-- [options]')
    .description(
      'Breaks a LedgerFlow of its own in every way there is, one fault a row, under load; measures what was lost, doubled or stale and how\n' +
        `long it took to come back. All rows together make ${PAGE}.`,
    )
    .option('--rows <ids>', 'only these rows, separated by commas', namesOf(known))
    .option('--seed <n>', 'of all choices of the clients and of the faults (default: a random one)', whole(0, SEED_MAX))
    .option('--seconds <n>', 'of load before each fault, and again after the recovery', positiveUpTo(SECONDS_MAX), SECONDS)
    .option('--list', 'tells the rows, and runs none', false)
    .option('--json', 'the results as JSON on standard output, and nothing else there', false)
    .option('--page <file>', `writes the page there (default: ${PAGE} after a run of all rows, nowhere after one of some)`)
    .option('--no-page', 'writes no page');
}

/** The options of a command line, or the exit code to end with, after the mistake was said on standard error. */
export function parseFaults(
  argv: readonly string[],
  known: readonly string[],
  randomSeed: () => number = () => Math.floor(Math.random() * SEED_MAX),
): { options: FaultsOptions } | { exitCode: number } {
  const parsed = parseCommand<Parsed>(command(known), argv);
  if ('exitCode' in parsed) return parsed;
  const { rows, seed, seconds, list, json, page } = parsed.options;
  // Commander's default for an option that has a --no- form is true: nothing was said.
  const asked = typeof page === 'string' ? page : page === false || rows !== undefined ? null : PAGE;
  return { options: { rows: rows ?? null, seed: seed ?? randomSeed(), seconds, list, json, page: asked } };
}
