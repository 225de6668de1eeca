import { appendFileSync, existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestPostgres, freePorts, type TestPostgres, type TestPostgresOptions } from '@ledgerflow/local/postgres';
import { kafkaJars } from '../kafka/distribution.ts';
import { type RunningKafka, startKafka } from '../kafka/index.ts';
import type { TestIssuer } from './issuer.ts';
import { Links } from './links.ts';

export interface StackKafka {
  brokers?: 1 | 3;
  /** By default a temporary folder. */
  dataDir?: string;
}

export interface PartsOptions {
  kafka?: boolean | StackKafka;
  postgres?: TestPostgresOptions;
  /** The read model on a PostgreSQL of its own, as in production. */
  readPostgres?: boolean;
  /** A TCP proxy between each two parts; one broker at most then. */
  links?: boolean;
}

/** What a stack stands on. */
export interface Parts {
  postgres: TestPostgres;
  /** The server of the read model: the same one unless it has its own. */
  readPostgres: TestPostgres;
  kafka: RunningKafka | null;
  /** KAFKA_BROKERS of each service that uses it. */
  brokers: { relay: string; builder: string } | null;
  links: Links | null;
}

/** Through the links, when there are any, each by a listener of its own: clients of Kafka go where the broker tells them to. */
async function startBroker(
  { brokers, dataDir }: StackKafka,
  links: Links | null,
  folder: string,
): Promise<{ kafka: RunningKafka; brokers: Parts['brokers'] }> {
  const common = {
    logFile: join(folder, 'kafka.log'),
    ...(brokers === undefined ? {} : { brokers }),
    ...(dataDir === undefined ? {} : { dataDir }),
  };
  if (links === null) {
    const kafka = await startKafka(common);
    return { kafka, brokers: { relay: kafka.brokers.join(','), builder: kafka.brokers.join(',') } };
  }
  const [relayPort = 0, builderPort = 0] = await freePorts(2);
  const relay = await links.route('relay-kafka', relayPort);
  const builder = await links.route('builder-kafka', builderPort);
  const listeners = [
    { name: 'RELAY', port: relayPort, advertisedPort: relay },
    { name: 'BUILDER', port: builderPort, advertisedPort: builder },
  ];
  const kafka = await startKafka({ ...common, listeners });
  return { kafka, brokers: { relay: `127.0.0.1:${relay}`, builder: `127.0.0.1:${builder}` } };
}

/** Its log is in the stack's folder, where all logs are looked at for secrets at the end. */
function logging(options: TestPostgresOptions = {}, folder: string, name: string): TestPostgresOptions {
  const log = (line: string): void => {
    // It may say a last word when the folder is gone.
    if (existsSync(folder)) appendFileSync(join(folder, `${name}.log`), `${line}\n`);
    options.log?.(line);
  };
  return { ...options, log };
}

/** All or none: what started is stopped again, and `folder` removed, when another part does not. Without Java and Maven nothing is started. */
export async function startParts(options: PartsOptions, issuer: TestIssuer, folder: string): Promise<Parts> {
  const links = options.links === true ? new Links() : null;
  const wanted = options.kafka === true ? {} : options.kafka === false ? undefined : options.kafka;
  const stops: (() => Promise<unknown>)[] = [() => links?.close() ?? Promise.resolve()];
  const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    stops.push(() => part.stop());
    return part;
  };
  try {
    if (wanted !== undefined) await kafkaJars();
    const broker = wanted === undefined ? null : startBroker(wanted, links, folder);
    const starting = [
      kept(createTestPostgres(logging(options.postgres, folder, 'postgres'))),
      options.readPostgres === true ? kept(createTestPostgres(logging({}, folder, 'read-postgres'))) : Promise.resolve(null),
      broker === null ? Promise.resolve(null) : kept(broker.then(({ kafka }) => kafka)),
      issuer.start().then(() => stops.push(() => issuer.stop())),
    ] as const;
    const failed = (await Promise.allSettled(starting)).find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const [postgres, readPostgres, kafka] = await Promise.all(starting);
    return { postgres, readPostgres: readPostgres ?? postgres, kafka, brokers: (await broker)?.brokers ?? null, links };
  } catch (error) {
    await Promise.all(stops.map((stop) => stop()));
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
