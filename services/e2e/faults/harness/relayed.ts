import { silentLogger } from '@ledgerflow/platform/log';
import { createPool } from '@ledgerflow/platform/postgres';
import type { Stack } from '../../stack/stack.ts';
import type { IsRelayed } from './recovery.ts';
import { APPLICATION_NAME } from './superuser.ts';

const CONNECTIONS_MAX = 4;

export interface RelayWatch {
  /** Null in a stack without Kafka. */
  isRelayed: IsRelayed | null;
  close(): Promise<void>;
}

/** Looks at the relay's cursors, which follow what Kafka has acknowledged. */
export function watchRelay({ kafka, postgres }: Stack): RelayWatch {
  if (kafka === null) return { isRelayed: null, close: () => Promise.resolve() };
  const url = postgres.superuserUrl('ledgerflow_ledger');
  const pool = createPool({ url, max: CONNECTIONS_MAX, applicationName: APPLICATION_NAME, log: silentLogger });
  const isRelayed = async (ledger: string, position: bigint): Promise<boolean> => {
    const { rows } = await pool.query(
      'select 1 from ledger.relay_cursors c join ledger.heads h using (ledger) where h.id = $1 and c.position >= $2',
      [ledger, position.toString()],
    );
    return rows.length > 0;
  };
  return { isRelayed, close: () => pool.end() };
}
