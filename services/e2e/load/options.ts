import { Command } from 'commander';
import { addressProblem, ledgerProblem, tokenProblem } from './address.ts';
import { parseCommand, positiveUpTo, ratio, whole } from '../terminal/index.ts';

export { EXIT_USAGE } from '../terminal/index.ts';

export interface LoadOptions {
  /** Seconds. */
  duration: number;
  workers: number;
  accounts: number;
  seedConcurrency: number;
  /** Minor units, as all amounts here. */
  initialDeposit: number;
  minAmount: number;
  maxAmount: number;
  /** Origin, without a slash at the end. */
  baseUrl: string;
  /** Absent: a new one is opened for the run. */
  ledger?: string;
  hotAccountRatio: number;
  hotSelectionRate: number;
  depositWeight: number;
  withdrawWeight: number;
  transferWeight: number;
  balanceWeight: number;
  historyWeight: number;
  createWeight: number;
  /** Operations a second of an open loop; absent: closed. */
  rate?: number;
  /** Of an open loop. */
  inFlightMax: number;
  /** Transfers a batch; absent: single operations. */
  batch?: number;
  seed: number;
  /** Of all operations, those that may be answered by 409, 429 or 503, or lose their connection. */
  busyMax: number;
  /** CPU seconds here for each of the stack; absent: no bound. */
  /** Of all operations that came due in an open loop, those that may be shed. */
  shedMax: number;
  cpuShareMax?: number;
  timeout: number;
  token?: string;
  dataDir?: string;
  allowRemote: boolean;
  json: boolean;
}

const DURATION_MAX_SECONDS = 7 * 86_400;
const BATCH_MAX = 1_000;
const WORKERS_MAX = 10_000;
const ACCOUNTS_MAX = 1_000_000;
/** Beyond what one process can begin. */
const RATE_MAX = 100_000;
/** Each is a connection. */
const IN_FLIGHT_MAX = 10_000;
const CPU_SHARE_MAX = 100;
const WEIGHT_MAX = 1_000_000;
const SEED_MAX = 0xffff_ffff;
/** The far ends of amounts stay exact as numbers and far from the 38 digits of the ledger. */
const AMOUNT_MAX = 1_000_000_000_000;
const TIMEOUT_MAX_SECONDS = 600;

const DESCRIPTION = `Puts a mixed load on a running LedgerFlow and then proves that nothing was lost, doubled or made up.
Amounts are in minor units (cents). Exit code 0: fine; 1: a fault or an inconsistency; 2: it could not be run as asked.`;

const EXAMPLES = `
Examples:
  npm run load                                             60 seconds against npm start
  npm run load -- --duration=10 --transfer-weight=30       with transfers
  npm run load -- --rate=500                               500 operations a second, whatever the answers do
  npm run load -- --batch=100 --transfer-weight=1 --deposit-weight=0 --withdraw-weight=0 --balance-weight=0 \\
                  --history-weight=0 --create-weight=0     transfers in batches of 100 and nothing else`;

function commandLine(): Command {
  const weight = whole(0, WEIGHT_MAX);
  const amount = whole(1, AMOUNT_MAX);
  return new Command('npm run load --')
    .description(DESCRIPTION)
    .option('--duration <seconds>', 'how long', whole(1, DURATION_MAX_SECONDS), 60)
    .option(
      '--workers <n>',
      `callers, each with one request at a time (closed loop); connections (at most ${WORKERS_MAX})`,
      whole(1, WORKERS_MAX),
      20,
    )
    .option('--accounts <n>', `accounts to open first (at most ${ACCOUNTS_MAX})`, whole(1, ACCOUNTS_MAX), 100)
    .option('--seed-concurrency <n>', 'how many to open at a time', whole(1, WORKERS_MAX), 10)
    .option('--initial-deposit <minor>', 'on each account when it is opened', whole(0, AMOUNT_MAX), 10_000)
    .option('--min-amount <minor>', 'least amount moved', amount, 100)
    .option('--max-amount <minor>', 'greatest amount moved', amount, 1_500)
    .option('--base-url <url>', 'the API; LEDGERFLOW_URL if set', 'http://127.0.0.1:8080')
    .option('--ledger <id>', 'use this ledger, opened if there is none (default: a new one, load-<seed>-<time>)')
    .option('--hot-account-ratio <0..1>', 'share of the accounts that are hot', ratio, 0.1)
    .option('--hot-selection-rate <0..1>', 'share of the choices that fall on a hot one', ratio, 0.8)
    .option('--deposit-weight <n>', '', weight, 35)
    .option('--withdraw-weight <n>', '', weight, 30)
    .option('--transfer-weight <n>', '', weight, 0)
    .option('--balance-weight <n>', 'reads of a balance', weight, 20)
    .option('--history-weight <n>', 'reads of a page of entries', weight, 10)
    .option('--create-weight <n>', 'new accounts', weight, 5)
    .option(
      '--rate <per second>',
      `open loop: begin so many operations a second (at most ${RATE_MAX}; latency from the scheduled start)`,
      positiveUpTo(RATE_MAX),
    )
    .option(
      '--in-flight-max <n>',
      `open loop: operations under way at most (up to ${IN_FLIGHT_MAX}); what comes due beyond is shed and counted`,
      whole(1, IN_FLIGHT_MAX),
      1_000,
    )
    .option(
      '--batch <n>',
      `send money as batches of so many transfers (at most ${BATCH_MAX}), with the weights of money together`,
      whole(1, BATCH_MAX),
    )
    .option('--seed <n>', 'repeat the choices of an earlier run (default: a random one, printed)', whole(0, SEED_MAX))
    .option('--busy-max <0..1>', 'share of the operations that may be answered 409, 429 or 503, or lose their connection', ratio, 0.05)
    .option('--shed-max <0..1>', 'open loop: share of the operations that came due that may be shed', ratio, 0.05)
    .option(
      '--cpu-share-max <x>',
      'fail above this CPU here for each CPU second of the stack (default: only say so above 0.2)',
      positiveUpTo(CPU_SHARE_MAX),
    )
    .option('--timeout <seconds>', 'for an answer', whole(1, TIMEOUT_MAX_SECONDS), 15)
    .option('--token <jwt>', 'for a LedgerFlow with another identity provider; LEDGERFLOW_TOKEN if set')
    .option('--data-dir <folder>', 'where to find the databases for the check (default: .ledgerflow, if it is of this LedgerFlow)')
    .option('--allow-remote', 'put load on another machine than this one', false)
    .option('--json', 'print one JSON document', false)
    .addHelpText('after', EXAMPLES);
}

export interface Environment {
  LEDGERFLOW_URL?: string | undefined;
  LEDGERFLOW_TOKEN?: string | undefined;
}

const present = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

/** What is wrong with options that are fine one by one, for a person; null if nothing is. */
export function contradiction(options: LoadOptions): string | null {
  const wrongAddress = addressProblem(options, 'load on it');
  if (wrongAddress !== null) return wrongAddress;
  const wrongName = ledgerProblem(options.ledger) ?? tokenProblem(options.token);
  if (wrongName !== null) return wrongName;
  if (options.rate !== undefined && options.rate * options.duration < 1) return '--rate and --duration together make no operation';
  if (options.minAmount > options.maxAmount) return '--min-amount is above --max-amount';
  const { depositWeight, withdrawWeight, transferWeight, balanceWeight, historyWeight, createWeight } = options;
  const money = depositWeight + withdrawWeight + transferWeight;
  if (money + balanceWeight + historyWeight + createWeight === 0) return 'all weights are 0: there is nothing to do';
  const moves = options.batch === undefined ? transferWeight : money;
  if (moves > 0 && options.accounts < 2) return 'transfers need --accounts=2 or more';
  if (options.batch !== undefined && money === 0) return '--batch sends money, but all weights of money are 0';
  return null;
}

/** The options of a command line, or the exit code to end with at once. */
export function parseLoadOptions(argv: readonly string[], environment: Environment, randomSeed: () => number) {
  const command = commandLine();
  const parsed = parseCommand<Omit<LoadOptions, 'seed'> & { seed?: number }>(command, argv);
  if ('exitCode' in parsed) return parsed;
  const given = parsed.options;
  const baseUrl = command.getOptionValueSource('baseUrl') === 'default' ? present(environment.LEDGERFLOW_URL) : undefined;
  const token = given.token ?? present(environment.LEDGERFLOW_TOKEN);
  const options: LoadOptions = {
    ...given,
    baseUrl: (baseUrl ?? given.baseUrl).replace(/\/+$/, ''),
    seed: given.seed ?? randomSeed(),
    ...(token === undefined ? {} : { token }),
  };
  return { options };
}
