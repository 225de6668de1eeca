import pg from 'pg';
import { decodeRow, type ColumnKind } from './copy-format.ts';

/**
 * Rows of one query as they come, in bounded memory: COPY … TO STDOUT in its binary form, with the socket held while the reader is behind. Measured against a
 * cursor of 4,000 rows a fetch on 400,000 rows of 15 columns: 0.8 against 2.2 µs a row here before any value is parsed, 1.9 against 2.5 µs in the server.
 */

/** Rows that may wait for the reader before the socket is held; what is already on its way still comes (some 64 KiB). */
const WAITING_ROWS_MAX = 4_096;
const CONNECT_TIMEOUT_MS = 5_000;
/** Without a row: a sort of everything may come first, a server that hangs should not be waited for for ever. */
const SILENCE_MAX_MS = 15 * 60_000;
/** Signature, flags and extension length, in front of the first row. */
const HEADER_BYTES = 19;

interface CopyMessage {
  chunk: Buffer;
}

/** What the driver's connection offers to a statement that speaks for itself. */
interface DriverConnection {
  query(text: string): void;
  stream: { pause(): void; resume(): void };
}

export class RowStream<Row> {
  private readonly sql: string;
  private readonly kinds: readonly ColumnKind[];
  private readonly isNullable: readonly boolean[] | null;
  private connection: DriverConnection | null = null;
  private waiting: Row[] = [];
  private isHeaderSeen = false;
  private isHeld = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;
  /** The last row was received and the connection is free for another query. */
  ended = false;

  constructor(sql: string, kinds: readonly ColumnKind[], isNullable: readonly boolean[] | null = null) {
    this.sql = sql;
    this.kinds = kinds;
    this.isNullable = isNullable;
  }

  /** The next rows, null after the last. Throws what the query failed with, UnreadableValueError for the row that then comes, or that the server was silent for too long. */
  async next(): Promise<Row[] | null> {
    while (this.waiting.length === 0) {
      if (this.failure !== null) throw this.failure;
      if (this.ended) return null;
      await this.arrival();
    }
    const rows = this.waiting;
    this.waiting = [];
    if (this.isHeld) {
      this.isHeld = false;
      this.connection?.stream.resume();
    }
    return rows;
  }

  private async arrival(): Promise<void> {
    const arrived = new Promise<void>((resolve) => (this.wake = resolve));
    const silence = setTimeout(
      () => this.handleError(new Error(`the database sent nothing for ${SILENCE_MAX_MS / 60_000} minutes`)),
      SILENCE_MAX_MS,
    );
    await arrived.finally(() => clearTimeout(silence));
  }

  private awake(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }

  // The driver calls what follows.
  submit(connection: DriverConnection): void {
    this.connection = connection;
    connection.query(`copy (${this.sql}) to stdout (format binary)`);
  }

  handleCopyData({ chunk }: CopyMessage): void {
    if (this.failure !== null) return;
    let row: unknown[] | null;
    try {
      row = decodeRow(chunk, this.isHeaderSeen ? 0 : HEADER_BYTES, this.kinds, this.isNullable);
    } catch (error) {
      return this.handleError(error as Error);
    }
    this.isHeaderSeen = true;
    if (row === null) return;
    this.waiting.push(row as Row);
    if (this.waiting.length === 1) this.awake();
    else if (this.waiting.length >= WAITING_ROWS_MAX && !this.isHeld) {
      this.isHeld = true;
      this.connection?.stream.pause();
    }
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.ended = true;
    this.awake();
  }

  handleError(error: Error): void {
    this.failure = error;
    this.awake();
  }
}

/** A connection of its own, for one who streams; session settings go with its start-up. */
export class StreamClient {
  private readonly client: pg.Client;

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async connect(options: { url: string; applicationName: string; settings?: Record<string, string> }): Promise<StreamClient> {
    const client = new pg.Client({
      connectionString: options.url,
      application_name: options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      options: Object.entries(options.settings ?? {})
        .map(([key, value]) => `-c ${key}=${value}`)
        .join(' '),
    });
    // Its loss is told by the statements that are under way.
    client.on('error', () => undefined);
    await client.connect();
    return new StreamClient(client);
  }

  /** A small answer. */
  async query<R extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
    return (await this.client.query(sql, [...values])).rows as R[];
  }

  /** Parameters cannot be given: COPY takes none. One stream at a time. `isNullable`: of each column; absent, all may be null. */
  stream<Row>(sql: string, kinds: readonly ColumnKind[], isNullable: readonly boolean[] | null = null): RowStream<Row> {
    const stream = new RowStream<Row>(sql, kinds, isNullable);
    this.client.query(stream as unknown as pg.Submittable);
    return stream;
  }

  /** Ends it whatever is under way. */
  async close(): Promise<void> {
    (this.client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await this.client.end().catch(() => undefined);
  }
}
