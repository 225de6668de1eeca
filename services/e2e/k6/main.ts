/** `npm run k6 -- smoke|load|stress|soak`: runs a scenario of this folder by k6 against a running LedgerFlow. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { UserError } from '@ledgerflow/local/access';
import { Argument, Command } from 'commander';
import { addressProblem, ledgerProblem, tokenProblem } from '../load/address.ts';
import { prepareLedger, tokenFor } from '../load/prepare.ts';
import { EXIT_INTERRUPTED, EXIT_USAGE, interruption, parseCommand, positive, whole } from '../terminal/index.ts';

const SCENARIOS = ['smoke', 'load', 'stress', 'soak'] as const;
const SOAK_SECONDS = 3_600;
/** k6's own code for thresholds that were crossed. */
const K6_THRESHOLDS = 99;

interface K6Options {
  baseUrl: string;
  ledger?: string;
  accounts: number;
  timeFactor: number;
  token?: string;
  allowRemote: boolean;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The k6 that K6 names, else the first on PATH. Throws UserError when there is none. */
function findK6({ K6, PATH = '' }: { K6?: string | undefined; PATH?: string | undefined }): string {
  if (K6 !== undefined && K6 !== '') {
    if (isExecutable(K6)) return K6;
    throw new UserError(`K6=${K6} is no file that can be run`, EXIT_USAGE);
  }
  const found = PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'k6'))
    .find(isExecutable);
  if (found !== undefined) return found;
  throw new UserError(
    'there is no k6 on PATH, and K6 does not name one: install it (https://grafana.com/docs/k6/latest/set-up/install-k6/, or: go install go.k6.io/k6@v1.8.1)',
    EXIT_USAGE,
  );
}

function parse(argv: readonly string[]) {
  const command = new Command('npm run k6 --')
    .description(
      'Runs a scenario by k6 against a running LedgerFlow. Exit code 0: all thresholds held; 1: not; 2: no k6, or it could not be run as asked.',
    )
    .addArgument(new Argument('<scenario>', 'what to run').choices(SCENARIOS))
    .option('--base-url <url>', 'the API; LEDGERFLOW_URL if set')
    .option('--ledger <id>', 'opened if there is none (default: a new one, k6-<scenario>-<time>)')
    .option('--accounts <n>', 'accounts to open first', whole(2, 10_000), 100)
    .option('--time-factor <x>', 'makes all times of the scenario longer or shorter', positive, 1)
    .option('--token <jwt>', 'for a LedgerFlow with another identity provider; LEDGERFLOW_TOKEN if set')
    .option('--allow-remote', 'put load on another machine than this one', false)
    .action(() => undefined);
  const parsed = parseCommand<K6Options>(command, argv);
  return 'exitCode' in parsed ? parsed : { ...parsed, scenario: command.args[0] as (typeof SCENARIOS)[number] };
}

/** Runs k6 to its end. Ctrl-C reaches it from the terminal by itself, so only what was sent to this process alone is passed on; another Ctrl-C ends both at once. */
async function runK6(file: string, scenario: string, environment: Record<string, string>): Promise<number> {
  const child = spawn(file, ['run', '--no-usage-report', join(import.meta.dirname, `${scenario}.js`)], {
    stdio: 'inherit',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment },
  });
  const interrupted = interruption({ onSecond: () => void child.kill('SIGKILL') });
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', (error) => reject(new UserError(`${file} cannot be run: ${error.message}`, EXIT_USAGE)));
  });
  if (interrupted.aborted) return EXIT_INTERRUPTED;
  if (code === K6_THRESHOLDS) process.stderr.write('a threshold was crossed: see ✗ above\n');
  return code === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const parsed = parse(process.argv.slice(2));
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options, scenario } = parsed;
  const { LEDGERFLOW_URL, LEDGERFLOW_TOKEN, K6, PATH } = process.env;
  const k6 = findK6({ K6, PATH });
  const baseUrl = (options.baseUrl ?? (LEDGERFLOW_URL || 'http://127.0.0.1:8080')).replace(/\/+$/, '');
  const wrongAddress = addressProblem({ baseUrl, allowRemote: options.allowRemote }, 'load on it');
  const wrong = wrongAddress ?? ledgerProblem(options.ledger) ?? tokenProblem(options.token);
  if (wrong !== null) throw new UserError(wrong, EXIT_USAGE);
  const run = `k6-${scenario}-${Date.now().toString(36)}`;
  const ledger = options.ledger ?? run;
  const duration = Math.ceil(SOAK_SECONDS * options.timeFactor);
  const token = await tokenFor({ baseUrl, token: options.token ?? (LEDGERFLOW_TOKEN || undefined), subject: 'k6', duration });
  await prepareLedger({ baseUrl, token, ledger });
  return runK6(k6, scenario, {
    BASE_URL: baseUrl,
    TOKEN: token,
    LEDGER: ledger,
    RUN: run,
    ACCOUNTS: String(options.accounts),
    TIME_FACTOR: String(options.timeFactor),
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof UserError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  return error instanceof UserError ? error.exitCode : 1;
});
