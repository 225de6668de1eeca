import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { digestToHex } from '@ledgerflow/contracts';
import { loadConfig } from '@ledgerflow/platform/config';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { createLogger, type Logger } from '@ledgerflow/platform/log';
import { checkMigrated } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, READ_MIGRATIONS } from '@ledgerflow/read-model/projections';
import { REBUILD_CONFIG } from '../config.ts';
import { openResources } from './resources.ts';
import { RebuildRun, type RunOutcome } from './run.ts';
import { claimRebuild, readOnlyPart, releaseRebuild, WORKER_TTL_MS, type Progress, type Rebuild, type RebuildEnd } from './store.ts';

const USAGE = `read-model-builder rebuild [--projection=NAME] [--ledger=ID] [--account=ID] [--max-rate=N] [--id=UUID [--by-id-only]] [--prove-only] [--json]

Makes projections anew beside the live ones, proves them against the writer, and puts them in their place. Readers notice nothing.

  --projection  one of: ${PROJECTIONS.map(({ name }) => name).join(', ')}; default all
  --ledger      one ledger; default all
  --account     repairs the rows of one account in place; needs --ledger
  --max-rate    records a second at most; default no limit
  --id          UUID of the rebuild: asked for again, it goes on where it was, as it was asked for first (what a restarted Job does)
  --by-id-only  only who names the --id works on it: no builder goes on when this process ends. Until it is gone on with or cancelled, no other rebuild of the same rows begins
  --prove-only  drops what was made and proven: the live rows are not touched; not with --account
  --json        a line of JSON for each step instead of text; the last one has "outcome", and "position" and "digest" when it was one projection of one ledger

SIGTERM and SIGINT give the rebuild back, for whoever goes on.

Exit codes
  0  the new generations are live, or with --prove-only were proven
  1  it failed; or this process was stopped, lost the rebuild to another one, or could not reach the database: then the same --id goes on
  2  a mistake in these options
  3  a rebuild of the same rows is going on, or another process works on this one
  4  it was cancelled
  5  the gate refused it: the first differing row is told; the live rows stay
`;

export const EXIT_CODES: Readonly<Record<RunOutcome | 'usage' | 'in progress', number>> = {
  swapped: 0,
  proven: 0,
  failed: 1,
  lost: 1,
  stopped: 1,
  usage: 2,
  'in progress': 3,
  cancelled: 4,
  refused: 5,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** How often an --id that another process has is asked for, and how long between: longer than one that was killed keeps it. */
const CLAIM_PAUSE_MS = 1_000;
const CLAIM_ATTEMPTS_MAX = (WORKER_TTL_MS + 10_000) / CLAIM_PAUSE_MS;
const RATE_MAX = 10_000_000;

export interface RebuildArguments {
  projection: string | null;
  ledger: string | null;
  account: string | null;
  maxRate: number | null;
  id: string;
  isByIdOnly: boolean;
  isProveOnly: boolean;
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
      'by-id-only': { type: 'boolean', default: false },
      'prove-only': { type: 'boolean', default: false },
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
  if (values['by-id-only'] && values.id === undefined) throw new Error('--by-id-only needs --id');
  if (values['prove-only'] && account !== null) throw new Error('--prove-only is not for one --account, whose rows are repaired in place');
  return {
    projection: projection === 'all' ? null : projection,
    ledger,
    account,
    maxRate: rate === undefined ? null : Number(rate),
    id,
    isByIdOnly: values['by-id-only'],
    isProveOnly: values['prove-only'],
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
  // From the start: the first process of a container is not ended by a signal that it does not handle.
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  try {
    await checkMigrated({ url: config.READ_DATABASE_URL, directory: READ_MIGRATIONS });
    const resources = openResources(config, log, parts);
    return EXIT_CODES[await new Command(options, resources, log, write, stopping.signal).run()];
  } finally {
    await parts.stop(log);
    process.off('SIGTERM', stop).off('SIGINT', stop);
  }
}

class Command {
  private readonly options: RebuildArguments;
  private readonly resources: ReturnType<typeof openResources>;
  private readonly log: Logger;
  private readonly write: (text: string) => void;
  private readonly stopping: AbortSignal;
  private readonly worker = randomUUID();

  constructor(
    options: RebuildArguments,
    resources: ReturnType<typeof openResources>,
    log: Logger,
    write: (text: string) => void,
    stopping: AbortSignal,
  ) {
    this.options = options;
    this.resources = resources;
    this.log = log;
    this.write = write;
    this.stopping = stopping;
  }

  async run(): Promise<RunOutcome | 'in progress'> {
    if (!(await this.ask())) return this.inProgress('A rebuild of the same rows is going on.');
    const { stopping: signal } = this;
    const { pool } = this.resources;
    for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX && !signal.aborted; attempt++) {
      const rebuild = await claimRebuild(pool, this.worker, this.options.id);
      if (rebuild !== null) return this.ended(await this.runHere(rebuild));
      const state = await this.endState();
      if (state !== null) return this.ended(state);
      if (attempt === 0) this.tell({ event: 'waiting' }, 'Another process works on this rebuild; waiting until it is free.');
      await delay(CLAIM_PAUSE_MS, null, { signal }).catch(() => undefined);
    }
    if (!signal.aborted) return this.inProgress('Somebody else works on this rebuild.');
    await releaseRebuild(pool, this.options.id, this.worker);
    return this.ended('stopped');
  }

  /** False: a rebuild of the same rows is going on. */
  private async ask(): Promise<boolean> {
    const { projection, ledger, account, maxRate, id, isByIdOnly, isProveOnly } = this.options;
    const { rows } = await this.resources.pool.query<{ id: string | null }>(
      'select read.request_rebuild($1, $2, $3, $4, $5, $6, $7, by_id_only => $8, prove_only => $9) as id',
      [projection, ledger, account, maxRate, 'command line', id, this.worker, isByIdOnly, isProveOnly],
    );
    return (rows[0]?.id ?? null) !== null;
  }

  private async runHere(rebuild: Rebuild): Promise<RunOutcome> {
    this.tell({ event: 'started' }, `Rebuild ${rebuild.id} started.`);
    const onProgress = (progress: Progress): void => this.tell({ event: 'progress', ...shown(progress) }, textOf(progress));
    const run = new RebuildRun(rebuild, { ...this.resources, worker: this.worker, log: this.log, onProgress });
    if (this.stopping.aborted) run.stop();
    this.stopping.addEventListener('abort', () => run.stop(), { once: true });
    return run.run();
  }

  /** What the rebuild came to, when it has ended. */
  private async endState(): Promise<RebuildEnd | null> {
    const { rows } = await this.resources.pool.query<{ state: RebuildEnd }>(
      'select state from read.rebuilds where id = $1 and finished_at is not null',
      [this.options.id],
    );
    return rows[0]?.state ?? null;
  }

  private async ended(outcome: RunOutcome): Promise<RunOutcome> {
    const { id } = this.options;
    const { pool } = this.resources;
    const { rows } = await pool.query<{ error: string | null; difference: unknown }>(
      'select error, difference from read.rebuilds where id = $1',
      [id],
    );
    const { error = null, difference = null } = rows[0] ?? {};
    const part = await readOnlyPart(pool, id);
    const at = part === null ? { position: null, digest: null } : { position: `${part.position}`, digest: digestToHex(part.digest) };
    this.tell({ event: outcome, outcome, ...at, error, difference }, `Rebuild ${id}: ${outcome}${error === null ? '' : `: ${error}`}`);
    return outcome;
  }

  private inProgress(text: string): 'in progress' {
    this.tell({ event: 'in progress', outcome: 'in progress' }, text);
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
