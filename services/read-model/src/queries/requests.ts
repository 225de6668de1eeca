import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';

/** What writes nothing but a request needs of the gateway's pool on the primary. */
export type Requests = Pick<Pool, 'connect'>;

/** Runs one statement that asks the builder for something. The gateway's sessions only read unless a transaction says otherwise. */
export async function request<T>(pool: Requests, ask: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin read write');
    const answer = await ask(client);
    await client.query('commit');
    client.release();
    return answer;
  } catch (error) {
    // The transaction ends with the connection.
    client.release(true);
    throw error;
  }
}

/** A timestamptz as microseconds since 1970. */
export const microsOf = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;
