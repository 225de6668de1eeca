import type { ServiceProcess } from '../../stack/service.ts';
import { until } from '../../stack/wait.ts';
import type { Fault, Site } from '../harness/fault.ts';
import { asSuperuser } from '../harness/superuser.ts';
import { repetitionsOnTopic } from '../harness/topic.ts';
import { within } from '../harness/within.ts';

const KILLS = 3;
const KILL_MAX_MS = 20_000;
const LEASE_TTL_MS = 3_000;
const TAKE_OVER_MAX_MS = 30_000;
const BETWEEN_KILLS_WRITES = 30;

export const relayKilledAfterSend: Fault = {
  id: 'relay-killed-after-send',
  title: 'Relay killed after the send',
  did: `The writer that relays was killed (SIGKILL) when Kafka had acknowledged a batch and the statement that moves the cursors was on its way, which never arrived; ${KILLS} times, each time started again.`,
  human: null,
  since: 'begin',
  stack: { kafka: true, links: true, environment: { 'ledger-writer': { RELAY_LEASE_TTL_MS: String(LEASE_TTL_MS) } } },
  async inflict(site) {
    const writer = site.stack.writers[0] as ServiceProcess;
    const [proxy] = site.stack.links?.of('writer-postgres') ?? [];
    if (proxy === undefined) throw new Error('there is no proxy between writer and PostgreSQL');
    for (let kill = 1; kill <= KILLS; kill++) {
      proxy.tap = (bytes) => {
        if (!bytes.includes('insert into ledger.relay_cursors')) return 'pass';
        proxy.tap = null;
        writer.signal('SIGKILL');
        return 'cut';
      };
      await within('a cursor is moved', KILL_MAX_MS, writer.ended());
      if (kill === KILLS) site.struck();
      await writer.restart();
      await site.progress(BETWEEN_KILLS_WRITES);
    }
    await site.wait(LEASE_TTL_MS * 2);
    site.note(`${await repetitionsOnTopic(site)} records are on the topic twice, first occurrences in order`);
  },
};

function holders({ stack }: Site): Promise<number> {
  return asSuperuser(stack.postgres, 'ledgerflow_ledger', async (pool) => {
    const { rows } = await pool.query<{ holders: string }>(
      'select count(distinct holder) as holders from ledger.relay_slots where expires_at > clock_timestamp()',
    );
    return Number(rows[0]?.holders);
  });
}

export const relayStopped: Fault = {
  id: 'relay-stopped-and-woken',
  title: 'Relay stopped and woken',
  did: 'One of two writers, both of which relay, was suspended (SIGSTOP) until the other one held all slots and had sent more, then continued.',
  human: null,
  since: 'end',
  stack: { kafka: true, writers: 2, environment: { 'ledger-writer': { RELAY_LEASE_TTL_MS: String(LEASE_TTL_MS) } } },
  load: { ledgers: 4 },
  async inflict(site) {
    const [writer] = site.stack.writers;
    await until('both relays hold slots', async () => (await holders(site)) === 2, TAKE_OVER_MAX_MS);
    writer?.signal('SIGSTOP');
    site.struck();
    try {
      await until('the other relay holds all slots', async () => (await holders(site)) === 1, TAKE_OVER_MAX_MS);
      await site.progress(BETWEEN_KILLS_WRITES);
    } finally {
      writer?.signal('SIGCONT');
    }
    site.over();
    await site.wait(LEASE_TTL_MS * 2);
    site.note(`${await repetitionsOnTopic(site)} records are on the topic twice, first occurrences in order`);
  },
};

const STORM_ROUNDS = 8;
const BETWEEN_ROUNDS_MS = 1_000;

export const rebalanceStorm: Fault = {
  id: 'rebalance-storm',
  title: 'Rebalance storm',
  did: `Three builders in one consumer group; ${STORM_ROUNDS} times one of them, in turn, was killed or stopped and started again, a second apart.`,
  human: null,
  since: 'end',
  stack: { kafka: true, builders: 3 },
  load: { ledgers: 4 },
  async inflict(site) {
    const { builders } = site.stack;
    for (let round = 0; round < STORM_ROUNDS; round++) {
      const builder = builders[round % builders.length] as ServiceProcess;
      await (round % 2 === 0 ? builder.kill() : builder.stop());
      site.struck();
      await site.wait(BETWEEN_ROUNDS_MS);
      await builder.start();
    }
  },
};
