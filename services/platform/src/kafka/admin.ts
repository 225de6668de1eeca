import kafkajs from 'kafkajs';
import type { Admin, Kafka } from 'kafkajs';
import type { Logger } from '../log/index.ts';
import { within } from './limits.ts';

const CALL_TIMEOUT_MS = 20_000;
const DISCONNECT_TIMEOUT_MS = 5_000;
/** The broker's own default.replication.factor. */
const REPLICATION_OF_BROKER = -1;

export interface TopicPlan {
  topic: string;
  partitions: number;
  /** The broker's default if absent. */
  replicationFactor?: number;
  configs?: Record<string, string>;
}

/** A topic that is there but can not be used as it is. */
export class TopicMismatchError extends Error {
  override name = 'TopicMismatchError';
}

/** A topic as the brokers have it. */
export interface TopicState {
  partitions: number;
  /** Of the partition that has fewest. */
  replicationFactor: number;
  /** Partitions with fewer replicas in sync than they have. */
  underReplicated: number;
  /** Replicas in sync of the partition that has fewest. */
  inSyncMin: number;
  configs: Readonly<Record<string, string>>;
}

export interface KafkaAdmin {
  /**
   * Creates what is missing; can run in many processes at once. A topic with another number of partitions is refused: partition = slot, and slots never change.
   * Other settings of an existing topic are the operator's; a difference is logged.
   */
  ensureTopics(plans: readonly TopicPlan[]): Promise<void>;
  /** null when there is no such topic. */
  partitionCount(topic: string): Promise<number | null>;
  /** With the values of these settings; null when there is no such topic. */
  describeTopic(topic: string, configNames: readonly string[]): Promise<TopicState | null>;
}

/** Each call has a connection of its own and is bounded in time: admin calls are rare, and an idle connection is one more that can go stale. */
export class BoundedAdmin implements KafkaAdmin {
  private readonly kafka: Kafka;
  private readonly log: Logger;

  constructor(kafka: Kafka, log: Logger) {
    this.kafka = kafka;
    this.log = log;
  }

  async ensureTopics(plans: readonly TopicPlan[]): Promise<void> {
    await this.call('creating topics', async (admin) => {
      for (const plan of plans) {
        if ((await countPartitions(admin, plan.topic)) === null) await create(admin, plan);
        const partitions = await countPartitions(admin, plan.topic);
        if (partitions !== null && partitions !== plan.partitions) {
          throw new TopicMismatchError(`topic ${plan.topic} has ${partitions} partitions, not ${plan.partitions}`);
        }
        await this.compareConfigs(admin, plan);
      }
    });
  }

  async partitionCount(topic: string): Promise<number | null> {
    return this.call(`reading topic ${topic}`, (admin) => countPartitions(admin, topic));
  }

  async describeTopic(topic: string, configNames: readonly string[]): Promise<TopicState | null> {
    return this.call(`reading topic ${topic}`, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return null;
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics[0]?.partitions ?? [];
      const entries = await readConfigs(admin, topic, configNames);
      return {
        partitions: partitions.length,
        replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length,
        inSyncMin: Math.min(...partitions.map(({ isr }) => isr.length)),
        configs: Object.fromEntries(entries),
      };
    });
  }

  private async compareConfigs(admin: Admin, plan: TopicPlan): Promise<void> {
    const names = Object.keys(plan.configs ?? {});
    if (names.length === 0) return;
    for (const [configName, configValue] of await readConfigs(admin, plan.topic, names)) {
      const wanted = plan.configs?.[configName];
      if (wanted !== undefined && wanted !== configValue)
        this.log.warn({ topic: plan.topic, setting: configName, value: configValue, wanted }, 'a topic has another setting than it should');
    }
  }

  private async call<T>(what: string, use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin({ retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 2_000 } });
    try {
      return await within(
        CALL_TIMEOUT_MS,
        what,
        admin.connect().then(() => use(admin)),
      );
    } finally {
      await within(DISCONNECT_TIMEOUT_MS, 'disconnecting', admin.disconnect()).catch((error: unknown) =>
        this.log.debug({ err: error }, 'a Kafka admin client did not disconnect cleanly'),
      );
    }
  }
}

async function readConfigs(admin: Admin, topic: string, configNames: readonly string[]): Promise<[name: string, value: string][]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [...configNames] }],
  });
  return (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]);
}

async function countPartitions(admin: Admin, topic: string): Promise<number | null> {
  // Asking for a topic that is not there fails by retrying for seconds; the list of names does not.
  if (!(await admin.listTopics()).includes(topic)) return null;
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  return topics[0]?.partitions.length ?? null;
}

async function create(admin: Admin, plan: TopicPlan): Promise<void> {
  const configEntries = Object.entries(plan.configs ?? {}).map(([name, value]) => ({ name, value }));
  // False when another process was first.
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: plan.topic,
        numPartitions: plan.partitions,
        replicationFactor: plan.replicationFactor ?? REPLICATION_OF_BROKER,
        configEntries,
      },
    ],
  });
}
