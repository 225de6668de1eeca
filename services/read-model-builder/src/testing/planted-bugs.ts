import type { Pool, PoolClient } from '@ledgerflow/platform/postgres';

/** A plausible mistake for `npm run history-check` to find (services/e2e/history/bugs.ts). Loaded only under --conditions=planted-bugs, in the place of ../no-bugs.ts. */
export const PLANTED_BUGS = ['tears-checkpoint'] as const;

/** Between the two transactions. */
const BETWEEN_SECONDS = 0.03;
/** What readers take a batch's position from; the checkpoint is moved after it. */
const MOVE_PROJECTIONS = /^\s*update read\.projections\s+p\s+set position/;

function textOf(statement: unknown): string {
  return typeof statement === 'string' ? statement : String((statement as { text?: unknown } | undefined)?.text);
}

function tear(client: PoolClient): PoolClient {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const torn = async (...args: unknown[]): Promise<unknown> => {
    if (!MOVE_PROJECTIONS.test(textOf(args[0]))) return query(...args);
    const before = [query('commit'), query('begin'), query(`select pg_sleep(${BETWEEN_SECONDS})`)];
    const moved = query(...args);
    await Promise.all(before);
    return moved;
  };
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'query') return torn;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/** tears-checkpoint: the rows of a batch are committed, and how far they are (its projections' positions and its checkpoint) in a transaction of its own after them. */
export function plantInPool(bug: string | undefined, pool: Pool): Pool {
  if (bug !== 'tears-checkpoint') return pool;
  const connect = async (): Promise<PoolClient> => tear(await pool.connect());
  // Statements outside of a transaction go by the pool itself, which takes its connections in another way.
  return Object.assign(Object.create(pool) as Pool, { connect, query: pool.query.bind(pool) });
}
