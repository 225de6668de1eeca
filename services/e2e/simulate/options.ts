import { Command } from 'commander';
import { parseCommand, positive, whole } from '../terminal/index.ts';

export interface SimulateOptions {
  customers: number;
  seed: number;
  /** Days of the town a minute. */
  pace: number;
  historyDays: number;
  /** Days of the town to live on; absent: no end. */
  days?: number;
  /** Seconds of ours to live on; absent: no end. */
  duration?: number;
  ledger: string;
  baseUrl: string;
  token?: string;
  allowRemote: boolean;
  json: boolean;
}

/** The ledger takes what was in effect up to 400 days ago; the rest is for what the filling itself takes, and for starts again. */
const HISTORY_DAYS_MAX = 390;
const CUSTOMERS_MAX = 5_000;
const DAYS_MAX = 3_650;
const SECONDS_MAX = 30 * 86_400;
const SEED_MAX = 0xffff_ffff;

const DESCRIPTION = `A small town whose money goes through LedgerFlow: salaries, rent, card payments by the hour of the day, refunds, payouts, and payments that bounce.
First it fills the past (backdated, in batches), then it lives on at its pace until Ctrl-C. The same seed is the same town; started again, it goes on where it was.`;

export function parseSimulateOptions(
  argv: readonly string[],
  environment: { LEDGERFLOW_URL?: string | undefined; LEDGERFLOW_TOKEN?: string | undefined },
) {
  const command = new Command('npm run simulate --')
    .description(DESCRIPTION)
    .option('--customers <n>', 'people who live there', whole(1, CUSTOMERS_MAX), 40)
    .option('--seed <n>', 'which town', whole(0, SEED_MAX), 1)
    .option('--pace <days>', 'days of the town a minute', positive, 1)
    .option('--history-days <n>', 'of the past to fill when the town begins', whole(0, HISTORY_DAYS_MAX), 90)
    .option('--days <n>', 'end after so many days of the town; 0: after the history', whole(0, DAYS_MAX))
    .option('--duration <seconds>', 'end after so many seconds of the life after the history', whole(0, SECONDS_MAX))
    .option('--ledger <id>', 'opened if there is none; demo is the one npm start makes', 'town')
    .option('--base-url <url>', 'the API; LEDGERFLOW_URL if set', 'http://127.0.0.1:8080')
    .option('--token <jwt>', 'for a LedgerFlow with another identity provider; LEDGERFLOW_TOKEN if set')
    .option('--allow-remote', 'write to another machine than this one', false)
    .option('--json', 'print one JSON document at the end', false);
  const parsed = parseCommand<SimulateOptions>(command, argv);
  if ('exitCode' in parsed) return parsed;
  const given = parsed.options;
  const isDefault = command.getOptionValueSource('baseUrl') === 'default';
  const baseUrl = isDefault && environment.LEDGERFLOW_URL ? environment.LEDGERFLOW_URL : given.baseUrl;
  const token = given.token ?? (environment.LEDGERFLOW_TOKEN === '' ? undefined : environment.LEDGERFLOW_TOKEN);
  return { options: { ...given, baseUrl: baseUrl.replace(/\/+$/, ''), ...(token === undefined ? {} : { token }) } };
}
