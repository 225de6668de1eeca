import { createLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { KubeClient } from '../../kube/client.ts';
import { kubeAccess } from '../../kube/access.ts';
import type { KubeObject, Resource } from '../../kube/resources.ts';
import { Leader } from '../leader.ts';
import { operatorMetrics } from '../metrics.ts';

/**
 * A process that leads when it can and writes as long as it does, without a pause: each writer its own ConfigMap. It is a pod's service account. argv: namespace, name of the Lease, identity, host and port of the API server, folder of the service account.
 * Says `leading` and `lost` on standard output; ends with 3 when the leadership was lost, with 0 after SIGTERM.
 */
const [namespace = '', name = '', identity = '', host = '', port = '', folder = ''] = process.argv.slice(2);
const WRITERS = 4;
const WRITE_TIMEOUT_MS = 1_000;
export const LEASE = { leaseMs: 5_000, renewMs: 1_000, retryMs: 500 };

const CONFIG_MAPS: Resource<KubeObject & { data?: Record<string, string> }> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const log = createLogger('candidate', 'silent');
const metrics = operatorMetrics(new Registry());
const requests = {
  kubeConfig: await kubeAccess({ SERVICE_ACCOUNT_FOLDER: folder, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port }),
  fieldManager: 'test',
  requestTimeoutMs: WRITE_TIMEOUT_MS,
};
const leader = new Leader({ client: new KubeClient(requests), namespace, name, identity, ...LEASE, log, metrics });
const client = new KubeClient({ ...requests, beforeWrite: (timeoutMs) => leader.beforeWrite(timeoutMs) });
const say = (word: string): void => void process.stdout.write(`${word}\n`);

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const metadata = { namespace, name: `${identity}-${writer}` };
    // A refused or failed write is not the point here: the next one follows.
    await client
      .apply(CONFIG_MAPS, { apiVersion: CONFIG_MAPS.apiVersion, kind: CONFIG_MAPS.kind, metadata, data: { n: `${n}` } } as KubeObject)
      .catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

process.on('SIGTERM', () => void leader.stop().then(() => process.exit(0)));
void leader.lost.then(() => {
  say('lost');
  process.exit(3);
});
leader.start();
say('ready');
await leader.untilLeader();
say('leading');
for (let writer = 0; writer < WRITERS; writer++) void write(writer);
