import { randomUUID } from 'node:crypto';
import type { Fault } from '../harness/fault.ts';
import { EventReader } from '../harness/event-reader.ts';
import { residentMiB } from '../harness/memory.ts';

const READERS = 20;
const BATCHES = 30;
const BATCH = 500;
/** The gateway may keep so much for each reader at most, beside what the sockets hold; and something for the work itself. */
const GROWTH_MAX_MIB = 150;

export const slowStreamReader: Fault = {
  id: 'slow-stream-reader',
  title: 'Slow readers of the event stream',
  did: `${READERS} clients opened the event stream of a ledger and read nothing, while ${BATCHES * BATCH} records were written to it; then they read on, and resumed with Last-Event-ID whenever they had been cut off.`,
  human: null,
  since: 'begin',
  stack: {},
  async inflict(site) {
    const { stack, signal } = site;
    const ledger = `stream-${randomUUID()}`;
    const api = await stack.client({ roles: ['admin'] });
    await api.seed(ledger, { a: '1000000.00', b: '0' });
    const token = await stack.issuer.token({ roles: ['viewer'] });
    const readers = Array.from({ length: READERS }, () => new EventReader(() => stack.url, ledger, token));
    try {
      await Promise.all(readers.map((reader) => reader.open()));
      for (const reader of readers) reader.pause();
      const before = await residentMiB(stack.gateway.pid);
      site.struck();
      const transactions = Array.from({ length: BATCH }, () => ({ postings: [{ from: 'a', to: 'b', amount: '0.01', currency: 'USD' }] }));
      for (let batch = 0; batch < BATCHES; batch++) {
        signal.throwIfAborted();
        await api.mustPost(`/ledgers/${ledger}/transactions/batch`, { atomic: false, transactions });
      }
      const after = await residentMiB(stack.gateway.pid);
      const { body } = await api.get<{ data: { position: string }[] }>(`/ledgers/${ledger}/events?after=${BATCHES * BATCH}`);
      const head = Number(body.data.at(-1)?.position);
      await Promise.all(readers.map((reader) => reader.readTo(head, signal)));
      const resumes = readers.reduce((sum, reader) => sum + reader.resumes, 0);
      site.note(
        `${resumes} times a reader was cut off and resumed; each got every record once; gateway ${before} MiB before, ${after} MiB after`,
      );
      if (after - before > GROWTH_MAX_MIB) throw new Error(`the gateway grew by ${after - before} MiB`);
    } finally {
      for (const reader of readers) reader.close();
    }
  },
};
