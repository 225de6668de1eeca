import { parseArgs } from 'node:util';
import type { Logger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { BUILDER_SESSION_SETTINGS } from '@ledgerflow/read-model/projections';
import type { Command } from '../command.ts';
import { Repairs, type RepairOutcome } from './repairs.ts';

const USAGE = `read-model-builder dead-letters [list] [--ledger=ID] [--limit=N] [--json]
read-model-builder dead-letters retry (ID | --all) [--ledger=ID] [--json]
read-model-builder dead-letters discard ID --reason=TEXT [--json]

Shows parked records in the order of their log, tries them again, or gives one up of which no balance depends. What waits behind a record that is applied goes on with it.

Ends 0 when it is done, 1 when something is left or was refused (and why), 2 for a mistake in these options.
`;

const LIMIT_MAX = 1_000;
const LIST_DEFAULT = 50;
const REASON_MAX = 1_000;
/** A repair walks all letters of a ledger; 100,000 take some minutes. */
const REPAIR_MAX_MS = 30 * 60_000;
const POLL_MS = 100;
const ID = /^[1-9][0-9]{0,18}$/;

export type LettersArguments =
  | { action: 'list'; ledger: string | null; limit: number; isJson: boolean }
  | { action: 'retry'; letter: string | null; ledger: string | null; isJson: boolean }
  | { action: 'discard'; letter: string; reason: string; isJson: boolean };

function letterId(text: string | undefined): string {
  if (text === undefined || !ID.test(text)) throw new Error('a dead letter is named by its number');
  return text;
}

/** Parses the options after `dead-letters`. Throws an Error whose message says what is wrong; null when help was asked for. */
export function parseLettersArguments(argv: readonly string[]): LettersArguments | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      ledger: { type: 'string' },
      limit: { type: 'string' },
      reason: { type: 'string' },
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
    strict: true,
  });
  if (values.help) return null;
  const [action = 'list', id, ...more] = positionals;
  const { ledger = null, json: isJson } = values;
  if (more.length > 0) throw new Error(`${more.join(' ')} is too much`);
  if (ledger === '') throw new Error('--ledger must not be empty');
  if (action === 'list') {
    const limit = values.limit ?? String(LIST_DEFAULT);
    if (id !== undefined) throw new Error(`${id} is too much`);
    if (!/^[1-9][0-9]{0,3}$/.test(limit) || Number(limit) > LIMIT_MAX) throw new Error(`--limit is a whole number from 1 to ${LIMIT_MAX}`);
    return { action, ledger, limit: Number(limit), isJson };
  }
  if (action === 'retry') {
    if (values.all === (id !== undefined)) throw new Error('retry takes the number of a dead letter, or --all');
    if (ledger !== null && id !== undefined) throw new Error('--ledger goes with --all');
    return { action, letter: id === undefined ? null : letterId(id), ledger, isJson };
  }
  if (action === 'discard') {
    const reason = values.reason?.trim() ?? '';
    if (reason === '' || reason.length > REASON_MAX) throw new Error(`discard needs a --reason of 1 to ${REASON_MAX} characters`);
    return { action, letter: letterId(id), reason, isJson };
  }
  throw new Error(`there is no ${action}; there are list, retry and discard`);
}

interface Letter {
  id: string;
  ledger: string;
  position: string;
  accounts: number;
  error: string | null;
  parkedAt: string;
}

async function list(pool: Pool, ledger: string | null, limit: number): Promise<Letter[]> {
  const { rows } = await pool.query<Letter>(
    `select d.id, c.id as ledger, d.position, cardinality(d.accounts) as accounts, d.error, to_char(d.parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "parkedAt"
     from read.dead_letters d join read.checkpoints c on c.ledger = d.ledger where $1::text is null or c.id = $1 order by d.ledger, d.position limit $2`,
    [ledger, limit],
  );
  return rows;
}

/** Asks for a repair as the gateway does, and does it here, so that it needs no running builder; when one is there, either may be first. */
async function repair(pool: Pool, asked: Exclude<LettersArguments, { action: 'list' }>, log: Logger): Promise<RepairOutcome> {
  const ledger = asked.action === 'retry' && asked.ledger !== null ? await numberOf(pool, asked.ledger) : null;
  const reason = asked.action === 'discard' ? asked.reason : null;
  const { rows } = await pool.query<{ id: string }>(`select read.request_repair($1, $2, $3, $4, 'command line') as id`, [
    asked.action,
    asked.letter,
    ledger,
    reason,
  ]);
  const repairs = new Repairs({ pool, log, intervalMs: POLL_MS });
  await repairs.start();
  try {
    for (const deadline = performance.now() + REPAIR_MAX_MS; performance.now() < deadline;) {
      const done = await pool.query<{ outcome: RepairOutcome | null }>('select outcome from read.repairs where id = $1', [rows[0]?.id]);
      const outcome = done.rows[0]?.outcome ?? null;
      if (outcome !== null) return outcome;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`the repair was not done within ${REPAIR_MAX_MS / 60_000} minutes; it goes on in the builder`);
  } finally {
    await repairs.stop();
  }
}

async function numberOf(pool: Pool, ledger: string): Promise<number> {
  const { rows } = await pool.query<{ ledger: number }>('select ledger from read.checkpoints where id = $1', [ledger]);
  if (rows[0] === undefined) throw new Error(`the read model has no ledger ${ledger}`);
  return rows[0].ledger;
}

const line = ({ id, ledger, position, accounts, error, parkedAt }: Letter): string =>
  `${id}  ${ledger} ${position}  ${parkedAt}  ${error === null ? `waits, ${accounts} accounts` : `refused, ${accounts} accounts: ${error}`}\n`;

export const DEAD_LETTERS: Command<LettersArguments> = {
  name: 'dead-letters',
  usage: USAGE,
  parse: parseLettersArguments,
  run: async (options, { config, log, parts, write }) => {
    const pool = createPool({
      url: config.READ_DATABASE_URL,
      max: 4,
      applicationName: 'read-model-builder dead-letters',
      log,
      settings: BUILDER_SESSION_SETTINGS,
      pipeline: true,
    });
    parts.add('dead letters pool', () => pool.end());
    if (options.action === 'list') {
      const letters = await list(pool, options.ledger, options.limit);
      write(options.isJson ? `${JSON.stringify(letters)}\n` : letters.length === 0 ? 'Nothing is parked.\n' : letters.map(line).join(''));
      return 0;
    }
    const outcome = await repair(pool, options, log);
    const { applied, left, code, detail } = outcome;
    write(
      options.isJson
        ? `${JSON.stringify(outcome)}\n`
        : `${applied} applied, ${left} left${code === null ? '' : `: ${code}`}${detail === null ? '' : ` (${detail})`}\n`,
    );
    return code === null && left === 0 ? 0 : 1;
  },
};
