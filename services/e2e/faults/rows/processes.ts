import type { ServiceProcess } from '../../stack/service.ts';
import type { Stack } from '../../stack/stack.ts';
import type { Fault, Site } from '../harness/fault.ts';

/** Times that a process is killed in one row. */
const KILLS = 3;
const BETWEEN_KILLS_WRITES = 50;

/** Killed under load and started again at once, as Kubernetes does; recovery counts from the last kill. */
async function killAndRestart(site: Site, service: ServiceProcess): Promise<void> {
  for (let kill = 1; kill < KILLS; kill++) {
    await service.kill();
    await service.restart();
    await site.progress(BETWEEN_KILLS_WRITES);
  }
  await service.kill();
  site.struck();
  await service.restart();
}

function killed(id: string, title: string, shape: Fault['stack'], of: (stack: Stack) => ServiceProcess): Fault {
  return {
    id,
    title,
    did: `\`kill -9\` under load, ${KILLS} times, each time started again at once.`,
    human: null,
    since: 'begin',
    stack: shape,
    inflict: (site) => killAndRestart(site, of(site.stack)),
  };
}

export const gatewayKilled = killed('gateway-killed', 'Gateway killed', {}, (stack) => stack.gateway);
export const writerKilled = killed('writer-killed', 'Writer killed, the only one', {}, (stack) => stack.writers[0] as ServiceProcess);
export const builderKilled = killed(
  'builder-killed',
  'Consumer (read-model-builder) killed, the only one',
  { kafka: true },
  (stack) => stack.builders[0] as ServiceProcess,
);

/** What every deployment does. */
export const rollingRestart: Fault = {
  id: 'rolling-restart',
  title: 'Every service restarted in order',
  did: 'Two writers, two builders and the gateway were stopped in order (SIGTERM) and started again, one after the other, under load.',
  human: null,
  since: 'end',
  stack: { kafka: true, writers: 2, builders: 2 },
  async inflict(site) {
    const { writers, builders, gateways } = site.stack;
    for (const service of [...writers, ...builders, ...gateways]) {
      await service.stop();
      site.struck();
      await service.start();
      await site.progress(BETWEEN_KILLS_WRITES);
    }
  },
};
