import { adoptCommand } from '../../stack/builder-commands.ts';
import { until } from '../../stack/wait.ts';
import { backUp, putBack } from '../harness/copies.ts';
import type { Fault, Site } from '../harness/fault.ts';
import { asSuperuser } from '../harness/superuser.ts';

const LATER_WRITES = 200;
const RELAY_MS = 2_000;
const SETTLE_MAX_MS = 60_000;
const STOPPED_MAX_MS = 60_000;
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

/** To the read model: taken into the new epoch as soon as the builder has stopped at it and said so. */
async function followLedger({ stack, scene }: Site): Promise<string> {
  const reason = await asSuperuser(stack.readPostgres, READ, (pool) =>
    until(
      'the builder stopped all ledgers at the new epoch',
      async () => {
        const { rows } = await pool.query<{ reason: string }>(
          'select stopped_reason as reason from read.checkpoints where id = any($1) and stopped_reason is not null',
          [scene.ledgers],
        );
        return rows.length === scene.ledgers.length ? (rows[0]?.reason ?? '') : null;
      },
      STOPPED_MAX_MS,
    ),
  );
  const { code, text } = await adoptCommand(stack, '--all', '--yes');
  if (code !== 0) throw new Error(`adopt-epoch ended ${code}: ${text}`);
  return reason;
}

export const ledgerRestored: Fault = {
  id: 'ledger-restored-older-than-kafka',
  title: 'Ledger restored older than Kafka and the read model',
  did: `PostgreSQL of the ledger was stopped, copied and started; ${LATER_WRITES} writes were answered, relayed and applied; then it came back with the copy. (Those ${LATER_WRITES} are lost by the restore itself and not counted.)`,
  human:
    'Yes: stop all services; restore; raise the epoch of every ledger (`update ledger.heads set epoch = epoch + 1`, the same in `directory.ledgers`); start the services; when the read side has stopped at the ledgers, `read-model-builder adopt-epoch --all --yes` ([restored ledger](../guides/restored-ledger.md)). Kafka needs nothing.',
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
      await Promise.all([...stack.gateways, ...stack.builders].map((service) => service.start()));
      for (const ledger of scene.ledgers) await until('a write of the new epoch', () => scene.clients.deposit(ledger));
      site.note(`the builder said: ${await followLedger(site)}`);
      site.over();
    } finally {
      release();
    }
  },
};
