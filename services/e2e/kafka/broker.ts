import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 90_000;
const FORMAT_TIMEOUT_MS = 60_000;
const TERM_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const LOG_LINES_MAX = 60;
const STARTED_LINE = 'Kafka Server started';
const JVM = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
/** Warnings only, but for the one line that says that the broker is unfenced and serves. */
const LOGGING = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info'];
/** Waits on a pipe from us. When we die, however we die, the pipe ends: the watcher kills the broker and removes its throw-away data. */
const WATCHER = 'cat >/dev/null; kill -KILL "$1" 2>/dev/null; if [ -n "$2" ]; then sleep 1; rm -rf "$2"; fi';

export interface BrokerPlan {
  /** From 1. */
  nodeId: number;
  port: number;
  controllerPort: number;
  dir: string;
  /** All members of the controller quorum, this one included. */
  voters: readonly { nodeId: number; controllerPort: number }[];
  jars: string;
  clusterId: string;
  /** Removed when this process dies without stopping the broker; null for a folder that the caller owns. */
  throwAwayDir: string | null;
  logFile: string | null;
  /** Further listeners for clients that are to come by another way. */
  listeners: readonly BrokerListener[];
}

/** A client that connects through this listener is told `advertisedPort` as the broker's port. */
export interface BrokerListener {
  /** Capital letters. */
  name: string;
  port: number;
  advertisedPort: number;
}

function properties(plan: BrokerPlan): string {
  const brokers = plan.voters.length;
  const more = (address: (listener: BrokerListener) => string): string => plan.listeners.map((one) => `,${address(one)}`).join('');
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': plan.nodeId,
    'controller.quorum.voters': plan.voters.map((v) => `${v.nodeId}@${HOST}:${v.controllerPort}`).join(','),
    listeners: `PLAINTEXT://${HOST}:${plan.port},CONTROLLER://${HOST}:${plan.controllerPort}${more(({ name, port }) => `${name}://${HOST}:${port}`)}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${plan.port}${more(({ name, advertisedPort }) => `${name}://${HOST}:${advertisedPort}`)}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${more(({ name }) => `${name}:PLAINTEXT`)}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(plan.dir, 'data'),
    'auto.create.topics.enable': false,
    'default.replication.factor': brokers,
    'min.insync.replicas': brokers === 1 ? 1 : 2,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': brokers,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': brokers,
    'transaction.state.log.min.isr': brokers === 1 ? 1 : 2,
    'group.initial.rebalance.delay.ms': 0,
    // Tests run groups with short sessions, and a killed broker has to be missed and taken back soon.
    'group.min.session.timeout.ms': 1000,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}

/** One broker process: format its data folder, start, wait, signal, start again. */
export class Broker {
  readonly plan: BrokerPlan;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private ending: string | null = null;
  private lines: string[] = [];
  private started = false;

  constructor(plan: BrokerPlan) {
    this.plan = plan;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Returns when the process that runs now has ended, with how it did. */
  async untilExit(): Promise<string> {
    await this.exited;
    return this.ending ?? 'not started';
  }

  async prepare(): Promise<void> {
    const { plan } = this;
    await mkdir(plan.dir, { recursive: true });
    const file = join(plan.dir, 'server.properties');
    await writeFile(file, properties(plan));
    const isFormatted = await access(join(plan.dir, 'data', 'meta.properties')).then(
      () => true,
      () => false,
    );
    if (isFormatted) return;
    const args = [...JVM, ...LOGGING, '-cp', join(plan.jars, '*'), 'kafka.tools.StorageTool', 'format', '-t', plan.clusterId, '-c', file];
    await run('java', args, { timeout: FORMAT_TIMEOUT_MS }).catch((error: Error & { stderr?: string; stdout?: string }) => {
      throw new Error(`formatting Kafka's data folder failed: ${error.stderr ?? ''}${error.stdout ?? ''}${error.message}`);
    });
  }

  /** Starts the process and returns when it serves. A process that ends or stays silent instead fails with the last lines of its log. */
  async start(): Promise<void> {
    if (this.child !== null) throw new Error(`broker ${this.plan.nodeId} runs already`);
    const { plan } = this;
    this.lines = [];
    this.started = false;
    const args = [...JVM, ...LOGGING, '-cp', join(plan.jars, '*'), 'kafka.Kafka', join(plan.dir, 'server.properties')];
    const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: plan.dir });
    this.child = child;
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.ending = how;
        resolve();
      };
      child
        .once('close', (code, signal) => end(signal === null ? `exit code ${code}` : signal))
        .once('error', (error) => end(error.message));
    });
    const watcher = child.pid === undefined ? null : this.watch(child.pid);
    void this.exited.then(() => {
      this.child = null;
      watcher?.kill('SIGKILL');
    });
    this.keepLog(child);
    await this.untilReady();
  }

  private watch(pid: number): ChildProcess {
    const watcher = spawn('sh', ['-c', WATCHER, 'sh', String(pid), this.plan.throwAwayDir ?? ''], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watcher.once('error', () => undefined);
    watcher.stdin?.once('error', () => undefined);
    watcher.unref();
    return watcher;
  }

  private keepLog(child: ChildProcess): void {
    const file = this.plan.logFile === null ? null : createWriteStream(this.plan.logFile, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        file?.write(`[${this.plan.nodeId}] ${line}\n`);
        this.started ||= line.includes(STARTED_LINE);
        this.lines.push(line);
        if (this.lines.length > LOG_LINES_MAX) this.lines.shift();
      });
    }
    void this.exited.then(() => file?.end());
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(this.started && (await accepts(this.plan.port)))) {
      const isLate = Date.now() > deadline;
      if (this.child !== null && !isLate) {
        await delay(POLL_MS);
        continue;
      }
      await this.stop(true);
      const why = isLate ? `was not ready within ${READY_TIMEOUT_MS} ms` : 'ended while it started';
      throw new Error(`Kafka broker ${this.plan.nodeId} ${why}. The end of its log:\n${this.lines.join('\n')}`);
    }
  }

  /** Sends a signal; after SIGKILL and SIGTERM it waits for the end of the process. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.exited;
  }

  /** A clean shutdown for data that is kept; for throw-away data, or when that takes too long, SIGKILL. */
  async stop(isAbrupt: boolean): Promise<void> {
    if (this.child === null) return;
    if (!isAbrupt) {
      this.child.kill('SIGTERM');
      await Promise.race([this.exited, delay(TERM_TIMEOUT_MS, undefined, { ref: false })]);
    }
    this.child?.kill('SIGKILL');
    await this.exited;
  }
}
