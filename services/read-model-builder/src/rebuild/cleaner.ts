import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { numbers, PROJECTIONS, texts, type Projection } from '@ledgerflow/read-model/projections';

const INTERVAL_MS = 5_000;
/** Rows a statement: it holds no lock that anybody waits for, but its write-ahead log competes with that of the live rows. */
const ROWS_PER_STATEMENT = 5_000;
const PAUSE_MS = 20;

/** A look at what is to be deleted; while there is more the next one follows at once. */
const GENERATIONS_AT_ONCE = 100;

interface Retired {
  projection: string;
  generation: number;
}

// Indexes: retired_generations_at, projections_generation.
const RETIRED = `select r.projection, r.generation from read.retired_generations r
  where r.projection = any($1) and not exists (select from read.projections p where p.generation = r.generation and p.projection = r.projection)
  order by r.retired_at limit ${GENERATIONS_AT_ONCE}`;

export interface CleanerOptions {
  pool: Pool;
  log: Logger;
  projections?: readonly Projection[];
  intervalMs?: number;
  rowsPerStatement?: number;
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
    while (!this.loop.isStopped && (await this.cleanSome()) === GENERATIONS_AT_ONCE);
  }

  /** Answers how many generations are gone. One of a projection that this version does not know is left to a version that does, and whatever says so: what is live is not deleted. */
  private async cleanSome(): Promise<number> {
    const { pool, projections = PROJECTIONS } = this.options;
    const { rows } = await pool.query<Retired>(RETIRED, [projections.map(({ name }) => name)]);
    const gone: Retired[] = [];
    for (const retired of rows) if (await this.delete(retired, projections)) gone.push(retired);
    await pool.query(
      'delete from read.retired_generations r using unnest($1::text[], $2::int[]) as g(projection, generation) where r.projection = g.projection and r.generation = g.generation',
      [texts(gone.map(({ projection }) => projection)), numbers(gone.map(({ generation }) => generation))],
    );
    return gone.length;
  }

  /** False when the process ends before all rows are gone. */
  private async delete(retired: Retired, projections: readonly Projection[]): Promise<boolean> {
    const tables = projections.find(({ name }) => name === retired.projection)?.tables ?? [];
    for (const table of tables) if (!(await this.empty(table, retired.generation))) return false;
    return true;
  }

  /** By address: each table's rows of a generation are in one partition, found by its primary key. False when the process ends before all are gone. */
  private async empty(table: string, generation: number): Promise<boolean> {
    const { pool, rowsPerStatement: max = ROWS_PER_STATEMENT } = this.options;
    while (!this.loop.isStopped) {
      const { rowCount } = await pool.query(
        `delete from read.${table} where generation = $1 and ctid = any(array(select ctid from read.${table} where generation = $1 limit ${max}))`,
        [generation],
      );
      // Fewer are no proof: those that another builder's cleaner deleted meanwhile do not count, and it may end before the rest.
      if ((rowCount ?? 0) < max && (await this.isEmpty(table, generation))) return true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return false;
  }

  private async isEmpty(table: string, generation: number): Promise<boolean> {
    return (await this.options.pool.query(`select 1 from read.${table} where generation = $1 limit 1`, [generation])).rows.length === 0;
  }
}
