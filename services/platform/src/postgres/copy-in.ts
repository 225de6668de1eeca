import pg from 'pg';
import type { Queryable } from './pool.ts';

/** What the driver's connection offers to a statement that speaks for itself. */
interface DriverConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

const CHUNK_BYTES = 256 * 1024;

/**
 * COPY … FROM STDIN with its rows behind it, without waiting for the server to ask for them: so it goes between the statements of a connection that pipelines, where
 * pg-copy-streams, which waits, is refused. Rows behind a COPY that failed are dropped by the server (PostgreSQL's documentation, "COPY Operations").
 */
class CopyIn extends pg.Query {
  override submit: (connection: pg.Connection) => void;
  /** Nothing is left to send by then. */
  readonly handleCopyInResponse = (): void => undefined;
  readonly callback: (error: Error | null | undefined) => void;

  constructor(sql: string, rows: Buffer, callback: (error: Error | null | undefined) => void) {
    super(sql);
    this.callback = callback;
    this.submit = (connection) => {
      const driver = connection as unknown as DriverConnection;
      driver.query(sql);
      for (let at = 0; at < rows.length; at += CHUNK_BYTES) driver.sendCopyFromChunk(rows.subarray(at, at + CHUNK_BYTES));
      driver.endCopyFrom();
    };
  }
}

/** Rows (copy-rows.ts) into a table: `into` is its name and, in parentheses, the columns. In the connection's transaction. */
export function copyIn(client: Queryable, into: string, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null | undefined): void => (error === null || error === undefined ? resolve() : reject(error));
    client.query(new CopyIn(`copy ${into} from stdin (format binary)`, rows, done));
  });
}
