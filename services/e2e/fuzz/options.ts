import { Command } from 'commander';
import { parseCommand, whole } from '../terminal/index.ts';

export interface FuzzOptions {
  seed: number;
  /** Requests of each operation and phase at most. */
  examples: number;
  /** Time for schemathesis, which repeats itself until it is spent; absent: it ends with its examples. */
  seconds?: number;
  /** Of operations, with which alone to run. */
  operation?: string[];
}

const SEED_MAX = 2 ** 31 - 1;
const EXAMPLES = 30;
const EXAMPLES_MAX = 100_000;
const SECONDS_MAX = 86_400;

const DESCRIPTION = `Starts a LedgerFlow of its own and sends it what schemathesis makes of its /openapi.json, valid and invalid. Exit code 0: every answer was as the
document says, and every operation succeeded once (that is only told of a run with --seconds or fewer examples); 1: not; 2: it could not be run.`;

/** Too short for every operation to succeed once, by chance. */
export const isShort = ({ seconds, examples }: FuzzOptions): boolean => seconds !== undefined || examples < EXAMPLES;

/** The options of a command line, or the exit code to end with at once. */
export function parseFuzzOptions(argv: readonly string[], random: () => number = Math.random) {
  const command = new Command('npm run test:fuzz --')
    .description(DESCRIPTION)
    .option('--seed <n>', 'of all choices (default: a random one, which is printed)', whole(0, SEED_MAX))
    .option('--examples <n>', 'random requests of each operation', whole(1, EXAMPLES_MAX), EXAMPLES)
    .option('--seconds <n>', 'go on with random requests until so many seconds are over, and end then', whole(1, SECONDS_MAX))
    .option('--operation <id...>', 'operationIds to leave it at (default: all)');
  const parsed = parseCommand<Omit<FuzzOptions, 'seed'> & { seed?: number }>(command, argv);
  if ('exitCode' in parsed) return parsed;
  const seed = parsed.options.seed ?? Math.floor(random() * SEED_MAX);
  return { options: { ...parsed.options, seed } satisfies FuzzOptions };
}

/** The command line of schemathesis. */
export function schemathesisArguments(options: FuzzOptions, files: { url: string; config: string; report: string }): string[] {
  return [
    `--config-file=${files.config}`,
    'run',
    `${files.url}/openapi.json`,
    '--phases=examples,coverage,fuzzing,stateful',
    '--mode=all',
    `--seed=${options.seed}`,
    `--max-examples=${options.examples}`,
    ...(options.seconds === undefined ? [] : [`--max-time=${options.seconds}`]),
    ...(options.operation ?? []).map((id) => `--include-operation-id=${id}`),
    '--report=json',
    `--report-json-path=${files.report}`,
    '--no-color',
  ];
}
