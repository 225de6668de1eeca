import { randomUUID } from 'node:crypto';
import type { Pool } from '@ledgerflow/platform/postgres';
import { rebuildCommand } from '../../stack/builder-commands.ts';
import { until } from '../../stack/wait.ts';
import type { Fault, Site } from '../harness/fault.ts';
import { asSuperuser } from '../harness/superuser.ts';

const READ = 'ledgerflow_read';
const ACCOUNT = 'account-1';
const PARKED_WRITES = 100;
const PARK_MAX_MS = 60_000;
const REPAIR_MAX_MS = 60_000;
/** Longer than a worker that is not heard of keeps its rebuild. */
const REBUILD_MAX_MS = 120_000;
/** Records a second: slow enough to be killed on the way. */
const REBUILD_RATE = 400;

interface Ledger {
  id: string;
  number: number;
}

async function firstLedger(pool: Pool, { scene }: Site): Promise<Ledger> {
  const { rows } = await pool.query<{ ledger: number }>('select ledger from read.checkpoints where id = $1', [scene.ledgers[0]]);
  return { id: scene.ledgers[0] ?? '', number: rows[0]?.ledger ?? 0 };
}

/** Refuses every later change of one account's row, and changes nothing that anybody reads. */
async function poison(pool: Pool, { number }: Ledger): Promise<void> {
  const { rows } = await pool.query<{ generation: number }>(
    `select generation from read.projections where ledger = $1 and projection = 'account_summary'`,
    [number],
  );
  await pool.query(
    `alter table read.account_summary add constraint poison check (generation <> ${rows[0]?.generation} or id <> '${ACCOUNT}') not valid`,
  );
}

const lettersOf = async (pool: Pool, { number }: Ledger): Promise<{ id: string; isRefused: boolean }[]> =>
  (
    await pool.query<{ id: string; isRefused: boolean }>(
      'select id, error is not null as "isRefused" from read.dead_letters where ledger = $1 order by position',
      [number],
    )
  ).rows;

/** Poison, what is parked behind it while writes go on, and what heals it; then a repair. */
async function parkAndRepair(site: Site, repair: (pool: Pool, ledger: Ledger) => Promise<void>): Promise<void> {
  await asSuperuser(site.stack.postgres, READ, async (pool) => {
    const ledger = await firstLedger(pool, site);
    await poison(pool, ledger);
    site.struck();
    await until('a record is parked', async () => (await lettersOf(pool, ledger)).length > 0, PARK_MAX_MS);
    await site.progress(PARKED_WRITES);
    const letters = await lettersOf(pool, ledger);
    site.note(
      `${letters.filter(({ isRefused }) => isRefused).length} records refused, ${letters.filter(({ isRefused }) => !isRefused).length} queued behind them`,
    );
    await pool.query('alter table read.account_summary drop constraint poison');
    await repair(pool, ledger);
    await until('nothing is parked', async () => (await lettersOf(pool, ledger)).length === 0, REPAIR_MAX_MS);
  });
}

const DID_POISON = `The read model was made to refuse every change of one account's row in one ledger. ${PARKED_WRITES} writes later what refused them was taken away.`;

export const poisonRecord: Fault = {
  id: 'poison',
  title: 'Poison record',
  did: `${DID_POISON} Then \`POST /admin/dlq/retry-all\`.`,
  human:
    'Yes: deploy what can apply the record, then `POST /admin/dlq/retry-all`. Until then the account is answered by the writer, all others by the read model.',
  since: 'end',
  stack: {},
  async inflict(site) {
    const api = await site.stack.client({ roles: ['admin'], subject: 'repairer' });
    await parkAndRepair(site, async (_pool, { id }) => {
      await api.mustPost('/admin/dlq/retry-all', { ledger: id }, { timeoutMs: REPAIR_MAX_MS });
    });
  },
};

export const retriedTwice: Fault = {
  id: 'dead-letters-retried-twice',
  title: 'Dead letters retried twice, by two at once',
  did: `${DID_POISON} Then two callers retried every letter and everything, twice, at the same time.`,
  human: 'Yes: as for a poison record; trying more than once does no harm.',
  since: 'end',
  stack: { builders: 2 },
  async inflict(site) {
    const api = await site.stack.client({ roles: ['admin'], subject: 'repairer' });
    await parkAndRepair(site, async (pool, ledger) => {
      const refused = (await lettersOf(pool, ledger)).filter(({ isRefused }) => isRefused);
      const retryAll = (): Promise<unknown> => api.post('/admin/dlq/retry-all', { ledger: ledger.id }, { timeoutMs: REPAIR_MAX_MS });
      const retryEach = (): Promise<unknown>[] =>
        refused.slice(0, 10).map(({ id }) => api.post(`/admin/dlq/${id}/retry`, {}, { timeoutMs: REPAIR_MAX_MS }));
      await Promise.all([retryAll(), ...retryEach(), retryAll(), ...retryEach()]);
      await Promise.all([retryAll(), retryAll()]);
    });
  },
};

type Stage = { name: string; isReached: (pool: Pool, id: string) => Promise<boolean> };

const partsWhere = (condition: string) => async (pool: Pool, id: string) =>
  (await pool.query(`select 1 from read.rebuild_parts where rebuild = $1 and ${condition} limit 1`, [id])).rows.length > 0;

/** The last one is reached while the checkpoint is held, so that the swap waits when it is killed. */
const STAGES: readonly Stage[] = [
  {
    name: 'asked for',
    isReached: async (pool, id) => (await pool.query('select 1 from read.rebuilds where id = $1', [id])).rows.length > 0,
  },
  { name: 'filling', isReached: partsWhere(`position > 0`) },
  { name: 'swapping', isReached: partsWhere(`state = 'proven'`) },
];

export const rebuildKilled: Fault = {
  id: 'rebuild-killed',
  title: 'Rebuild killed at each stage',
  did: `\`read-model-builder rebuild\` of all projections of a ledger was killed with -9 when it was asked for, while it filled and in its swap, and run again under the same --id each time, as a Job is.`,
  human: null,
  since: 'end',
  stack: {},
  recoveryMaxMs: REBUILD_MAX_MS,
  async inflict(site) {
    const { stack } = site;
    const id = randomUUID();
    await asSuperuser(stack.postgres, READ, async (pool) => {
      const ledger = await firstLedger(pool, site);
      const options = [`--ledger=${ledger.id}`, `--id=${id}`, `--max-rate=${REBUILD_RATE}`];
      site.struck();
      for (const { name, isReached } of STAGES) {
        const { child, ended } = rebuildCommand(stack, ...options);
        const kill = (): boolean => child.kill('SIGKILL');
        site.signal.addEventListener('abort', kill, { once: true });
        await until(`the rebuild is ${name}`, () => isReached(pool, id), REBUILD_MAX_MS);
        if (name === 'swapping') await killInSwap(pool, ledger, kill);
        else kill();
        await ended;
        site.signal.removeEventListener('abort', kill);
        // As after 30 s in which nobody heard of it.
        await pool.query(`update read.rebuilds set worker_until = clock_timestamp() where id = $1 and finished_at is null`, [id]);
      }
      const { code, events } = await rebuildCommand(stack, ...options).ended;
      site.note(`the last run ended with ${code}: ${events[events.length - 1]?.event}`);
      if (code !== 0) throw new Error(`the rebuild ended with ${code}: ${events[events.length - 1]?.error}`);
    });
  },
};

/** Holds the checkpoint for a moment, so that the swap waits for it. */
async function killInSwap(pool: Pool, { number }: Ledger, kill: () => boolean): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select 1 from read.checkpoints where ledger = $1 for update', [number]);
    await client.query('select pg_sleep(0.3)');
    kill();
    await client.query('rollback');
  } finally {
    client.release(true);
  }
}
