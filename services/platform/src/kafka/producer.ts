import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka, Message, Producer } from 'kafkajs';
import type { Verdict } from '../health/index.ts';
import type { Logger } from '../log/index.ts';
import { backOffMs, reasonOf, within } from './limits.ts';
import type { KafkaMetrics } from './metrics.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** How long the broker may take to have the in-sync replicas acknowledge. */
const ACKNOWLEDGE_TIMEOUT_MS = 5_000;
const RECREATE_MIN_MS = 100;
const RECREATE_MAX_MS = 5_000;
const ACKS_ALL = -1;

export interface OutgoingMessage {
  partition: number;
  key: string;
  value: string;
  headers?: Record<string, string>;
}

export interface KafkaProducer {
  /**
   * Sends the messages, in order per partition, and returns when all in-sync replicas have them. Bounded in time. After an error it is unknown which partitions
   * have them: send the same again before anything that has to come after.
   */
  sendBatch(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  health(): Verdict;
  close(): Promise<void>;
}

/** One kafkajs producer with its producer id. */
interface Generation {
  producer: Producer;
  inFlight: number;
  isRetired: boolean;
  isDisconnected: boolean;
}

export interface ProducerOptions {
  sendTimeoutMs?: number;
}

/**
 * kafkajs' idempotent producer is correct only with one request in flight (its issue 598) and only as long as nothing fails for good: after a failed send it takes
 * the sequence numbers back, and if the broker had stored the batch after all, the next batch of that size is taken for its repetition and dropped, and send()
 * reports success (seen with a broker that was suspended past the request time-out). So any failed send retires the producer: the next send gets a new producer id, and sends in flight elsewhere may finish on the old one.
 */
export class GuardedProducer implements KafkaProducer {
  private readonly kafka: Kafka;
  private readonly log: Logger;
  private readonly metrics: KafkaMetrics;
  private readonly sendTimeoutMs: number;
  private current: Promise<Generation> | null = null;
  /** The generation that `current` resolved to. */
  private live: Generation | null = null;
  private failures = 0;
  private lastError: string | null = 'not connected yet';
  private isClosed = false;
  private readonly closing = new Set<Promise<void>>();

  constructor(kafka: Kafka, log: Logger, metrics: KafkaMetrics, options: ProducerOptions = {}) {
    this.kafka = kafka;
    this.log = log;
    this.metrics = metrics;
    this.sendTimeoutMs = options.sendTimeoutMs ?? SEND_TIMEOUT_MS;
  }

  async sendBatch(topic: string, messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.isClosed) throw new Error('the Kafka producer is closed');
    if (messages.length === 0) return;
    const outgoing: Message[] = messages.map(({ partition, key, value, headers }) => ({ partition, key, value, headers }));
    let generation: Generation | null = null;
    let isLate = false;
    const send = async (): Promise<void> => {
      generation = await this.acquire();
      if (isLate) return;
      generation.inFlight++;
      try {
        await generation.producer.send({ topic, acks: ACKS_ALL, timeout: ACKNOWLEDGE_TIMEOUT_MS, messages: outgoing });
      } finally {
        generation.inFlight--;
        this.disconnectIfDone(generation);
      }
    };
    try {
      await within(this.sendTimeoutMs, `sending to ${topic}`, send());
      this.failures = 0;
      this.lastError = null;
    } catch (error) {
      isLate = true;
      this.metrics.sendFailed();
      this.failures++;
      this.lastError = reasonOf(error);
      if (generation !== null) this.retire(generation);
      throw error;
    }
  }

  health(): Verdict {
    return this.lastError === null ? { ok: true } : { ok: false, reason: `Kafka producer: ${this.lastError}` };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.current?.catch(() => null);
    if (this.live !== null) {
      this.live.inFlight = 0;
      this.retire(this.live);
    }
    await Promise.all(this.closing);
  }

  private acquire(): Promise<Generation> {
    if (this.current === null) {
      const opening = this.open();
      this.current = opening;
      opening.catch((error: unknown) => {
        this.failures++;
        this.lastError = reasonOf(error);
        if (this.current === opening) this.current = null;
      });
    }
    return this.current;
  }

  private async open(): Promise<Generation> {
    await delay(backOffMs(this.failures, RECREATE_MIN_MS, RECREATE_MAX_MS));
    if (this.isClosed) throw new Error('the Kafka producer is closed');
    const producer = this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => chosenPartition,
      // Retried by kafkajs with the same sequence numbers; whatever is left goes to the caller.
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    try {
      await within(CONNECT_TIMEOUT_MS, 'connecting the producer', producer.connect());
    } catch (error) {
      this.disconnect(producer);
      throw error;
    }
    this.metrics.producerCreated();
    this.live = { producer, inFlight: 0, isRetired: false, isDisconnected: false };
    return this.live;
  }

  private retire(generation: Generation): void {
    generation.isRetired = true;
    if (this.live === generation) {
      this.live = null;
      this.current = null;
    }
    this.disconnectIfDone(generation);
  }

  private disconnectIfDone(generation: Generation): void {
    if (!generation.isRetired || generation.inFlight > 0 || generation.isDisconnected) return;
    generation.isDisconnected = true;
    this.disconnect(generation.producer);
  }

  private disconnect(producer: Producer): void {
    const leaving: Promise<void> = within(CLOSE_TIMEOUT_MS, 'disconnecting a producer', producer.disconnect())
      .catch((error: unknown) => this.log.debug({ err: error }, 'a Kafka producer did not disconnect cleanly'))
      .finally(() => this.closing.delete(leaving));
    this.closing.add(leaving);
  }
}

/** The caller chooses the partition, always: slot = partition is part of the contract, a hash of the key is not. */
function chosenPartition({ message }: { message: Message }): number {
  if (message.partition === undefined || message.partition === null) throw new TypeError('a message without a partition');
  return message.partition;
}
