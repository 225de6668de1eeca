import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Logger } from '../log/index.ts';
import type { ConsumerLimits } from './consumer-limits.ts';
import { within } from './limits.ts';

const MAX_WAIT_MS = 200;
const FETCH_BYTES_MAX_PER_PARTITION = 4 * 1024 * 1024;
const FETCH_BYTES_MAX = 16 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 10_000;
/** The coordinator has given our partitions away, or is about to. */
const REVOKING_ERRORS = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'NOT_COORDINATOR_FOR_GROUP',
]);

export interface IncomingMessage {
  offset: bigint;
  key: string | null;
  value: Buffer | null;
  headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970, as the producer or the broker set it. */
  timestampMs: number;
}

export interface BatchContext {
  /** True as soon as the partition may be somebody else's: stop, write nothing more; nothing of the batch is committed then. */
  isStale(): boolean;
  /** Heartbeats are sent while a batch is handled; this sends one now if one is due. */
  heartbeat(): Promise<void>;
  /** Offset after the last message in the partition, as of this fetch. */
  highWatermark: bigint;
}

/** What a session needs of the consumer that supervises it. */
export interface SessionHost {
  topic: string;
  groupId: string;
  fromBeginning: boolean;
  partitionsConcurrentMax: number;
  batchCountMax: number;
  limits: ConsumerLimits;
  log: Logger;
  handleBatch(partition: number, messages: IncomingMessage[], context: BatchContext): Promise<void>;
  onAssigned(partitions: number[]): void;
  onRevoked(partitions: number[]): void;
  /** Runs one handler of a partition at a time, across sessions too: an abandoned session's handler may still be at work. */
  exclusively(partition: number, work: () => Promise<void>): Promise<void>;
}

/** What the group gave us between two rebalances. */
interface Assignment {
  partitions: number[];
  isRevoked: boolean;
}

/** One kafkajs consumer from its creation to its end; never restarted, never used again. */
export class ConsumerSession {
  joinedAt: number | null = null;
  /** Last proof that the coordinator knows us. */
  heartbeatAt = Date.now();
  /** Last answer of a broker to a fetch. kafkajs' own fetch event also comes when the fetch failed. */
  fetchedAt = Date.now();
  private readonly host: SessionHost;
  private readonly consumer: Consumer;
  private readonly ending = Promise.withResolvers<Error | null>();
  private started: Promise<void> = Promise.resolve();
  private assignment: Assignment | null = null;
  private isEnded = false;
  /** Handlers at work: when each began. */
  readonly handling = new Map<number, number>();

  constructor(kafka: Kafka, host: SessionHost) {
    this.host = host;
    const { limits } = host;
    this.consumer = kafka.consumer({
      groupId: host.groupId,
      sessionTimeout: limits.sessionTimeoutMs,
      rebalanceTimeout: limits.sessionTimeoutMs * 2,
      heartbeatInterval: limits.heartbeatIntervalMs,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: FETCH_BYTES_MAX_PER_PARTITION,
      maxBytes: FETCH_BYTES_MAX,
      allowAutoTopicCreation: false,
      // kafkajs restarts for ever after errors that it calls retriable and never after the others (its issues 1443, 1721): here it never does, the supervisor does.
      retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
    });
  }

  get partitions(): number[] {
    return this.assignment === null || this.assignment.isRevoked ? [] : this.assignment.partitions;
  }

  get isJoined(): boolean {
    return this.assignment !== null && !this.assignment.isRevoked && !this.isEnded;
  }

  /** Runs until it crashes or `end` is called; resolves with the reason, never rejects. */
  run(): Promise<Error | null> {
    const { consumer, host } = this;
    const { events } = consumer;
    consumer.on(events.CRASH, ({ payload }) => this.end(payload.error));
    consumer.on(events.REBALANCING, () => this.revoke());
    consumer.on(events.HEARTBEAT, () => {
      this.heartbeatAt = Date.now();
    });
    consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Fetch') this.fetchedAt = Date.now();
    });
    consumer.on(events.GROUP_JOIN, ({ payload }) => this.assign(payload.memberAssignment[host.topic] ?? []));
    this.started = this.start();
    this.started.catch((error: Error) => this.end(error));
    return this.ending.promise;
  }

  private async start(): Promise<void> {
    const { consumer, host } = this;
    await consumer.connect();
    await consumer.subscribe({ topics: [host.topic], fromBeginning: host.fromBeginning });
    if (this.isEnded) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: host.partitionsConcurrentMax,
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  /** From now on nothing is handled; the supervisor closes it. */
  end(reason: Error | null): void {
    this.isEnded = true;
    this.revoke();
    this.ending.resolve(reason);
  }

  /**
   * Leaves the group. kafkajs may go on consuming when it is disconnected before its run() has returned (its issue 1639), so that comes first; what does not end in
   * time is left behind: it handles nothing any more.
   */
  async close(): Promise<void> {
    this.end(null);
    const closing = this.started.catch(() => undefined).then(() => this.consumer.disconnect());
    await within(CLOSE_TIMEOUT_MS, 'disconnecting a consumer', closing).catch((error: unknown) => {
      this.host.log.warn({ err: error }, 'a Kafka consumer did not disconnect cleanly; it was left behind');
    });
  }

  private assign(partitions: number[]): void {
    this.revoke();
    if (this.isEnded) return;
    const now = Date.now();
    this.joinedAt ??= now;
    this.heartbeatAt = now;
    this.fetchedAt = now;
    this.assignment = { partitions: [...partitions].sort((a, b) => a - b), isRevoked: false };
    this.host.onAssigned(this.assignment.partitions);
  }

  private revoke(): void {
    if (this.assignment === null || this.assignment.isRevoked) return;
    this.assignment.isRevoked = true;
    this.host.onRevoked(this.assignment.partitions);
  }

  private isStale(assignment: Assignment): boolean {
    // A process that was suspended for longer than its session has lost its partitions, whatever it has heard so far.
    return this.isEnded || assignment.isRevoked || Date.now() - this.heartbeatAt > this.host.limits.sessionTimeoutMs;
  }

  /**
   * kafkajs hands out all batches of a fetch, also after a rebalance has begun (its issue 1046), and sends heartbeats only between batches. Here a batch belongs to
   * the assignment under which it begins; when that is revoked nothing more of it is handled, resolved or committed.
   */
  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch;
    const { assignment, host } = this;
    if (assignment === null || this.isStale(assignment) || !assignment.partitions.includes(partition)) return;
    let failure: Error | null = null;
    const beat = async (): Promise<void> => {
      try {
        await payload.heartbeat();
        // A revocation stays: kafkajs has to be told of it, or it would never join again.
        if (!assignment.isRevoked) failure = null;
      } catch (error) {
        failure = error as Error;
        if (REVOKING_ERRORS.has((error as { type?: string }).type ?? '')) this.revoke();
      }
    };
    const timer = setInterval(() => void beat(), Math.max(50, host.limits.heartbeatIntervalMs / 2));
    const isStale = (): boolean => !payload.isRunning() || this.isStale(assignment);
    this.handling.set(partition, Date.now());
    try {
      await host.exclusively(partition, () => this.handleChunks(payload, isStale, beat));
    } finally {
      clearInterval(timer);
      this.handling.delete(partition);
      this.fetchedAt = Date.now();
    }
    if (failure !== null) throw failure as Error;
  }

  private async handleChunks(payload: EachBatchPayload, isStale: () => boolean, heartbeat: () => Promise<void>): Promise<void> {
    const { batch } = payload;
    const { host } = this;
    const context: BatchContext = { isStale, heartbeat, highWatermark: BigInt(batch.highWatermark) };
    for (let from = 0; from < batch.messages.length; from += host.batchCountMax) {
      if (isStale()) return;
      const chunk = batch.messages.slice(from, from + host.batchCountMax);
      await host.handleBatch(batch.partition, chunk.map(incoming), context);
      if (isStale()) return;
      const last = chunk[chunk.length - 1] as KafkaMessage;
      payload.resolveOffset(last.offset);
      const offset = (BigInt(last.offset) + 1n).toString();
      await payload.commitOffsetsIfNecessary({ topics: [{ topic: batch.topic, partitions: [{ partition: batch.partition, offset }] }] });
      await heartbeat();
    }
  }
}

function incoming(message: KafkaMessage): IncomingMessage {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const single = Array.isArray(value) ? value[0] : value;
    if (single !== undefined) headers[name] = single.toString();
  }
  return {
    offset: BigInt(message.offset),
    key: message.key?.toString() ?? null,
    value: message.value,
    headers,
    timestampMs: Number(message.timestamp),
  };
}
