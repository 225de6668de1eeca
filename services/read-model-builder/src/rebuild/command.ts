import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger } from '@ledgerflow/platform/log';
import { checkMigrated } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { REBUILD_CONFIG } from '../config.ts';
import { openResources } from './resources.ts';
import { RebuildRun, type RunOutcome } from './run.ts';
import { claimRebuild, type Progress } from './store.ts';

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
/** How often an --id whose worker died is asked for until it is free, and how long between. */
const CLAIM_ATTEMPTS_MAX = 40;
const CLAIM_PAUSE_MS = 1_000;
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
export async function rebuildCommand(argv: readonly string[], write: (line: string) => void): Promise<number> {
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
  const tell = (event: Record<string, unknown>, text: string): void =>
    write(options.isJson ? `${JSON.stringify({ ...event, rebuild: options.id })}\n` : `${text}\n`);
  try {
    await checkMigrated({ url: config.READ_DATABASE_URL, directory: READ_MIGRATIONS });
    const { pool, channels, reader } = openResources(config, log, parts);
    const worker = randomUUID();
    const { projection, ledger, account, maxRate, id } = options;
    const asked = await pool.query<{ id: string | null }>('select read.request_rebuild($1, $2, $3, $4, $5, $6, $7) as id', [
      projection,
      ledger,
      account,
      maxRate,
      'command line',
      id,
      worker,
    ]);
    if (asked.rows[0]?.id === null) {
      tell({ event: 'in progress' }, 'A rebuild of the same rows is going on.');
      return EXIT_CODES['in progress'];
    }
    const outcome = await claimAndRun();
    return EXIT_CODES[outcome];

    async function claimAndRun(): Promise<RunOutcome> {
      for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
        const rebuild = await claimRebuild(pool, worker, id);
        if (rebuild !== null) {
          tell({ event: 'started' }, `Rebuild ${id} started.`);
          const onProgress = (progress: Progress): void => tell({ event: 'progress', ...shown(progress) }, textOf(progress));
          const run = new RebuildRun(rebuild, { pool, channels, reader, worker, log, onProgress });
          const stop = (): void => run.stop();
          process.once('SIGTERM', stop).once('SIGINT', stop);
          const outcome = await run.run();
          return ended(outcome);
        }
        const { rows } = await pool.query<{ state: RunOutcome; finished_at: Date | null }>(
          'select state, finished_at from read.rebuilds where id = $1',
          [id],
        );
        if (rows[0]?.finished_at != null) return ended(rows[0].state);
        await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
      }
      tell({ event: 'in progress' }, 'Somebody else works on this rebuild.');
      return 'lost';
    }

    async function ended(outcome: RunOutcome): Promise<RunOutcome> {
      const { rows } = await pool.query<{ error: string | null; difference: unknown }>(
        'select error, difference from read.rebuilds where id = $1',
        [id],
      );
      tell(
        { event: outcome, error: rows[0]?.error ?? null, difference: rows[0]?.difference ?? null },
        `Rebuild ${id}: ${outcome}${rows[0]?.error == null ? '' : `: ${rows[0].error}`}`,
      );
      return outcome;
    }
  } finally {
    await parts.stop(log);
  }
}

function shown({ recordsTotal, recordsDone, rate, partsDone, partsTotal }: Progress): Record<string, unknown> {
  const left = rate === null || rate === 0 ? null : Number(recordsTotal - recordsDone) / rate;
  return {
    percent: recordsTotal === 0n ? 0 : Math.min(100, (Number(recordsDone) / Number(recordsTotal)) * 100),
    recordsPerSecond: rate,
    secondsLeft: left === null ? null : Math.max(0, left),
    partsDone,
    partsTotal,
  };
}

function textOf(progress: Progress): string {
  const { percent, recordsPerSecond, secondsLeft } = shown(progress) as {
    percent: number;
    recordsPerSecond: number | null;
    secondsLeft: number | null;
  };
  const rate = recordsPerSecond === null ? '' : `, ${Math.round(recordsPerSecond)} records/s`;
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `${percent.toFixed(1)} %${rate}${left}`;
}
