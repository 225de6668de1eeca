import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Broker } from './broker.ts';
import type { BrokerListener, BrokerPlan } from './broker.ts';
import { kafkaJars } from './distribution.ts';

export { KAFKA_VERSION, KafkaSetupError } from './distribution.ts';

/** How often a start on free ports is tried again when somebody else took one of them in between. */
const PORT_ATTEMPTS_MAX = 3;

export interface KafkaOptions {
  /** Port of the first broker; a free one by default. */
  port?: number;
  /** Keeps the data between starts. By default a temporary folder is made and removed. */
  dataDir?: string;
  /** Three replicate everything three times, with two in sync needed for an acknowledgement. */
  brokers?: 1 | 3;
  /** All output of the brokers is appended there. */
  logFile?: string;
  /** Further listeners of the first broker. */
  listeners?: readonly BrokerListener[];
}

export interface RunningKafka {
  /** host:port of each broker. */
  brokers: string[];
  /** Port of the first broker. */
  port: number;
  /** Process ids; null for a broker that does not run. */
  pids(): (number | null)[];
  /** Returns when one of the brokers that run now has ended, for whatever reason: which one and how. */
  untilExit(): Promise<string>;
  /** Where each broker has its files: server.properties and, below data, its logs. */
  folders: string[];
  /** Ends all brokers; removes the data unless it has its own folder. Can be called more than once. */
  stop(): Promise<void>;
  /** SIGKILL unless told otherwise; SIGSTOP and SIGCONT suspend and resume. */
  kill(index?: number, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a killed broker again on the same port and data; returns when it serves. */
  restart(index?: number): Promise<void>;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All are held at once, so that they differ.
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, fail) => {
          server.once('error', fail);
          server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** 16 bytes as Kafka writes them; a leading dash would be read as an option. */
function clusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

async function plans(options: KafkaOptions, jars: string, dir: string): Promise<BrokerPlan[]> {
  const count = options.brokers ?? 1;
  const ports = await freePorts(count * 2);
  const voters = Array.from({ length: count }, (_, i) => ({ nodeId: i + 1, controllerPort: ports[count + i] as number }));
  const id = clusterId();
  return voters.map(({ nodeId, controllerPort }, i) => ({
    nodeId,
    controllerPort,
    port: i === 0 && options.port !== undefined ? options.port : (ports[i] as number),
    dir: join(dir, `broker-${nodeId}`),
    voters,
    jars,
    clusterId: id,
    throwAwayDir: options.dataDir === undefined ? dir : null,
    logFile: options.logFile ?? null,
    listeners: i === 0 ? (options.listeners ?? []) : [],
  }));
}

async function attempt(options: KafkaOptions, jars: string): Promise<RunningKafka> {
  const isThrowAway = options.dataDir === undefined;
  const dir = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'ledgerflow-kafka-')) : resolve(options.dataDir);
  const brokers = (await plans(options, jars, dir)).map((plan) => new Broker(plan));
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop(isThrowAway)));
    if (isThrowAway) await rm(dir, { recursive: true, force: true });
  };
  const at = (index: number): Broker => {
    const broker = brokers[index];
    if (broker === undefined) throw new RangeError(`there is no broker ${index}`);
    return broker;
  };
  try {
    await Promise.all(brokers.map((broker) => broker.prepare()));
    const starts = await Promise.allSettled(brokers.map((broker) => broker.start()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    brokers: brokers.map(({ plan }) => `127.0.0.1:${plan.port}`),
    port: at(0).plan.port,
    folders: brokers.map(({ plan }) => plan.dir),
    pids: () => brokers.map((broker) => broker.pid),
    untilExit: () => Promise.race(brokers.map(async (broker) => `broker ${broker.plan.nodeId} ended (${await broker.untilExit()})`)),
    stop,
    kill: (index = 0, signal = 'SIGKILL') => at(index).signal(signal),
    restart: (index = 0) => at(index).start(),
  };
}

/**
 * Starts Apache Kafka (KRaft, broker and controller in one process) for tests and development; one broker takes 3–5 s. The brokers die with this process, however it
 * ends. Throws KafkaSetupError when Java or Maven is missing.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const jars = await kafkaJars();
  for (let left = PORT_ATTEMPTS_MAX; ; left--) {
    try {
      return await attempt(options, jars);
    } catch (error) {
      const isTaken = error instanceof Error && /BindException|Address already in use/.test(error.message);
      if (!isTaken || options.port !== undefined || left <= 1) throw error;
    }
  }
}
