import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@ledgerflow/local/postgres';
import { silentLogger } from '@ledgerflow/platform/log';
import { expectNoSecrets, secretsOf } from '@ledgerflow/platform/log/testing';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { stringify } from 'yaml';
import { CLI, environmentOf } from '../../services/e2e/stack/builder-commands.ts';
import type { ApiClient } from '../../services/e2e/stack/client.ts';
import { Stack } from '../../services/e2e/stack/stack.ts';
import { until } from '../../services/e2e/stack/wait.ts';
import {
  API_VERSION,
  END_PHASES,
  type Phase,
  PROJECTION_REBUILDS,
  type ProjectionRebuild,
  type ProjectionRebuildStatus,
} from '../src/api/v1alpha1/index.ts';
import { KubeClient } from '../src/kube/client.ts';
import { Informer } from '../src/kube/informer.ts';
import { type Job, JOBS } from '../src/kube/resources.ts';
import { testMetrics } from '../src/kube/testing.ts';
import { createNamespace, installDefinitions } from '../testing/cluster.ts';
import { type ControlPlane, startControlPlane } from '../testing/control-plane/index.ts';
import { Kubelet, type Run } from '../testing/kubelet.ts';
import { Replicas } from './replicas.ts';

export const LEDGER = 'books';
export const DEPOSITS = 600;
/** Records a second of a rebuild that something is done to in the middle: it takes a dozen seconds. */
export const SLOW = 50;
export const PROJECTION = 'account_summary';
export const WAIT_MS = 90_000;

interface Resources {
  folder: string;
  plane: ControlPlane;
  stack: Stack;
  namespace: string;
  admin: KubeClient;
  api: ApiClient;
  database: Pool;
}

/** A stack with a ledger, a control plane, a kubelet that runs the rebuilds' pods as real processes, two operators, and somebody who watches. */
export class Ground {
  readonly plane: ControlPlane;
  readonly stack: Stack;
  readonly namespace: string;
  readonly admin: KubeClient;
  readonly api: ApiClient;
  readonly database: Pool;
  readonly kubelet: Kubelet;
  readonly replicas: Replicas;
  readonly watching: Informer<ProjectionRebuild>;
  /** Every Job that there was, by name: the UIDs. */
  readonly jobs = new Map<string, Set<string>>();
  private readonly folder: string;
  private readonly watchingJobs: Informer<Job>;
  /** Every version of every object as the watch told of it. */
  private readonly seen: ProjectionRebuild[] = [];

  private constructor({ folder, plane, stack, namespace, admin, api, database }: Resources) {
    this.folder = folder;
    this.plane = plane;
    this.stack = stack;
    this.namespace = namespace;
    this.admin = admin;
    this.api = api;
    this.database = database;
    this.kubelet = new Kubelet(plane, namespace);
    this.replicas = new Replicas({ plane, namespace, admin, folder, gatewayUrl: stack.url });
    const watch = { client: admin, namespaces: [namespace], log: silentLogger };
    this.watching = new Informer({
      ...watch,
      resource: PROJECTION_REBUILDS,
      onChange: (object) => void this.seen.push(object),
      metrics: testMetrics().metrics,
    });
    this.watchingJobs = new Informer({
      ...watch,
      resource: JOBS,
      onChange: ({ metadata: { name, uid = '' } }) => void this.jobs.set(name, new Set([...(this.jobs.get(name) ?? []), uid])),
      metrics: testMetrics().metrics,
    });
  }

  static async open(): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-operator-'));
    const [port = 0] = await freePorts(1);
    // The gateway comes back at the same address.
    const environment = { 'admin-gateway': { HTTP_PORT: String(port), CONSISTENCY_WAIT_MS: '10000' } };
    const [plane, stack] = await Promise.all([startControlPlane({ withController: true }), Stack.start({ environment })]);
    await installDefinitions(plane);
    const ground = new Ground({
      folder,
      plane,
      stack,
      namespace: await createNamespace(plane),
      admin: new KubeClient({ kubeConfig: plane.admin.kubeConfig, fieldManager: 'test' }),
      api: await stack.client({ roles: ['admin'] }),
      database: createPool({ url: stack.urls.read, max: 1, applicationName: 'test', log: silentLogger }),
    });
    try {
      await ground.start();
      return ground;
    } catch (error) {
      await ground.close();
      throw error;
    }
  }

  private async start(): Promise<void> {
    const { api, stack, folder } = this;
    await this.kubelet.start();
    this.watching.start();
    this.watchingJobs.start();
    await api.seed(LEDGER, { hot: '0' });
    for (let i = 0; i < DEPOSITS; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, () => api.mustPost(`/ledgers/${LEDGER}/accounts/hot/deposits`, { amount: '0.01', currency: 'USD' })),
      );
    await writeFile(join(folder, 'token'), await stack.issuer.token({ roles: ['admin'], ledgers: ['*'], subject: 'operator' }));
    await writeFile(join(folder, 'template.yaml'), stringify(this.template()));
    for (const name of ['first', 'second']) await this.replicas.start(name);
  }

  /** The administrator's template: what an image would have as its command and environment, by its place on this machine. */
  private template(): object {
    const env = Object.entries(environmentOf(this.stack)).map(([name, value]) => ({ name, value }));
    const container = { name: 'rebuild', image: 'ledgerflow/read-model-builder', command: [process.execPath, CLI], env };
    return { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 30, containers: [container] } };
  }

  async create(name: string, spec: Partial<ProjectionRebuild['spec']>): Promise<ProjectionRebuild> {
    const object = {
      apiVersion: API_VERSION,
      kind: 'ProjectionRebuild',
      metadata: { name },
      spec: { projection: PROJECTION, scope: { ledger: LEDGER }, ...spec },
    };
    await this.plane.kubectl(['apply', '--namespace', this.namespace, '-f', '-'], { input: JSON.stringify(object) });
    const created = await this.admin.get(PROJECTION_REBUILDS, this.namespace, name);
    if (created === null) throw new Error(`${name} is not there`);
    return created;
  }

  statusOf(name: string): ProjectionRebuildStatus | undefined {
    return this.watching.get(this.namespace, name)?.status;
  }

  /** Each status that an object ever had. */
  historyOf(name: string): ProjectionRebuildStatus[] {
    return this.seen.filter(({ metadata }) => metadata.name === name).flatMap(({ status }) => (status === undefined ? [] : [status]));
  }

  /** Each phase that it came to, from when it was begun. */
  phasesOf(name: string): (string | undefined)[] {
    const phases = this.historyOf(name).map(({ phase }) => phase);
    return phases.filter((phase, i) => phase !== phases[i - 1] && phase !== 'Pending');
  }

  progressOf(name: string): number[] {
    return this.historyOf(name).map(({ progress = 0 }) => progress);
  }

  async inPhase(name: string, phase: Phase): Promise<ProjectionRebuildStatus> {
    return until(
      `${name} is ${phase}`,
      () => {
        this.kubelet.check();
        const status = this.statusOf(name);
        if (status?.phase !== undefined && END_PHASES.has(status.phase) && status.phase !== phase)
          return Promise.reject(new Error(`${name} is ${status.phase}: ${status.message}`));
        return status?.phase === phase ? status : null;
      },
      WAIT_MS,
    );
  }

  /** The object tells of progress, and most of the rebuild is still to be done. */
  async inTheMiddle(name: string): Promise<{ status: ProjectionRebuildStatus; run: Run }> {
    const status = await until(
      `${name} is in the middle`,
      () => {
        this.kubelet.check();
        const now = this.statusOf(name);
        return now !== undefined && (now.progress ?? 0) > 0 && now;
      },
      WAIT_MS,
    );
    const [run] = this.runsOf(name);
    if (status.phase !== 'Running' || status.progress! >= 60 || run === undefined)
      throw new Error(`${name} was not met in the middle: ${status.phase}, ${status.progress} %`);
    return { status, run };
  }

  /** The pods of its first attempt, the oldest first. */
  runsOf(name: string): Run[] {
    return this.kubelet.runs.filter(({ job }) => job === `${name}-1`);
  }

  /** Which rebuild each of them was for. */
  idsOf(name: string): (string | undefined)[] {
    return this.runsOf(name).map(({ command }) => command.find((argument) => argument.startsWith('--id='))?.slice('--id='.length));
  }

  /** The live one. */
  async generation(): Promise<number> {
    const { rows } = await this.database.query<{ generation: number }>(
      'select generation from read.projections p join read.checkpoints c using (ledger) where c.id = $1 and projection = $2',
      [LEDGER, PROJECTION],
    );
    return rows[0]!.generation;
  }

  async rowsOf(id: string): Promise<Record<string, unknown>> {
    return (await this.api.get(`/admin/projections/all/rebuilds/${id}`)).body;
  }

  async rebuildIds(): Promise<string[]> {
    const { body } = await this.api.get<{ data: { id: string }[] }>('/admin/projections/all/rebuilds?limit=100');
    return body.data.map(({ id }) => id);
  }

  async balance(): Promise<string> {
    return String((await this.api.get(`/ledgers/${LEDGER}/accounts/hot/balance`)).body['posted']);
  }

  /** What a test that failed left behind would keep the next one waiting. */
  async clear(): Promise<void> {
    for (const { metadata } of this.watching.list())
      await this.admin.delete(PROJECTION_REBUILDS, this.namespace, metadata.name, { propagationPolicy: 'Background' });
    await until('all objects are gone', () => this.watching.list().length === 0, WAIT_MS);
  }

  /** Throws when a log has a secret in it. */
  async close(): Promise<void> {
    const parts = [
      () => this.replicas.stop(),
      () => Promise.all([this.watching.stop(), this.watchingJobs.stop()]),
      () => this.kubelet.stop(),
      () => Promise.all([this.admin.close(), this.database.end()]),
      () => Promise.all([this.plane.stop(), this.stack.stop()]),
      () => rm(this.folder, { recursive: true, force: true }),
    ];
    const failures: unknown[] = [];
    for (const stop of parts) await stop().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
    expectNoSecrets(
      this.kubelet.runs.map(({ pod, output }) => ({ name: `log of ${pod}`, text: output })),
      secretsOf({ READ_DATABASE_URL: this.stack.urls.read }),
    );
  }
}
