import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { openSearchHome } from './distribution.ts';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 50;
const LOG_LINES_MAX = 60;
const PORT_ATTEMPTS_MAX = 3;
const JVM = [
  '-Xms256m',
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Djava.security.manager=allow',
  '-Dlog4j2.disable.jmx=true',
];
/** Without its native library the node takes less from the machine, and does not refuse to run as root, as it does where it listens to more than loopback. */
const NO_NATIVE_CODE = ['-Djna.nosys=true', '-Djna.noclasspath=true'];
/** Waits on a pipe from us. When we die, however we die, the pipe ends: the watcher kills the node and removes its data. */
const WATCHER = 'cat >/dev/null; kill -KILL "$1" 2>/dev/null; sleep 1; rm -rf "$2"';

const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** A real OpenSearch in one process; `kill` is SIGKILL, after which `restart` finds the same data. */
export interface RunningNode {
  url: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) => new Promise<number>((resolve) => server.listen(0, HOST, () => resolve((server.address() as AddressInfo).port))),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

class NodeProcess implements RunningNode {
  readonly url: string;
  private readonly dir: string;
  private readonly home: string;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private lines: string[] = [];

  constructor(home: string, dir: string, port: number) {
    this.home = home;
    this.dir = dir;
    this.url = `http://${HOST}:${port}`;
  }

  async restart(): Promise<void> {
    const paths = [`-Dopensearch.path.home=${this.home}`, `-Dopensearch.path.conf=${join(this.dir, 'config')}`];
    const args = [...JVM, ...NO_NATIVE_CODE, ...paths, '-cp', join(this.home, 'lib', '*'), 'org.opensearch.bootstrap.OpenSearch'];
    this.lines = [];
    const child = spawn('java', args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.exited = new Promise((resolve) => {
      child
        .once('close', () => resolve())
        .once('error', (error) => {
          this.lines.push(`java: ${error.message}`);
          resolve();
        });
    });
    const watcher = spawn('sh', ['-c', WATCHER, 'sh', String(child.pid), this.dir], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watcher.once('error', () => undefined);
    watcher.stdin.once('error', () => undefined);
    watcher.unref();
    void this.exited.then(() => {
      this.child = null;
      watcher.kill('SIGKILL');
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        if (this.lines.length > LOG_LINES_MAX) this.lines.shift();
      });
    }
    await this.untilReady();
  }

  private async untilReady(): Promise<void> {
    for (const deadline = Date.now() + READY_TIMEOUT_MS; !(await this.serves()); await delay(POLL_MS)) {
      if (this.child !== null && Date.now() < deadline) continue;
      await this.kill();
      throw new Error(`OpenSearch did not start. The end of its log:\n${this.lines.join('\n')}`);
    }
  }

  /** All primary shards of what it has are there. */
  private async serves(): Promise<boolean> {
    return fetch(`${this.url}/_cluster/health?wait_for_status=yellow&timeout=1s`, { signal: AbortSignal.timeout(5_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL') await this.exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function attempt(home: string, settings: Readonly<Record<string, string>>): Promise<RunningNode> {
  const dir = await mkdtemp(join(tmpdir(), 'ledgerflow-opensearch-'));
  const [port, transportPort] = await freePorts();
  const all: Record<string, string> = {
    'cluster.name': 'test',
    'discovery.type': 'single-node',
    'network.host': HOST,
    'http.port': String(port),
    'transport.port': String(transportPort),
    'path.data': join(dir, 'data'),
    'path.logs': join(dir, 'logs'),
    // Tests run where disks are as full as they are.
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    ...settings,
  };
  await mkdir(join(dir, 'config'));
  await writeFile(
    join(dir, 'config', 'opensearch.yml'),
    Object.entries(all)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  await writeFile(join(dir, 'config', 'log4j2.properties'), LOGGING);
  const node = new NodeProcess(home, dir, port);
  try {
    await node.restart();
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}

/** Starts OpenSearch on loopback, without security, with throw-away data: 4 s on a quiet machine, 250 MB. It dies with this process, however that ends. Needs Java 17 and, once, Maven. */
export async function startOpenSearch(settings: Readonly<Record<string, string>> = {}): Promise<RunningNode> {
  const home = await openSearchHome();
  for (let left = PORT_ATTEMPTS_MAX; ; left--) {
    try {
      return await attempt(home, settings);
    } catch (error) {
      if (left <= 1 || !/BindException|Address already in use/.test((error as Error).message)) throw error;
    }
  }
}
