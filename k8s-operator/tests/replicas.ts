import { join } from 'node:path';
import { expectNoLoggedSecrets, ServiceProcess } from '../../services/e2e/stack/service.ts';
import { until } from '../../services/e2e/stack/wait.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { LEASES } from '../src/kube/resources.ts';
import { createOperator, inPod } from '../testing/cluster.ts';
import type { AuditedRequest, ControlPlane, User } from '../testing/control-plane/index.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const LEASE_SECONDS = 6;
const RESTARTS_MAX = 10;
const WAIT_MS = 90_000;

/** One of the operator's processes, with an account of its own: the audit log tells them apart. */
export interface Replica {
  name: string;
  account: User;
  process: ServiceProcess;
  /** Each time that it ended. */
  ends: { code: number | null; at: number }[];
}

export interface ReplicasOptions {
  plane: ControlPlane;
  namespace: string;
  admin: KubeClient;
  /** Where template.yaml and token are, and the logs shall be. */
  folder: string;
  gatewayUrl: string;
}

/** The operator's processes. One that ends is started again, as a kubelet would. */
export class Replicas {
  private readonly options: ReplicasOptions;
  private readonly all = new Map<string, Replica>();
  private isOver = false;

  constructor(options: ReplicasOptions) {
    this.options = options;
  }

  /** Returns when it is ready, whether or not it leads. */
  async start(name: string): Promise<void> {
    const { plane, namespace, folder, gatewayUrl } = this.options;
    const account = await createOperator(plane, [namespace], { name: `operator-${name}` });
    const environment = {
      ...(await inPod(plane, account)),
      POD_NAME: name,
      POD_NAMESPACE: namespace,
      WATCH_NAMESPACES: namespace,
      LEASE_SECONDS: String(LEASE_SECONDS),
      JOB_TEMPLATE_FILE: join(folder, 'template.yaml'),
      GATEWAY_URL: gatewayUrl,
      GATEWAY_TOKEN_FILE: join(folder, 'token'),
      POLL_INTERVAL_MS: '200',
      OPS_HOST: '127.0.0.1',
    };
    const process = new ServiceProcess('k8s-operator', environment, join(folder, `${name}.log`), MAIN);
    const replica: Replica = { name, account, process, ends: [] };
    this.all.set(name, replica);
    await process.start();
    void this.keepGoing(replica);
  }

  private async keepGoing({ process, ends }: Replica): Promise<void> {
    while (ends.length < RESTARTS_MAX) {
      const { code } = await process.ended();
      if (this.isOver) return;
      ends.push({ code, at: Date.now() });
      await process.restart().catch(() => undefined);
    }
  }

  get accounts(): User[] {
    return [...this.all.values()].map(({ account }) => account);
  }

  /** Who leads: its name and a part that is another one after each start; empty: nobody. */
  async holder(): Promise<string> {
    const { admin, namespace } = this.options;
    return (await admin.get(LEASES, namespace, 'ledgerflow-operator'))?.spec?.holderIdentity ?? '';
  }

  async leaderAndOther(): Promise<{ identity: string; leader: Replica; other: Replica }> {
    const identity = await until('somebody leads', async () => (await this.holder()) || null, WAIT_MS);
    const leader = this.all.get(identity.split('_')[0]!)!;
    const other = [...this.all.values()].find((one) => one !== leader)!;
    return { identity, leader, other };
  }

  /** What a replica would have changed, other than the lease, since a time. */
  async writesOf({ account }: Replica, since: number): Promise<AuditedRequest[]> {
    const isWrite = ({ verb, resource, at }: AuditedRequest): boolean =>
      !['get', 'list', 'watch'].includes(verb) && resource !== 'leases' && Date.parse(at) >= since;
    return (await this.options.plane.auditLog(account.name)).filter(isWrite);
  }

  /** Throws when one has logged a secret: the token for the gateway, or that of its account. */
  async stop(): Promise<void> {
    this.isOver = true;
    const processes = [...this.all.values()].map(({ process }) => process);
    await Promise.all(processes.map((process) => process.stop()));
    await expectNoLoggedSecrets(processes);
  }
}
