import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { PROJECTIONS, type Projection } from '@ledgerflow/read-model/projections';

const INTERVAL_MS = 5_000;
/** Rows a statement: it holds no lock that anybody waits for, but its write-ahead log competes with that of the live rows. */
const ROWS_PER_STATEMENT = 5_000;
const PAUSE_MS = 20;

export interface CleanerOptions {
  pool: Pool;
  log: Logger;
  projections?: readonly Projection[];
  intervalMs?: number;
}

/** Deletes the rows of generations that nobody reads any more, a few at a time. */
export class Cleaner {
  private readonly options: CleanerOptions;
  private readonly loop: Periodic;

  constructor(options: CleanerOptions) {
    this.options = options;
    this.loop = new Periodic(() => this.clean(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => options.log.warn({ err: error }, 'rows of old generations could not be deleted; trying again'),
    });
  }

  start(): void {
    this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async clean(): Promise<void> {
    const { pool, projections = PROJECTIONS } = this.options;
    const { rows } = await pool.query<{ projection: string; generation: number }>(
      'select projection, generation from read.retired_generations order by retired_at limit 100',
    );
    for (const { projection: name, generation } of rows) {
      const projection = projections.find((one) => one.name === name);
      // One of a version that knew it; that version deletes it, or the next one that knows it again.
      if (projection === undefined) continue;
      // Whatever says so: what is live is not deleted.
      const live = await pool.query('select 1 from read.projections where projection = $1 and generation = $2 limit 1', [name, generation]);
      if (live.rows.length > 0) continue;
      for (const table of projection.tables) if (!(await this.empty(table, generation))) return;
      await pool.query('delete from read.retired_generations where projection = $1 and generation = $2', [name, generation]);
    }
  }

  /** By address: each table's rows of a generation are in one partition, found by its primary key. False when the process ends before all are gone. */
  private async empty(table: string, generation: number): Promise<boolean> {
    while (!this.loop.isStopped) {
      const { rowCount } = await this.options.pool.query(
        `delete from read.${table} where generation = $1 and ctid = any(array(select ctid from read.${table} where generation = $1 limit ${ROWS_PER_STATEMENT}))`,
        [generation],
      );
      if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return false;
  }
}
