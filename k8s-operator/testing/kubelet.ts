import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '../src/kube/resources.ts';
import type { ApiAnswer, ControlPlane } from './control-plane/index.ts';

const NODE = 'real-node';
const LOOK_MS = 50;
const HEARTBEAT_MS = 10_000;
const LAST_WORDS_MAX = 20_000;
/** The API server may be away: a test kills it. */
const AWAY_MAX_MS = 90_000;

/** Nobody answered: as a kubelet it tries again. */
class AwayError extends Error {}

/** The one container of a pod, run as a process of this machine. */
export interface Run {
  pod: string;
  job: string;
  command: readonly string[];
  child: ChildProcess;
  /** What it wrote last. */
  output: string;
  /** As Kubernetes counts: 128 and the signal's number for one that was killed. Null while it runs. */
  exitCode: number | null;
}

interface Known extends Run {
  isTold: boolean;
  isReported: boolean;
}

/**
 * Plays the kubelet of one node for the pods of a namespace: binds each, runs the command, arguments and environment of its container, and of nothing else, as a real
 * process, and sets the pod's status from it. A pod that is deleted gets SIGTERM, SIGKILL after its grace period, and is gone when its process has ended.
 */
export class Kubelet {
  private readonly plane: ControlPlane;
  private readonly namespace: string;
  private readonly known = new Map<string, Known>();
  private readonly stopping = new AbortController();
  private looking: Promise<void> | null = null;
  private beatAt = 0;
  private failure: Error | null = null;

  constructor(plane: ControlPlane, namespace: string) {
    this.plane = plane;
    this.namespace = namespace;
  }

  /** All pods so far, the oldest first. */
  get runs(): readonly Run[] {
    return [...this.known.values()];
  }

  async start(): Promise<void> {
    await this.must('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
    this.looking = this.look();
    this.looking.catch((error: Error) => (this.failure = error));
  }

  /** Throws what ended it before its time. */
  check(): void {
    if (this.failure !== null) throw this.failure;
  }

  /** Ends the processes that are left; throws what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const left = [...this.known.values()].filter(({ exitCode }) => exitCode === null);
    const ends = left.map(({ child }) => once(child, 'close'));
    for (const { child } of left) child.kill('SIGKILL');
    await Promise.all(ends);
    await this.looking;
  }

  private async look(): Promise<void> {
    let heardAt = performance.now();
    while (!this.stopping.signal.aborted) {
      try {
        if (performance.now() >= this.beatAt) await this.beat();
        const { body } = await this.must('GET', `/api/v1/namespaces/${this.namespace}/pods`);
        for (const pod of (body as { items: Pod[] }).items) await this.serve(pod);
        heardAt = performance.now();
      } catch (error) {
        if (!(error instanceof AwayError) || performance.now() - heardAt > AWAY_MAX_MS) throw error;
      }
      await delay(LOOK_MS);
    }
  }

  private async beat(): Promise<void> {
    const at = new Date().toISOString();
    const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastHeartbeatTime: at, lastTransitionTime: at };
    await this.must('PATCH', `/api/v1/nodes/${NODE}/status`, { status: { conditions: [ready] } });
    this.beatAt = performance.now() + HEARTBEAT_MS;
  }

  private async serve(pod: Pod): Promise<void> {
    const { uid = '', deletionTimestamp } = pod.metadata;
    const run = this.known.get(uid);
    if (run === undefined) {
      if (pod.spec?.nodeName === undefined) return this.bind(pod);
      if (deletionTimestamp === undefined) return this.begin(pod);
      await this.setStatus(pod, { phase: 'Failed', reason: 'Deleted' });
      return this.remove(pod);
    }
    if (run.exitCode === null) {
      if (deletionTimestamp === undefined) return;
      if (!run.isTold) run.child.kill('SIGTERM');
      run.isTold = true;
      if (Date.now() >= Date.parse(deletionTimestamp)) run.child.kill('SIGKILL');
      return;
    }
    if (!run.isReported) {
      const { exitCode } = run;
      const terminated = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: new Date().toISOString() };
      await this.setStatus(pod, { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [statusOf(pod, { terminated })] });
      run.isReported = true;
    }
    if (deletionTimestamp !== undefined) await this.remove(pod);
  }

  private async bind(pod: Pod): Promise<void> {
    const { name } = pod.metadata;
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { apiVersion: 'v1', kind: 'Node', name: NODE } };
    await this.may('POST', `${this.path(pod)}/binding`, body);
  }

  private async begin(pod: Pod): Promise<void> {
    const [container] = pod.spec?.containers ?? [];
    const command = [...(container?.command ?? []), ...(container?.args ?? [])];
    const [program = '', ...args] = command;
    const environment = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value ?? '']));
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const { name, uid = '', labels = {} } = pod.metadata;
    const job = (labels as Record<string, string>)['batch.kubernetes.io/job-name'] ?? '';
    const run: Known = { pod: name, job, command, child, output: '', exitCode: null, isTold: false, isReported: false };
    this.known.set(uid, run);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (run.output = (run.output + chunk.toString()).slice(-LAST_WORDS_MAX)));
    child.once('error', (error) => (run.output += error.message));
    child.once('close', (code, signal) => (run.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)));
    const running = { startedAt: new Date().toISOString() };
    await this.setStatus(pod, { phase: 'Running', startTime: running.startedAt, containerStatuses: [statusOf(pod, { running })] });
  }

  private async setStatus(pod: Pod, status: object): Promise<void> {
    await this.may('PATCH', `${this.path(pod)}/status`, { metadata: { uid: pod.metadata.uid }, status });
  }

  private async remove(pod: Pod): Promise<void> {
    await this.may('DELETE', this.path(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  }

  private path({ metadata }: Pod): string {
    return `/api/v1/namespaces/${this.namespace}/pods/${metadata.name}`;
  }

  /** The pod may be gone, or another one, by now. */
  private async may(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<void> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300 && answer.status !== 404 && answer.status !== 409)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  private async must(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<ApiAnswer> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  private async ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<ApiAnswer> {
    const contentType = method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {};
    const answer = await this.plane.request({ method, path, body, ...contentType });
    // A server that is just starting knows no rights yet.
    if (answer.status === 0 || answer.status >= 500 || answer.status === 403)
      throw new AwayError(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

function statusOf(pod: Pod, state: object): object {
  const [container] = pod.spec?.containers ?? [];
  return { name: container?.name, image: container?.image, imageID: '', ready: 'running' in state, restartCount: 0, state };
}
