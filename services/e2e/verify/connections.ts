import { StreamClient, UnreadableValueError, type RowStream } from '@ledgerflow/platform/postgres';
import { Rows, type RowSource } from './merge.ts';
import { UnreadableRow, type Query } from './query.ts';

/**
 * Every query goes by its index in its order: a sort of a whole ledger would not be constant memory. Of joins only the probe of an index is left.
 */
export const SESSION_SETTINGS: Record<string, string> = {
  default_transaction_read_only: 'on',
  enable_sort: 'off',
  enable_incremental_sort: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  timezone: 'UTC',
};

const SNAPSHOT = /^[0-9A-F-]+$/;

async function connect(url: string): Promise<StreamClient> {
  const client = await StreamClient.connect({ url, applicationName: 'ledgerflow verify', settings: SESSION_SETTINGS });
  await client.query('begin isolation level repeatable read read only');
  return client;
}

/** One database as it was at one moment, however long the reading takes: the first connection holds the snapshot, all others take it over. */
export class Snapshot {
  readonly url: string;
  readonly id: string;
  /** For small questions. */
  readonly client: StreamClient;

  private constructor(url: string, id: string, client: StreamClient) {
    this.url = url;
    this.id = id;
    this.client = client;
  }

  static async take(url: string): Promise<Snapshot> {
    const client = await connect(url);
    const [row] = await client.query<{ id: string }>('select pg_export_snapshot() as id');
    return new Snapshot(url, row?.id ?? '', client);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** Connections of one worker to one snapshot; a stream has one for itself, given back when it was read to its end. */
export class Connections {
  private readonly url: string;
  private readonly snapshot: string;
  private readonly idle: StreamClient[] = [];
  private readonly busy = new Map<RowStream<unknown>, StreamClient>();

  constructor(url: string, snapshot: string) {
    if (!SNAPSHOT.test(snapshot)) throw new Error(`${snapshot} is no snapshot`);
    this.url = url;
    this.snapshot = snapshot;
  }

  async take(): Promise<StreamClient> {
    const idle = this.idle.pop();
    if (idle !== undefined) return idle;
    const client = await connect(this.url);
    await client.query(`set transaction snapshot '${this.snapshot}'`);
    return client;
  }

  giveBack(client: StreamClient): void {
    this.idle.push(client);
  }

  async rows<Row>(query: Query, onBatch: ((rows: readonly Row[]) => Promise<void>) | null = null): Promise<Rows<Row>> {
    const client = await this.take();
    const stream = client.stream<Row>(query.sql, query.kinds, query.isNullable);
    this.busy.set(stream as RowStream<unknown>, client);
    const source: RowSource<Row> = {
      next: () =>
        stream.next().catch((error: unknown) => {
          throw error instanceof UnreadableValueError ? new UnreadableRow(query, error) : error;
        }),
    };
    return new Rows(source, onBatch);
  }

  /** After a pass: what was read to its end serves the next one, what was left in the middle is closed. */
  async settle(): Promise<void> {
    for (const [stream, client] of this.busy) {
      if (stream.ended) this.idle.push(client);
      else await client.close();
    }
    this.busy.clear();
  }

  async close(): Promise<void> {
    await this.settle();
    await Promise.all(this.idle.splice(0).map((client) => client.close()));
  }
}
