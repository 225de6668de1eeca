import type { ServiceProcess } from '../../stack/service.ts';
import type { Fault } from '../harness/fault.ts';
import { within } from '../harness/within.ts';

/** Where a batch is when its writer dies (services/ledger-writer/src/postgres/crash-points.ts). */
const POINTS: Readonly<Record<string, string>> = {
  'before-flight-1': 'before anything was sent to PostgreSQL',
  'between-flights': 'with the head locked and the state read, before anything was written',
  'while-sealing': 'with half of the batch written',
  'during-commit': 'with COMMIT sent and no answer heard',
  'after-commit': 'with the batch committed and nobody answered',
};
const CRASH_MAX_MS = 20_000;

/** The writer kills itself at a place in a batch's way, and is started again. */
export const crashPoints: readonly Fault[] = Object.entries(POINTS).map(([point, where]) => ({
  id: `writer-killed-${point}`,
  title: `Writer killed ${point.replaceAll('-', ' ')}`,
  did: `The only writer killed itself (SIGKILL) at its next batch ${where}, and was started again.`,
  human: null,
  since: 'begin',
  stack: {},
  async inflict(site) {
    const writer = site.stack.writers[0] as ServiceProcess;
    await writer.stop();
    // It may die before it has said that it is ready: the load is waiting.
    const started = writer.start({ CRASH_POINT: point }).catch(() => undefined);
    const { signal } = await within('the writer reaches its crash point', CRASH_MAX_MS, writer.ended());
    if (signal !== 'SIGKILL') throw new Error(`the writer ended by ${signal}, not at its crash point`);
    site.struck();
    await started;
    await writer.start();
  },
}));
