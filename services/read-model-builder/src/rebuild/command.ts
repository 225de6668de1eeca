import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger, type Logger } from '@ledgerflow/platform/log';
import { checkMigrated } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { REBUILD_CONFIG } from '../config.ts';
import { openResources } from './resources.ts';
import { RebuildRun, type RunOutcome } from './run.ts';
import { claimRebuild, type Progress, type Rebuild } from './store.ts';

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
    return EXIT_CODES[await new Command(options, resources, log, write).run()];
  } finally {
    await parts.stop(log);
  }
}

class Command {
  private readonly options: RebuildArguments;
  private readonly resources: ReturnType<typeof openResources>;
  private readonly log: Logger;
  private readonly write: (text: string) => void;
  private readonly worker = randomUUID();

  constructor(options: RebuildArguments, resources: ReturnType<typeof openResources>, log: Logger, write: (text: string) => void) {
    this.options = options;
    this.resources = resources;
    this.log = log;
    this.write = write;
  }

  async run(): Promise<RunOutcome | 'in progress'> {
    const { projection, ledger, account, maxRate, id } = this.options;
    const { pool } = this.resources;
    const asked = await pool.query<{ id: string | null }>('select read.request_rebuild($1, $2, $3, $4, $5, $6, $7) as id', [
      projection,
      ledger,
      account,
      maxRate,
      'command line',
      id,
      this.worker,
    ]);
    if ((asked.rows[0]?.id ?? null) === null) return this.inProgress('A rebuild of the same rows is going on.');
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX; attempt++) {
      const rebuild = await claimRebuild(pool, this.worker, id);
      if (rebuild !== null) return this.ended(await this.runHere(rebuild));
      const state = await this.endState();
      if (state !== null) return this.ended(state);
      await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
    }
    return this.inProgress('Somebody else works on this rebuild.');
  }

  private async runHere(rebuild: Rebuild): Promise<RunOutcome> {
    this.tell({ event: 'started' }, `Rebuild ${rebuild.id} started.`);
    const onProgress = (progress: Progress): void => this.tell({ event: 'progress', ...shown(progress) }, textOf(progress));
    const run = new RebuildRun(rebuild, { ...this.resources, worker: this.worker, log: this.log, onProgress });
    const stop = (): void => run.stop();
    process.once('SIGTERM', stop).once('SIGINT', stop);
    return run.run();
  }

  /** What the rebuild came to, when it has ended. */
  private async endState(): Promise<RunOutcome | null> {
    const { rows } = await this.resources.pool.query<{ state: RunOutcome }>(
      'select state from read.rebuilds where id = $1 and finished_at is not null',
      [this.options.id],
    );
    return rows[0]?.state ?? null;
  }

  private async ended(outcome: RunOutcome): Promise<RunOutcome> {
    const { id } = this.options;
    const { rows } = await this.resources.pool.query<{ error: string | null; difference: unknown }>(
      'select error, difference from read.rebuilds where id = $1',
      [id],
    );
    const { error = null, difference = null } = rows[0] ?? {};
    this.tell({ event: outcome, error, difference }, `Rebuild ${id}: ${outcome}${error === null ? '' : `: ${error}`}`);
    return outcome;
  }

  private inProgress(text: string): 'in progress' {
    this.tell({ event: 'in progress' }, text);
    return 'in progress';
  }

  private tell(event: Record<string, unknown>, text: string): void {
    this.write(this.options.isJson ? `${JSON.stringify({ ...event, rebuild: this.options.id })}\n` : `${text}\n`);
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
