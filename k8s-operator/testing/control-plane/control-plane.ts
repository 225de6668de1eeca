import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '@ledgerflow/local/postgres';
import { Api } from './api.ts';
import type { ApiAnswer, ApiRequest } from './api.ts';
import { readAuditLog } from './audit.ts';
import type { AuditedRequest } from './audit.ts';
import { apiServerPlan, controllerManagerPlan, etcdPlan, kwokPlan, layoutOf, prepareFiles, readAuthority, schedulerPlan } from './plan.ts';
import type { Layout } from './plan.ts';
import { nodes, NODES } from './nodes.ts';
import { ensurePrograms, programPath } from './programs.ts';
import type { Program } from './programs.ts';
import { Service } from './service.ts';
import { newTokens, writeUser } from './users.ts';
import type { StaticUser, Tokens, User } from './users.ts';

const run = promisify(execFile);
const PORT_ATTEMPTS_MAX = 3;
const COMMAND_TIMEOUT_MS = 120_000;
const COMMAND_OUTPUT_MAX = 64 * 1_048_576;
const TOKEN_SECONDS = 86_400;
export interface ControlPlaneOptions {
  /** The controllers of Jobs, Deployments, garbage collection, … Without it a pod needs no service account, and an object's dependants stay. */
  withController?: boolean;
  /** Binds pods to nodes. */
  withScheduler?: boolean;
  /** Two nodes in two zones on which pods run, and those of Jobs finish, unless `finishesJobs` is false. Nothing is really run. */
  withKwok?: boolean | { finishesJobs: boolean };
  /** Default on, as in production. Off: watches are answered by etcd, so that a compaction is felt at once. */
  watchCache?: boolean;
}

export interface CommandOptions {
  /** Standard input. */
  input?: string;
  /** Whose rights; the administrator's by default. */
  as?: User;
}

export interface ControlPlane {
  /** https://127.0.0.1:PORT; the same after a restart. */
  url: string;
  /** May do everything. */
  admin: User;
  /** A token of a service account that exists, with whatever rights it was bound to. Throws when there is none of that name. */
  serviceAccount(namespace: string, name: string): Promise<User>;
  /** A plain request as a user; the administrator by default. Status 0 when nobody answers. */
  request(request: Omit<ApiRequest, 'token'>, as?: User): Promise<ApiAnswer>;
  /** kill -9 of the API server; etcd and the others stay. */
  stopApiServer(): Promise<void>;
  /** Starts it again on the same port and data, after killing it if it runs; returns when it serves. */
  restartApiServer(): Promise<void>;
  /** Forgets everything but the newest version of each object, and says up to which revision. */
  compactEtcd(): Promise<string>;
  /** Every request that was answered or is being watched, of one user if one is named. */
  auditLog(user?: string): Promise<AuditedRequest[]>;
  /** Standard output; throws with standard error when the command fails. */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>;
  helm(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** Process ids by program. */
  pids(): Record<string, number | null>;
  /** Temporary folder; a place for a test's own files. */
  dir: string;
  /** Ends everything and removes the folder. Can be called more than once. */
  stop(): Promise<void>;
}

interface Parts {
  layout: Layout;
  tokens: Tokens;
  services: Service[];
}

/** The first two: nothing else works without them. */
async function startStore(dir: string, options: ControlPlaneOptions): Promise<Parts & { apiServer: Service; api: Api; authority: string }> {
  const tokens = newTokens();
  const [etcd = 0, etcdPeer = 0, api = 0] = await freePorts(3);
  const layout = layoutOf(dir, { etcd, etcdPeer, api });
  await prepareFiles(layout, tokens);
  const store = new Service(etcdPlan(layout));
  const url = `https://127.0.0.1:${api}`;
  const isReady = async (): Promise<boolean> => {
    const authority = await readAuthority(layout);
    if (authority === null) return false;
    // For this once: what is read before it is all there is no authority.
    const asked = new Api(url, authority);
    const { status } = await asked.call({ path: '/readyz', token: tokens.admin });
    asked.close();
    return status === 200;
  };
  const serverOptions = { watchCache: options.watchCache ?? true, serviceAccounts: options.withController ?? false };
  const apiServer = new Service(apiServerPlan(layout, serverOptions, isReady));
  try {
    await store.start();
    await apiServer.start();
    const authority = await readAuthority(layout);
    if (authority === null) throw new Error('the API server has no certificate');
    return { layout, tokens, services: [store, apiServer], apiServer, api: new Api(url, authority), authority };
  } catch (error) {
    await Promise.all([apiServer.kill(), store.kill()]);
    throw error;
  }
}

/** Somebody else may take a free port before we do. */
async function startStoreOnFreePorts(dir: string, options: ControlPlaneOptions): ReturnType<typeof startStore> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startStore(dir, options);
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      if (attempt === PORT_ATTEMPTS_MAX || !(error as Error).message.includes('address already in use')) throw error;
    }
  }
}

class Running implements ControlPlane {
  readonly url: string;
  readonly dir: string;
  readonly admin: User;
  private readonly store: Awaited<ReturnType<typeof startStore>>;

  constructor(store: Awaited<ReturnType<typeof startStore>>, admin: User) {
    this.store = store;
    this.dir = store.layout.dir;
    this.url = `https://127.0.0.1:${store.layout.ports.api}`;
    this.admin = admin;
  }

  async startOthers({ withController, withScheduler, withKwok }: ControlPlaneOptions): Promise<void> {
    const { layout } = this.store;
    if (withController) {
      const user = await this.user('system:kube-controller-manager');
      const hasDefaultAccount = async () =>
        (await this.request({ path: '/api/v1/namespaces/default/serviceaccounts/default' })).status === 200;
      await this.start(new Service(controllerManagerPlan(layout, user.kubeConfigFile, hasDefaultAccount)));
    }
    if (withScheduler) {
      const user = await this.user('system:kube-scheduler');
      await this.start(new Service(schedulerPlan(layout, user.kubeConfigFile)));
    }
    if (withKwok) {
      const user = await this.user('kwok');
      for (const node of nodes()) await this.request({ method: 'POST', path: '/api/v1/nodes', body: node });
      const finishesJobs = withKwok === true || withKwok.finishesJobs;
      await this.start(new Service(await kwokPlan(layout, user.kubeConfigFile, finishesJobs, () => this.nodesAreReady())));
    }
  }

  private async start(service: Service): Promise<void> {
    this.store.services.push(service);
    await service.start();
  }

  private async user(name: StaticUser): Promise<User> {
    return writeUser(this.dir, name, this.store.tokens[name], this.url, this.store.authority);
  }

  private async nodesAreReady(): Promise<boolean> {
    const { body } = await this.request({ path: '/api/v1/nodes' });
    const { items = [] } = body as {
      items?: { spec: { taints?: unknown[] }; status?: { conditions?: { type: string; status: string }[] } }[];
    };
    const isReady = (node: (typeof items)[number]): boolean =>
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true &&
      (node.spec.taints ?? []).length === 0;
    return items.length === NODES.length && items.every(isReady);
  }

  async serviceAccount(namespace: string, name: string): Promise<User> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: TOKEN_SECONDS } };
    const answer = await this.request({ method: 'POST', path, body });
    if (answer.status !== 201) throw new Error(`no token for service account ${namespace}/${name}: ${JSON.stringify(answer.body)}`);
    const { status } = answer.body as { status: { token: string } };
    return writeUser(this.dir, `system:serviceaccount:${namespace}:${name}`, status.token, this.url, this.store.authority);
  }

  async request(request: Omit<ApiRequest, 'token'>, as: User = this.admin): Promise<ApiAnswer> {
    return this.store.api.call({ ...request, token: as.token });
  }

  async stopApiServer(): Promise<void> {
    await this.store.apiServer.kill();
  }

  async restartApiServer(): Promise<void> {
    await this.store.apiServer.kill();
    await this.store.apiServer.start();
  }

  async compactEtcd(): Promise<string> {
    const post = async (path: string, body: object): Promise<{ header?: { revision: string }; message?: string }> => {
      const answer = await fetch(`http://127.0.0.1:${this.store.layout.ports.etcd}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      return (await answer.json()) as { header?: { revision: string }; message?: string };
    };
    const { header } = await post('maintenance/status', {});
    if (header === undefined) throw new Error('etcd does not tell its revision');
    const { message } = await post('kv/compaction', { revision: header.revision, physical: true });
    if (message !== undefined) throw new Error(`etcd did not compact: ${message}`);
    return header.revision;
  }

  async auditLog(user?: string): Promise<AuditedRequest[]> {
    return readAuditLog(this.store.layout.auditFile, user);
  }

  async kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return this.command('kubectl', args, options);
  }

  async helm(args: readonly string[], options?: CommandOptions): Promise<string> {
    return this.command('helm', args, options);
  }

  private async command(
    program: 'kubectl' | 'helm',
    args: readonly string[],
    { input, as = this.admin }: CommandOptions = {},
  ): Promise<string> {
    // Both keep caches and settings in the home folder.
    const environment = { PATH: process.env.PATH, HOME: join(this.dir, 'home'), KUBECONFIG: as.kubeConfigFile };
    const child = run(programPath(program), args, {
      env: environment,
      cwd: this.dir,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: COMMAND_OUTPUT_MAX,
    });
    child.child.stdin?.once('error', () => undefined).end(input);
    return child.then(
      ({ stdout }) => stdout,
      (error: Error & { stderr?: string; killed?: boolean }) => {
        const why = error.killed === true ? `took longer than ${COMMAND_TIMEOUT_MS} ms` : 'failed';
        throw new Error(`${program} ${args.join(' ')} ${why}: ${error.stderr ?? error.message}`);
      },
    );
  }

  pids(): Record<string, number | null> {
    return Object.fromEntries(this.store.services.map((service) => [service.plan.name, service.pid]));
  }

  async stop(): Promise<void> {
    this.store.api.close();
    await Promise.all(this.store.services.map((service) => service.kill()));
    await rm(this.dir, { recursive: true, force: true });
  }
}

function programsOf({ withController, withScheduler, withKwok }: ControlPlaneOptions): Program[] {
  return [
    'etcd',
    'kube-apiserver',
    'kubectl',
    'helm',
    ...(withController ? (['kube-controller-manager'] as const) : []),
    ...(withScheduler ? (['kube-scheduler'] as const) : []),
    ...(withKwok ? (['kwok', 'kwok-stages'] as const) : []),
  ];
}

/**
 * A real Kubernetes control plane on free ports of 127.0.0.1 and a temporary folder. Ends, and removes the folder, when this process ends, whichever way.
 * Makes the programs first when they are not in the cache yet, which takes minutes (ensurePrograms).
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  await ensurePrograms(programsOf(options));
  const dir = await mkdtemp(join(tmpdir(), 'ledgerflow-kubernetes-'));
  const store = await startStoreOnFreePorts(dir, options);
  const url = `https://127.0.0.1:${store.layout.ports.api}`;
  const running = new Running(store, await writeUser(dir, 'admin', store.tokens.admin, url, store.authority));
  try {
    await running.startOthers(options);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
