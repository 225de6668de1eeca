import type { ServiceProcess } from '../../stack/service.ts';
import { until } from '../../stack/wait.ts';
import type { Fault } from '../harness/fault.ts';

/** Longer than the 5 s after which PostgreSQL ends the transaction of a writer that says nothing, and than callers wait for one that does not answer. */
const STOPPED_MS = 25_000;
/** Longer than each of a caller's time-outs. */
const STOPPED_ALONE_MS = 8_000;
const STOP_MAX_MS = 20_000;
const FIGHT_MS = 10_000;

/** With the head of a ledger locked: the worst moment. */
export const writerStopped: Fault = {
  id: 'writer-stopped',
  title: 'Writer stopped with a head locked, and continued',
  did: `One of two writers stopped itself (SIGSTOP) between its flights, with a ledger's head locked, and was continued ${STOPPED_MS / 1000} s later. Recovery counts from the stop.`,
  human: null,
  since: 'begin',
  stack: { writers: 2 },
  load: { ledgers: 6 },
  async inflict(site) {
    const writer = site.stack.writers[0] as ServiceProcess;
    await writer.stop();
    await writer.start({ STOP_POINT: 'between-flights' });
    // It gets work only of the ledgers that prefer it: six leave hardly a chance of none.
    await until('the writer is stopped', () => writer.isSuspended(), STOP_MAX_MS);
    site.struck();
    await site.wait(STOPPED_MS);
    if (!writer.isSuspended()) throw new Error('the writer ran again by itself');
    writer.signal('SIGCONT');
  },
};

export const writerStoppedAlone: Fault = {
  id: 'writer-stopped-alone',
  title: 'The only writer stopped and continued',
  did: `SIGSTOP at a random moment, SIGCONT ${STOPPED_ALONE_MS / 1000} s later.`,
  human: null,
  since: 'end',
  stack: {},
  async inflict(site) {
    const writer = site.stack.writers[0] as ServiceProcess;
    writer.signal('SIGSTOP');
    site.struck();
    await site.wait(STOPPED_ALONE_MS);
    writer.signal('SIGCONT');
  },
};

/** Nothing but the head's lock keeps them apart. */
export const twoWriters: Fault = {
  id: 'two-writers',
  title: 'Two writers on the same ledgers',
  did: `Two gateways, each knowing another writer only: all ledgers were written by both writers throughout; after ${FIGHT_MS / 1000} s one of them was killed and started again.`,
  human: null,
  since: 'begin',
  stack: { writers: 2, gateways: 2, writersOf: (gateway, addresses) => [addresses[gateway] as string] },
  load: { gatewayOf: (client) => client % 2 },
  async inflict(site) {
    await site.wait(FIGHT_MS);
    // The client that measures talks to the first gateway: its writer is the one to go.
    const writer = site.stack.writers[0] as ServiceProcess;
    await writer.kill();
    site.struck();
    await writer.restart();
  },
};
