// The names of a CommonJS package are not all seen by Node's ES module loader; its default export is.
import kafkajs from 'kafkajs';
import type { logLevel } from 'kafkajs';
import type { Logger } from '../log/index.ts';
import type { Registry } from '../metrics/index.ts';
import { BoundedAdmin } from './admin.ts';
import type { KafkaAdmin } from './admin.ts';
import { SupervisedConsumer } from './consumer.ts';
import type { ConsumerOptions, KafkaConsumer } from './consumer.ts';
import { kafkaMetrics, noMetrics } from './metrics.ts';
import { GuardedProducer } from './producer.ts';
import type { KafkaProducer, ProducerOptions } from './producer.ts';
import { quietRequestQueues } from './request-queue.ts';

export { TopicMismatchError, type KafkaAdmin, type TopicPlan, type TopicState } from './admin.ts';
export { createBreaker, BreakerOpenError, type Breaker, type BreakerOptions, type BreakerState } from './breaker.ts';
export { cloudEventHeaders, type RecordIdentity } from './cloud-events.ts';
export { type ConsumerLimits } from './consumer-limits.ts';
export { type ConsumerOptions, type KafkaConsumer } from './consumer.ts';
export { type BatchContext, type IncomingMessage } from './consumer-session.ts';
export { isTooLarge, isTopicMissing, KafkaTimeoutError } from './limits.ts';
export { type KafkaProducer, type OutgoingMessage, type ProducerOptions } from './producer.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 8_000;

export interface KafkaOptions {
  /** host:port, at least one. */
  brokers: readonly string[];
  clientId: string;
  log: Logger;
  /** TLS to the brokers, server certificates checked against the system's authorities. */
  ssl?: boolean;
  metrics?: Registry;
  /** How long one request may take; a send is several when it is retried. */
  requestTimeoutMs?: number;
}

export interface KafkaClient {
  producer(options?: ProducerOptions): KafkaProducer;
  consumer(options: ConsumerOptions): KafkaConsumer;
  admin(): KafkaAdmin;
}

/** kafkajs calls every transient failure an error; what really failed is said by our modules, so its lines rank one lower. */
function logCreator(log: Logger) {
  return () => (entry: { level: logLevel; namespace: string; log: { message: string; [field: string]: unknown } }) => {
    const { message, error, broker, groupId } = entry.log;
    const fields = { kafkajs: entry.namespace, error, broker, groupId };
    if (entry.level === kafkajs.logLevel.ERROR) log.warn(fields, message);
    else if (entry.level === kafkajs.logLevel.WARN) log.info(fields, message);
    else log.debug(fields, message);
  };
}

/**
 * The only door to Kafka. kafkajs does the protocol; this module guards what it leaves open: bounded waits, producers that start afresh after a failure, consumers
 * that are supervised from outside and turn red when they do nothing. Nothing connects before it is used.
 */
export function createKafka(options: KafkaOptions): KafkaClient {
  quietRequestQueues();
  const { log } = options;
  const metrics = options.metrics === undefined ? noMetrics : kafkaMetrics(options.metrics);
  const kafka = new kafkajs.Kafka({
    clientId: options.clientId,
    brokers: [...options.brokers],
    ssl: options.ssl ?? false,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    // Explicit, because kafkajs has other defaults when NODE_ENV is test.
    retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2 },
    logLevel: log.isLevelEnabled('debug') ? kafkajs.logLevel.INFO : kafkajs.logLevel.WARN,
    logCreator: logCreator(log),
  });
  return {
    producer: (producerOptions) => new GuardedProducer(kafka, log.child({ part: 'kafka-producer' }), metrics, producerOptions),
    consumer: (consumerOptions) =>
      new SupervisedConsumer(kafka, log.child({ part: 'kafka-consumer', groupId: consumerOptions.groupId }), metrics, consumerOptions),
    admin: () => new BoundedAdmin(kafka, log.child({ part: 'kafka-admin' })),
  };
}
