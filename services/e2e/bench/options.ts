import { Command, InvalidArgumentError } from 'commander';
import { nonNegative, parseCommand, positive, whole } from '../terminal/index.ts';
import { ENTRIES_STEP } from './as-of-entries.ts';

export interface BenchOptions {
  seconds: number;
  rounds: number;
  quick: boolean;
  rows: string[];
  json: boolean;
  pgbench: boolean;
  kafka: boolean;
  growth: boolean;
  seed: number;
  accounts: number;
  connections: number;
  batchConnections: number;
  lists: number;
  listSize: number;
  warmUpSeconds: number;
  pgbenchScale: number;
  asOfEntries: number;
  backlog: number;
  /** Of the ledger whose projections are rebuilt. */
  rebuildRecords: number;
  /** Clients of the row `streams`. */
  streams: number;
  verify: boolean;
}

const ENTRIES_MAX = 10_000_000;

/** What takes minutes at full size: how large it is by default, and with --quick. */
const SIZES = {
  full: {
    seconds: 30,
    rounds: 3,
    warmUpSeconds: 5,
    pgbenchScale: 50,
    asOfEntries: 1_000_000,
    backlog: 200_000,
    rebuildRecords: 1_000_000,
    streams: 1_000,
  },
  quick: {
    seconds: 3,
    rounds: 1,
    warmUpSeconds: 1,
    pgbenchScale: 16,
    asOfEntries: 100_000,
    backlog: 10_000,
    rebuildRecords: 10_000,
    streams: 100,
  },
} as const;

function list(text: string): string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError('it names nothing.');
  return names;
}

/** Of every share of backdated entries a whole number of transactions. */
function entries(text: string): number {
  const value = whole(ENTRIES_STEP, ENTRIES_MAX)(text);
  if (value % ENTRIES_STEP !== 0) throw new InvalidArgumentError(`it is not a multiple of ${ENTRIES_STEP}.`);
  return value;
}

function command(): Command {
  return new Command('bench')
    .usage('-- [options]')
    .description(
      'Measures LedgerFlow beside pgbench and a bare Express process, on one PostgreSQL server and in one run.\n' +
        'docs/reference/performance.md says what each row does.',
    )
    .option('--seconds <n>', `a run of a row, in seconds (${SIZES.full.seconds}; quick ${SIZES.quick.seconds})`, positive)
    .option('--rounds <n>', `how often all rows are run, in turn (${SIZES.full.rounds}; quick ${SIZES.quick.rounds})`, whole(1, 100))
    .option('--quick', 'everything on less data, in under two minutes', false)
    .option('--rows <names>', 'only these rows, separated by commas', list, [] as string[])
    .option('--json', 'the rows as JSON on standard output, and nothing else there', false)
    .option('--no-pgbench', 'without the comparison with pgbench')
    .option('--kafka', 'the HTTP rows with the relay, Kafka and the Kafka feed instead of the log feed', false)
    .option('--growth', 'instead: the writer with more accounts, more ledgers, more writers', false)
    .option('--seed <n>', 'of the random accounts and amounts', whole(0, 0xffffffff), 1)
    .option('--accounts <n>', 'of a ledger', whole(2, 1_000_000), 1_000)
    .option('--connections <n>', 'of the HTTP rows with single requests', whole(1, 1_000), 64)
    .option('--batch-connections <n>', 'of the HTTP row with batches of 100', whole(1, 1_000), 16)
    .option('--lists <n>', 'lists of commands on their way to the writer at once', whole(1, 200), 16)
    .option('--list-size <n>', 'commands of a list', whole(1, 5_000), 200)
    .option(
      '--warm-up-seconds <n>',
      `before each run, not counted (${SIZES.full.warmUpSeconds}; quick ${SIZES.quick.warmUpSeconds})`,
      nonNegative,
    )
    .option('--pgbench-scale <n>', `(${SIZES.full.pgbenchScale}; quick ${SIZES.quick.pgbenchScale})`, whole(1, 1_000))
    .option(
      '--as-of-entries <n>',
      `on each account of the as-of rows (${SIZES.full.asOfEntries}; quick ${SIZES.quick.asOfEntries})`,
      entries,
    )
    .option(
      '--backlog <n>',
      `transfers for the builder to apply (${SIZES.full.backlog}; quick ${SIZES.quick.backlog})`,
      whole(100, 10_000_000),
    )
    .option(
      '--rebuild-records <n>',
      `transfers of the ledger whose projections are rebuilt (${SIZES.full.rebuildRecords}; quick ${SIZES.quick.rebuildRecords})`,
      whole(1_000, 10_000_000),
    )
    .option('--streams <n>', `clients of one ledger's events (${SIZES.full.streams}; quick ${SIZES.quick.streams})`, whole(1, 1_000))
    .option('--no-verify', 'without the proof of consistency at the end');
}

/** The options of a command line, or the exit code to end with. */
export function parseBench(argv: readonly string[]): { options: BenchOptions } | { exitCode: number } {
  const parsed = parseCommand<Partial<BenchOptions> & { quick: boolean }>(command(), argv);
  if ('exitCode' in parsed) return parsed;
  const sizes = parsed.options.quick ? SIZES.quick : SIZES.full;
  return { options: { ...sizes, ...parsed.options } as BenchOptions };
}
