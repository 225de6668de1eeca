import { Command } from 'commander';
import { parseCommand, positive, whole } from '../terminal/index.ts';

export interface ScaleOptions {
  /** Ledgers of the first part; 0 leaves it out. */
  ledgers: number;
  /** Accounts of the one ledger of the second part; 0 leaves it out. */
  accounts: number;
  /** How long nothing happens while its cost is measured, and how long the trickle lasts. */
  idleSeconds: number;
  trickleSeconds: number;
  /** Transfers a second of the trickle, over all ledgers in turn. */
  trickleRate: number;
  /** How long `rebuild` of everything may work before it is cancelled. */
  rebuildSeconds: number;
  kafka: boolean;
  seed: number;
  json: boolean;
}

export const FULL_SIZE = { ledgers: 10_000, accounts: 1_000_000 } as const;
const LEDGERS_MAX = 100_000;
const ACCOUNTS_MAX = 10_000_000;
/** Longer than the builder's full look at all ledgers takes to come round. */
const IDLE_SECONDS = 90;

function command(): Command {
  return new Command('scale')
    .usage('-- [options]')
    .description(
      'Runs the read side at the size it is made for, many ledgers and then one with many accounts, on a LedgerFlow of its own with two builders.\n' +
        'Measures what each thing costs, holds it against a limit, and proves the read model equal to the log. docs/reference/scale.md says what each row is.',
    )
    .option('--ledgers <n>', 'ledgers with a few accounts and transfers each; 0: none', whole(0, LEDGERS_MAX), FULL_SIZE.ledgers)
    .option('--accounts <n>', 'accounts of one ledger; 0: none', whole(0, ACCOUNTS_MAX), FULL_SIZE.accounts)
    .option('--idle-seconds <n>', 'in which nothing happens, and its cost is measured', positive, IDLE_SECONDS)
    .option('--trickle-seconds <n>', 'of transfers over all ledgers', positive, 30)
    .option('--trickle-rate <n>', 'transfers a second meanwhile', positive, 50)
    .option('--rebuild-seconds <n>', 'after which a rebuild of all is cancelled', positive, 20)
    .option('--no-kafka', 'the log feed, also where Kafka can be started')
    .option('--seed <n>', 'of the random accounts and amounts', whole(0, 0xffffffff), 1)
    .option('--json', 'the rows as JSON on standard output, and nothing else there', false);
}

/** The options of a command line, or the exit code to end with, after the mistake was said on standard error. */
export const parseScale = (argv: readonly string[]): { options: ScaleOptions } | { exitCode: number } =>
  parseCommand<ScaleOptions>(command(), argv);
