import { until } from '../../stack/wait.ts';
import { backUp, putBack } from '../harness/copies.ts';
import type { Fault, Site } from '../harness/fault.ts';
import { asSuperuser } from '../harness/superuser.ts';

const LATER_WRITES = 200;
const RELAY_MS = 2_000;
const SETTLE_MAX_MS = 60_000;
const REFILL_MAX_MS = 60_000;
const LEDGER = 'ledgerflow_ledger';
const READ = 'ledgerflow_read';

export const readDatabaseRestored: Fault = {
  id: 'read-database-restored-to-yesterday',
  title: 'Read database restored to yesterday',
  did: `The read model's server was stopped, copied and started; after ${LATER_WRITES} more writes it was killed, and came back with the copy. Offsets in Kafka and gateways remembered more than it had.`,
  human: null,
  since: 'end',
  mayGoBack: true,
  stack: { readPostgres: true, kafka: true },
  async inflict(site) {
    const { readPostgres } = site.stack;
    await backUp(readPostgres);
    await site.progress(LATER_WRITES);
    await site.wait(RELAY_MS);
    await putBack(readPostgres);
    site.struck();
    await readPostgres.restart();
  },
};

/** Writes that the backup does not have: made by nobody of the history, in its ledgers, and gone for good with the restore. */
async function writeWhatWillBeLost({ stack, scene, signal }: Site): Promise<void> {
  const api = await stack.client({ roles: ['admin'], subject: 'after-the-backup' });
  for (const ledger of scene.ledgers)
    for (let write = 0; write < LATER_WRITES / scene.ledgers.length; write++) {
      signal.throwIfAborted();
      await api.mustPost(`/ledgers/${ledger}/accounts/account-1/deposits`, { amount: '1.00', currency: 'USD' });
    }
}

/** What the row tells the human to do to the ledger: from now on whatever was said in the time that is lost is known by its epoch. */
async function raiseEpoch({ stack }: Site): Promise<void> {
  await asSuperuser(stack.postgres, LEDGER, async (pool) => {
    await pool.query('update ledger.heads set epoch = epoch + 1');
    await pool.query('update directory.ledgers set epoch = epoch + 1');
  });
}

/** To the read model: emptied, filled from the log up to the last record of the old epoch, where the builder stops and says so, and told that the new epoch goes on from there. */
async function refillReadModel({ stack, scene }: Site): Promise<string> {
  return asSuperuser(stack.readPostgres, READ, async (pool) => {
    const { rows } = await pool.query<{ tables: string }>(
      `select string_agg(format('%I.%I', schemaname, tablename), ', ') as tables from pg_tables where schemaname = 'read' and tablename !~ 'migration|version'`,
    );
    await pool.query(`truncate ${rows[0]?.tables}`);
    await Promise.all(stack.builders.map((builder) => builder.start()));
    const stopped = await until(
      'the builder stopped all ledgers at the new epoch',
      async () => {
        const found = await pool.query<{ reason: string }>(
          'select stopped_reason as reason from read.checkpoints where id = any($1) and stopped_reason is not null',
          [scene.ledgers],
        );
        return found.rows.length === scene.ledgers.length ? found.rows : null;
      },
      REFILL_MAX_MS,
    );
    await pool.query('update read.checkpoints set epoch = epoch + 1, stopped_reason = null');
    return stopped[0]?.reason ?? '';
  });
}

export const ledgerRestored: Fault = {
  id: 'ledger-restored-older-than-kafka',
  title: 'Ledger restored older than Kafka and the read model',
  did: `PostgreSQL of the ledger was stopped, copied and started; ${LATER_WRITES} writes were answered, relayed and applied; then it came back with the copy. (Those ${LATER_WRITES} are lost by the restore itself and not counted.)`,
  human:
    'Yes: stop all services; restore; raise the epoch of every ledger (`update ledger.heads set epoch = epoch + 1`, the same in `directory.ledgers`); empty the tables of schema `read`; start the services; when `read.checkpoints.stopped_reason` names the new epoch for a ledger, `update read.checkpoints set epoch = epoch + 1, stopped_reason = null`. Kafka needs nothing.',
  since: 'end',
  mayGoBack: true,
  raisesEpoch: true,
  stack: { readPostgres: true, kafka: true },
  async inflict(site) {
    const { stack, scene } = site;
    const release = await scene.clients.hold();
    try {
      await scene.clients.retryUnknown(scene.now() + SETTLE_MAX_MS);
      await backUp(stack.postgres);
      await writeWhatWillBeLost(site);
      await site.wait(RELAY_MS);
      const services = [...stack.gateways, ...stack.writers, ...stack.builders];
      await Promise.all(services.map((service) => service.stop()));
      await putBack(stack.postgres);
      site.struck();
      await stack.postgres.restart();
      await raiseEpoch(site);
      await Promise.all(stack.writers.map((writer) => writer.start()));
      await Promise.all(stack.gateways.map((gateway) => gateway.start()));
      // The first record of the new epoch is what the builder has to see.
      for (const ledger of scene.ledgers) await until('a write of the new epoch', () => scene.clients.deposit(ledger));
      site.note(`the builder said: ${await refillReadModel(site)}`);
      site.over();
    } finally {
      release();
    }
  },
};
