import type { Fault } from '../harness/fault.ts';
import { APPLICATION_NAME, asSuperuser } from '../harness/superuser.ts';

const TERMINATIONS = 10;
const BETWEEN_TERMINATIONS_MS = 500;
const CUTS = 20;
const CUTS_MAX_MS = 20_000;
const BETWEEN_CUTS_WRITES = 5;
const IDLE_MS = 10_000;

export const postgresKilled: Fault = {
  id: 'postgres-killed',
  title: 'PostgreSQL killed',
  did: '`kill -9` of all processes of the server that has ledger and read model, started again at once.',
  human: null,
  since: 'begin',
  mayGoBack: true,
  stack: { writers: 2 },
  async inflict(site) {
    const { postgres } = site.stack;
    await postgres.kill('SIGKILL');
    site.struck();
    await postgres.restart();
  },
};

export const readDatabaseKilled: Fault = {
  id: 'read-database-killed',
  title: 'Read database killed',
  did: '`kill -9` of all processes of the server that has the read model alone, started again 3 s later. Writes went on.',
  human: null,
  since: 'end',
  mayGoBack: true,
  stack: { readPostgres: true },
  async inflict(site) {
    const { readPostgres } = site.stack;
    await readPostgres.kill('SIGKILL');
    site.struck();
    await site.wait(3_000);
    await readPostgres.restart();
  },
};

export const backendsTerminated: Fault = {
  id: 'backends-terminated',
  title: 'Backends terminated',
  did: `pg_terminate_backend of every connection of writers, builder and gateway, ${TERMINATIONS} times, ${BETWEEN_TERMINATIONS_MS} ms apart.`,
  human: null,
  since: 'end',
  stack: { writers: 2 },
  async inflict(site) {
    let ended = 0;
    await asSuperuser(site.stack.postgres, 'postgres', async (pool) => {
      for (let round = 0; round < TERMINATIONS; round++) {
        const { rows } = await pool.query<{ ended: string }>(
          `select count(*) filter (where pg_terminate_backend(pid)) as ended from pg_stat_activity where usename like 'ledgerflow%'`,
        );
        site.struck();
        ended += Number(rows[0]?.ended);
        await site.wait(BETWEEN_TERMINATIONS_MS);
      }
    });
    site.note(`${ended} connections ended`);
  },
};

/** In the Bind message the statement goes by its name; no text of the workload has a NUL behind such a word. */
const isCommit = (bytes: Buffer): boolean => bytes.includes('commit\0');

export const commitCut: Fault = {
  id: 'commit-cut',
  title: 'Connection cut during COMMIT',
  did: `A proxy between writer and PostgreSQL reset the connection when it saw COMMIT, ${CUTS} times: half of them after COMMIT had reached PostgreSQL, half before.`,
  human: null,
  since: 'end',
  stack: { links: true },
  async inflict(site) {
    const [proxy] = site.stack.links?.of('writer-postgres') ?? [];
    if (proxy === undefined) throw new Error('there is no proxy between writer and PostgreSQL');
    const cuts = { arrived: 0, lost: 0 };
    let isDue = false;
    proxy.tap = (bytes) => {
      if (!isDue || !isCommit(bytes)) return 'pass';
      isDue = false;
      const arrives = (cuts.arrived + cuts.lost) % 2 === 0;
      cuts[arrives ? 'arrived' : 'lost'] += 1;
      return arrives ? 'pass and cut' : 'cut';
    };
    site.struck();
    for (let cut = 0; cut < CUTS; cut++) {
      isDue = true;
      await site.progress(BETWEEN_CUTS_WRITES, CUTS_MAX_MS);
    }
    proxy.tap = null;
    site.note(`COMMIT arrived and its answer was cut off ${cuts.arrived} times, COMMIT itself ${cuts.lost} times`);
    if (cuts.arrived + cuts.lost < CUTS / 2) throw new Error('hardly a COMMIT was seen by the proxy');
  },
};

/** Somebody with a console: none of the writer's own time-outs is set in such a session. */
export const idleInTransaction: Fault = {
  id: 'idle-in-transaction',
  title: 'A session idle in transaction holds a head',
  did: `A session of a database administrator locked the heads of all ledgers FOR UPDATE and did nothing more for ${IDLE_MS / 1000} s, then it was ended.`,
  human:
    "Yes, for a session that is not the writer's: end it (select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'). Sessions of the writer end by themselves within 5 s.",
  since: 'end',
  stack: { writers: 2 },
  async inflict(site) {
    await asSuperuser(site.stack.postgres, 'ledgerflow_ledger', async (pool) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('select 1 from ledger.heads for update');
        site.struck();
        await site.wait(IDLE_MS);
      } finally {
        const { rows } = await pool.query<{ ended: boolean }>(
          `select pg_terminate_backend(pid) as ended from pg_stat_activity where application_name = '${APPLICATION_NAME}' and state = 'idle in transaction'`,
        );
        site.note(`${rows.length} session ended by hand`);
        client.release(true);
      }
    });
  },
};
