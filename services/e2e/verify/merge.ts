import type { RowStream } from '@ledgerflow/platform/postgres';

/** What a pass reads rows from: a stream of the database, or a list in a test. */
export type RowSource<Row> = Pick<RowStream<Row>, 'next'>;

/**
 * Rows one by one, for merging streams that come in one order. `has` is asked first because most rows are already here: awaiting each of them cost more than
 * looking at it.
 */
export class Rows<Row> {
  /** Rows taken so far. */
  taken = 0;
  private readonly source: RowSource<Row>;
  private readonly onBatch: ((rows: readonly Row[]) => Promise<void>) | null;
  private batch: readonly Row[] = [];
  private at = 0;

  constructor(source: RowSource<Row>, onBatch: ((rows: readonly Row[]) => Promise<void>) | null = null) {
    this.source = source;
    this.onBatch = onBatch;
  }

  get has(): boolean {
    return this.at < this.batch.length;
  }

  /** Whether there is another row, once it is known. */
  async more(): Promise<boolean> {
    if (this.at < this.batch.length) return true;
    const rows = await this.source.next();
    if (rows === null) return false;
    if (this.onBatch !== null) await this.onBatch(rows);
    this.batch = rows;
    this.at = 0;
    return true;
  }

  /** The next row; only after `has` or `more` said that there is one. */
  get head(): Row {
    return this.batch[this.at] as Row;
  }

  take(): Row {
    this.taken += 1;
    return this.batch[this.at++] as Row;
  }
}

/** Nothing at all: the read model of a ledger that has none. */
export const EMPTY: RowSource<never> = { next: async () => null };

/** Runs of a ledger can be long, and their accounts many: the most recent ones are kept, at most twice this many. */
const GENERATION_MAX = 50_000;

/**
 * What numbers stand for, kept in bounded memory: two generations, the older one is dropped when the younger is full. What is missing is fetched for a whole batch
 * of rows at once.
 */
export class Lookup<V> {
  private young = new Map<number, V>();
  private old = new Map<number, V>();
  private readonly fetch: (missing: readonly number[]) => Promise<ReadonlyMap<number, V>>;

  constructor(fetch: (missing: readonly number[]) => Promise<ReadonlyMap<number, V>>) {
    this.fetch = fetch;
  }

  get(key: number): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const old = this.old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: number, value: V): void {
    if (this.young.size >= GENERATION_MAX) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  async load(keys: Iterable<number>): Promise<void> {
    const missing: number[] = [];
    for (const key of keys) if (this.get(key) === undefined) missing.push(key);
    if (missing.length === 0) return;
    for (const [key, value] of await this.fetch(missing)) this.set(key, value);
  }
}
