import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@ledgerflow/platform/log';
import { expectNoLoggedSecrets, ServiceProcess } from '../../services/e2e/stack/service.ts';
import { until } from '../../services/e2e/stack/wait.ts';
import { API_VERSION, PROJECTION_REBUILDS, type ProjectionRebuild } from '../src/api/v1alpha1/index.ts';
import { JOB_SELECTOR } from '../src/controllers/projection-rebuild/index.ts';
import { ENVIRONMENT } from '../src/environment.ts';
import { KubeClient } from '../src/kube/client.ts';
import { Informer } from '../src/kube/informer.ts';
import { type Job, JOBS, type KubeObject } from '../src/kube/resources.ts';
import { testMetrics } from '../src/kube/testing.ts';
import { createNamespace, createOperator, inPod, installDefinitions } from '../testing/cluster.ts';
import { type AuditedRequest, type ControlPlane, startControlPlane, type User } from '../testing/control-plane/index.ts';
import { Gateway } from './gateway.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const START_MS = 60_000;
const TEMPLATE = 'spec:\n  containers:\n    - { name: rebuild, image: ledgerflow/read-model-builder, command: [read-model-builder] }\n';

/** A control plane, the operator as its own process with its own rights and default settings, a stand-in for the gateway, and somebody who watches. */
export class Ground {
  readonly gateway = new Gateway();
  readonly rebuilds: Informer<ProjectionRebuild>;
  readonly jobs: Informer<Job>;
  readonly client: KubeClient;
  readonly namespace: string;
  /** Changes of Jobs that the watch told of. Each wakes the operator; how many the control plane makes of one Job depends on how fast it is. */
  jobChanges = 0;
  private readonly plane: ControlPlane;
  private readonly user: User;
  private readonly operator: ServiceProcess;
  /** Told of each change that the watches see. */
  private readonly listeners = new Set<() => void>();

  private constructor(plane: ControlPlane, namespace: string, user: User) {
    this.plane = plane;
    this.namespace = namespace;
    this.user = user;
    this.client = new KubeClient({ kubeConfig: plane.admin.kubeConfig, fieldManager: 'bench', requestTimeoutMs: 30_000 });
    const watch = { client: this.client, namespaces: [namespace], log: silentLogger };
    this.rebuilds = new Informer({
      ...watch,
      resource: PROJECTION_REBUILDS,
      metrics: testMetrics().metrics,
      onChange: () => this.tell(),
    });
    this.jobs = new Informer({
      ...watch,
      resource: JOBS,
      labelSelector: JOB_SELECTOR,
      metrics: testMetrics().metrics,
      onChange: (job) => {
        this.jobChanges += 1;
        this.gateway.saw(job);
        this.tell();
      },
    });
    const environment = {
      POD_NAME: 'bench',
      POD_NAMESPACE: namespace,
      WATCH_NAMESPACES: namespace,
      JOB_TEMPLATE_FILE: join(plane.dir, 'template.yaml'),
      GATEWAY_TOKEN_FILE: join(plane.dir, 'token'),
      OPS_HOST: '127.0.0.1',
      ...ENVIRONMENT,
    };
    this.operator = new ServiceProcess('k8s-operator', environment, join(plane.dir, 'operator.log'), MAIN);
  }

  static async open(): Promise<Ground> {
    const plane = await startControlPlane({ withController: true, withScheduler: true, withKwok: true });
    let ground: Ground | null = null;
    try {
      await installDefinitions(plane);
      const namespace = await createNamespace(plane, 'bench');
      ground = new Ground(plane, namespace, await createOperator(plane, [namespace]));
      await ground.start();
      return ground;
    } catch (error) {
      if (ground === null) await plane.stop();
      else await ground.close();
      throw error;
    }
  }

  private async start(): Promise<void> {
    await writeFile(join(this.plane.dir, 'template.yaml'), TEMPLATE);
    await writeFile(join(this.plane.dir, 'token'), 'a-token');
    await this.gateway.start();
    this.rebuilds.start();
    this.jobs.start();
    await Promise.all([this.rebuilds.synced(START_MS), this.jobs.synced(START_MS)]);
    await this.operator.start({ ...(await inPod(this.plane, this.user)), GATEWAY_URL: this.gateway.url });
    await until('the operator is at work', () => this.operator.logText().includes('"at work"'), START_MS);
  }

  async create(name: string, ledger: string, spec: Partial<ProjectionRebuild['spec']> = {}): Promise<void> {
    const object: KubeObject & { spec: object } = {
      apiVersion: API_VERSION,
      kind: 'ProjectionRebuild',
      metadata: { name, namespace: this.namespace },
      spec: { projection: 'account_summary', scope: { ledger }, ...spec },
    };
    await this.client.create(PROJECTION_REBUILDS, this.namespace, object as ProjectionRebuild);
  }

  async patch(name: string, change: object): Promise<void> {
    await this.client.patch(PROJECTION_REBUILDS, this.namespace, name, change);
  }

  /** Resolves, when the condition is true, with when it was seen to be (performance.now). Looks at each change a watch tells of; asks nobody. */
  async when(what: string, condition: () => boolean, deadlineMs: number): Promise<number> {
    if (condition()) return performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const look = (): void => {
      if (condition()) resolve(performance.now());
    };
    const timer = setTimeout(() => reject(new Error(`not in ${deadlineMs} ms: ${what}`)), deadlineMs);
    this.listeners.add(look);
    return promise.finally(() => {
      clearTimeout(timer);
      this.listeners.delete(look);
    });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  /** What the operator asked of the API server since a time. */
  async requests(since: Date): Promise<AuditedRequest[]> {
    return (await this.plane.auditLog(this.user.name)).filter(({ at }) => Date.parse(at) >= since.getTime());
  }

  /** Reconciles so far, of all controllers and outcomes. */
  async reconciles(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.operator.ports['ops']}/metrics`)).text();
    let sum = 0;
    for (const [, count] of text.matchAll(/^ledgerflow_operator_reconcile_seconds_count\{.*?\} (\d+)$/gm)) sum += Number(count);
    return sum;
  }

  /** Resident memory of the operator in MiB: now and at its highest. */
  async memory(): Promise<{ now: number; peak: number }> {
    const text = await readFile(`/proc/${this.operator.pid}/status`, 'utf8');
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1_024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  /** Processor time of the operator so far, in seconds. */
  async cpuSeconds(): Promise<number> {
    const fields = (await readFile(`/proc/${this.operator.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Lines of the operator's log at warning or above. */
  get complaints(): string[] {
    return this.operator.logText().split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line)); // prettier-ignore
  }

  async close(): Promise<void> {
    await this.operator.stop();
    await Promise.all([this.rebuilds.stop(), this.jobs.stop()]);
    await Promise.all([this.gateway.stop(), this.client.close()]);
    try {
      await expectNoLoggedSecrets([this.operator]);
    } finally {
      await this.plane.stop();
    }
  }
}
