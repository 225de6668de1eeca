import { randomUUID } from 'node:crypto';
import { slotOf } from '@ledgerflow/contracts';
import type { Pool } from '@ledgerflow/platform/postgres';
import type { LedgerDirectory, LedgerLocation } from '../application/store.ts';
import type { Cluster } from './cluster.ts';
import { query } from './reads.ts';

/** Locations never change while a ledger is on its cluster, so they are kept; this many of them, the longest unused goes first. */
const CACHED_MAX = 50_000;

interface LocationRow {
  id: string;
  uuid: string;
  number: number;
  cluster: string;
  slot: number;
}

const locationOf = ({ id, uuid, number, cluster, slot }: LocationRow): LedgerLocation => ({ ledger: id, uuid, number, cluster, slot });

// primary key
const FIND = 'select id, uuid, number, cluster, slot from directory.ledgers where id = $1';
const ALLOCATE = 'insert into directory.ledgers (id, uuid, cluster, slot) values ($1, $2, $3, $4) on conflict (id) do nothing';
// index on heads (slot); the whole (one row a ledger) without slots
const OPEN =
  'select id, uuid, ledger as number, slot from ledger.heads where position > 0 and ($1::int[] is null or slot = any($1::int[])) order by ledger';

export interface PostgresDirectoryOptions {
  pool: Pool;
  clusters: ReadonlyMap<string, Cluster>;
  /** Clusters that take new ledgers, by their number of the hash of the id. */
  newLedgerClusters: readonly string[];
  slots: number;
}

/** The one global table. A ledger that is not there is asked for again each time: an unknown id must not fill the memory. */
export class PostgresDirectory implements LedgerDirectory {
  private readonly options: PostgresDirectoryOptions;
  private readonly cached = new Map<string, LedgerLocation>();

  constructor(options: PostgresDirectoryOptions) {
    this.options = options;
  }

  async find(ledger: string): Promise<LedgerLocation | null> {
    const known = this.cached.get(ledger);
    if (known !== undefined) {
      this.cached.delete(ledger);
      this.cached.set(ledger, known);
      return known;
    }
    const [row] = await query<LocationRow>(this.options.pool, 'find-ledger', FIND, [ledger]);
    if (row === undefined) return null;
    if (this.cached.size >= CACHED_MAX) this.cached.delete(this.cached.keys().next().value as string);
    const location = locationOf(row);
    this.cached.set(ledger, location);
    return location;
  }

  async allocate(ledger: string): Promise<LedgerLocation> {
    const known = await this.find(ledger);
    if (known !== null) return known;
    const { pool, newLedgerClusters, slots } = this.options;
    const cluster = newLedgerClusters[slotOf(ledger, newLedgerClusters.length)] as string;
    await query(pool, 'allocate-ledger', ALLOCATE, [ledger, randomUUID(), cluster, slotOf(ledger, slots)]);
    // Whoever came first decided the place.
    return (await this.find(ledger)) as LedgerLocation;
  }

  /** From the heads of every cluster: a ledger is open when its first record is committed, and only its own cluster knows that. */
  async list(slots?: readonly number[]): Promise<LedgerLocation[]> {
    const lists = await Promise.all(
      [...this.options.clusters.values()].map(async ({ name, read }) => {
        const rows = await query<Omit<LocationRow, 'cluster'>>(read, 'open-ledgers', OPEN, [
          slots === undefined ? null : `{${slots.join(',')}}`,
        ]);
        return rows.map((row) => locationOf({ ...row, cluster: name }));
      }),
    );
    return lists.flat();
  }
}
