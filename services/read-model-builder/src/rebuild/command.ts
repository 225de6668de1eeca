import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { checkMigrated } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { REBUILD_CONFIG } from '../config.ts';
import { AttendedRebuild } from './attended.ts';
import { openResources } from './resources.ts';
import type { RunOutcome } from './run.ts';

const USAGE = `read-model-builder rebuild [--projection=NAME] [--ledger=ID] [--account=ID] [--max-rate=N] [--id=UUID] [--json]

Makes projections anew beside the live ones, proves them against the writer, and puts them in their place. Readers notice nothing.

  --projection  one of: ${PROJECTIONS.map(({ name }) => name).join(', ')}; default all
  --ledger      one ledger; default all
  --account     repairs the rows of one account in place; needs --ledger
  --max-rate    records a second at most; default no limit
  --id          UUID of the rebuild: asked for again, it goes on where it was (what a restarted Job does)
  --json        a line of JSON for each step instead of text

Ends 0 when the new generations are live, 1 when the rebuild failed, 2 for a mistake in these options, 3 when a rebuild of the same rows is going on, 4 when it was cancelled,
5 when the gate refused it (the first differing row is told; the live rows stay).
`;

export const EXIT_CODES: Readonly<Record<RunOutcome | 'usage' | 'in progress', number>> = {
  swapped: 0,
  failed: 1,
  lost: 1,
  stopped: 1,
  usage: 2,
  'in progress': 3,
  cancelled: 4,
  refused: 5,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const RATE_MAX = 10_000_000;

export interface RebuildArguments {
  projection: string | null;
  ledger: string | null;
  account: string | null;
  maxRate: number | null;
  id: string;
  isJson: boolean;
}

/** Parses the options after `rebuild`. Throws an Error whose message says what is wrong; null when help was asked for. */
export function parseRebuildArguments(argv: readonly string[]): RebuildArguments | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      projection: { type: 'string' },
      ledger: { type: 'string' },
      account: { type: 'string' },
      'max-rate': { type: 'string' },
      id: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    strict: true,
  });
  if (values.help) return null;
  const { projection = 'all', ledger = null, account = null, id = randomUUID() } = values;
  if (projection !== 'all' && !PROJECTIONS.some(({ name }) => name === projection)) throw new Error(`there is no projection ${projection}`);
  if (account !== null && ledger === null) throw new Error('--account needs --ledger');
  if (ledger === '' || account === '') throw new Error('--ledger and --account must not be empty');
  const rate = values['max-rate'];
  if (rate !== undefined && (!/^[0-9]+$/.test(rate) || Number(rate) < 1 || Number(rate) > RATE_MAX))
    throw new Error(`--max-rate is a whole number from 1 to ${RATE_MAX}`);
  if (!UUID.test(id)) throw new Error('--id is a UUID in lower case');
  return {
    projection: projection === 'all' ? null : projection,
    ledger,
    account,
    maxRate: rate === undefined ? null : Number(rate),
    id,
    isJson: values.json,
  };
}

/** Runs one rebuild in this process, to its end. Answers the exit code. */
export async function rebuildCommand(argv: readonly string[], write: (text: string) => void): Promise<number> {
  let options: RebuildArguments | null;
  try {
    options = parseRebuildArguments(argv);
  } catch (error) {
    write(`${(error as Error).message}\n\n${USAGE}`);
    return EXIT_CODES.usage;
  }
  if (options === null) {
    write(USAGE);
    return 0;
  }
  const config = loadConfig(REBUILD_CONFIG);
  const log = createLogger(REBUILD_CONFIG.service, config.LOG_LEVEL);
  const parts = new Stoppable();
  try {
    await checkMigrated({ url: config.READ_DATABASE_URL, directory: READ_MIGRATIONS });
    const resources = openResources(config, log, parts);
    return EXIT_CODES[await new AttendedRebuild({ ...options, epoch: null }, resources, log, write).run()];
  } finally {
    await parts.stop(log);
  }
}
