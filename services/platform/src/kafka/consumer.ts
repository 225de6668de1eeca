import type { Kafka } from 'kafkajs';
import type { Verdict } from '../health/index.ts';
import type { Logger } from '../log/index.ts';
import { ConsumerSession } from './consumer-session.ts';
import type { BatchContext, IncomingMessage, SessionHost } from './consumer-session.ts';
import { DEFAULT_LIMITS } from './consumer-limits.ts';
import type { ConsumerLimits } from './consumer-limits.ts';
import { backOffMs, reasonOf } from './limits.ts';
import type { KafkaMetrics } from './metrics.ts';

const WATCH_INTERVAL_MS = 250;
const RESTARTS_KEPT_MAX = 100;
const PARTITIONS_CONCURRENT_MAX = 4;
const BATCH_COUNT_MAX = 500;
const STOP_TIMEOUT_MS = 15_000;

export interface ConsumerOptions {
  groupId: string;
  topic: string;
  /** Where a group without committed offsets begins; true by default. Offsets are hints: the handler knows what it has applied. */
  fromBeginning?: boolean;
  /**
   * Gets the messages of one partition in order, one call a partition at a time. Returning commits them (as a hint); throwing has them fetched again. It has to look
   * at `isStale` before it makes anything durable.
   */
  handleBatch(partition: number, messages: IncomingMessage[], context: BatchContext): Promise<void>;
  onAssigned?(partitions: number[]): void;
  onRevoked?(partitions: number[]): void;
  partitionsConcurrentMax?: number;
  /** Messages a call of handleBatch at most. */
  batchCountMax?: number;
  limits?: Partial<ConsumerLimits>;
}

export interface KafkaConsumer {
  /** Begins to join and to consume; never fails: see health. */
  start(): void;
  /** Red, with the reason, while it does not consume. */
  health(): Verdict;
  /** Partitions that it has now. */
  partitions(): number[];
  /** How often it had to be recreated. */
  restarts(): number;
  /** Leaves the group; bounded. */
  stop(): Promise<void>;
}

/** Recreates crashed or stalled consumers for ever, with bounded back-off, and never looks healthy while nothing is consumed. */
export class SupervisedConsumer implements KafkaConsumer {
  private readonly kafka: Kafka;
  private readonly log: Logger;
  private readonly metrics: KafkaMetrics;
  private readonly limits: ConsumerLimits;
  private readonly host: SessionHost;
  private session: ConsumerSession | null = null;
  private loop: Promise<void> | null = null;
  private isStopping = false;
  private wake: () => void = () => undefined;
  /** Why there is no session now. */
  private downReason: string | null = 'not started';
  private unjoinedSince = Date.now();
  private readonly restartTimes: number[] = [];
  private restartCount = 0;
  private readonly failing = new Map<number, string>();
  private readonly tails = new Map<number, Promise<void>>();

  constructor(kafka: Kafka, log: Logger, metrics: KafkaMetrics, options: ConsumerOptions) {
    this.kafka = kafka;
    this.log = log;
    this.metrics = metrics;
    metrics.consumerHealth(options.groupId, () => this.health().ok);
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.host = {
      topic: options.topic,
      groupId: options.groupId,
      fromBeginning: options.fromBeginning ?? true,
      partitionsConcurrentMax: options.partitionsConcurrentMax ?? PARTITIONS_CONCURRENT_MAX,
      batchCountMax: options.batchCountMax ?? BATCH_COUNT_MAX,
      limits: this.limits,
      log,
      handleBatch: (partition, messages, context) => this.handle(options, partition, messages, context),
      onAssigned: (partitions) => {
        log.info({ partitions }, 'Kafka partitions assigned');
        this.failing.clear();
        options.onAssigned?.(partitions);
      },
      onRevoked: (partitions) => {
        this.unjoinedSince = Date.now();
        for (const partition of partitions) metrics.forgetLag(options.groupId, partition);
        options.onRevoked?.(partitions);
      },
      exclusively: (partition, work) => this.exclusively(partition, work),
    };
  }

  start(): void {
    if (this.loop !== null) return;
    this.downReason = null;
    this.loop = this.supervise();
  }

  partitions(): number[] {
    return this.session?.partitions ?? [];
  }

  restarts(): number {
    return this.restartCount;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.session?.end(null);
    this.wake();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    await Promise.race([this.loop, limit]);
    clearTimeout(timer);
    this.downReason = 'stopped';
  }

  health(): Verdict {
    const reason = this.trouble();
    return reason === null ? { ok: true } : { ok: false, reason: `Kafka consumer ${this.host.groupId}: ${reason}` };
  }

  private trouble(): string | null {
    const now = Date.now();
    const { session, limits } = this;
    if (session === null) return this.downReason ?? 'not running';
    if (session.joinedAt === null) return this.downReason ?? 'joining the group';
    if (!session.isJoined && now - this.unjoinedSince > limits.quietLimitMs)
      return `no partitions for ${now - this.unjoinedSince} ms: rejoining the group`;
    const quiet = this.quietMs(session, now);
    if (quiet > limits.quietLimitMs) return `no answered fetch or heartbeat for ${quiet} ms`;
    for (const [partition, reason] of this.failing) return `handling partition ${partition} fails: ${reason}`;
    for (const [partition, since] of session.handling) {
      if (now - since > limits.batchLimitMs) return `one batch of partition ${partition} has been handled for ${now - since} ms`;
    }
    const recent = this.restartTimes.filter((time) => now - time < limits.restartWindowMs).length;
    if (recent > limits.restartsMax) return `restarted ${recent} times within ${limits.restartWindowMs} ms`;
    return null;
  }

  /** Fetches pause while batches are handled, and a member without partitions has none: then heartbeats are the proof of life. */
  private quietMs(session: ConsumerSession, now: number): number {
    const isFetching = session.handling.size === 0 && session.partitions.length > 0;
    return now - (isFetching ? Math.min(session.fetchedAt, session.heartbeatAt + this.limits.heartbeatIntervalMs) : session.heartbeatAt);
  }

  private async supervise(): Promise<void> {
    let failures = 0;
    while (!this.isStopping) {
      const session = new ConsumerSession(this.kafka, this.host);
      this.session = session;
      this.unjoinedSince = Date.now();
      const watch = setInterval(() => this.watch(session), WATCH_INTERVAL_MS);
      const reason = await session.run();
      clearInterval(watch);
      this.downReason = `crashed: ${reasonOf(reason ?? 'ended')}`;
      this.session = null;
      await session.close();
      if (this.isStopping) return;
      const wasStable = session.joinedAt !== null && Date.now() - session.joinedAt > this.limits.restartWindowMs;
      failures = wasStable ? 1 : failures + 1;
      this.noteRestart();
      const delayMs = backOffMs(failures, this.limits.restartDelayMinMs, this.limits.restartDelayMaxMs);
      this.log.error({ err: reason, failures, delayMs }, 'the Kafka consumer crashed; it is recreated');
      await this.pause(delayMs);
    }
  }

  private watch(session: ConsumerSession): void {
    const now = Date.now();
    const { stallLimitMs } = this.limits;
    if (!session.isJoined) {
      if (now - this.unjoinedSince > stallLimitMs) session.end(new Error(`stalled: did not join the group within ${stallLimitMs} ms`));
    } else if (this.quietMs(session, now) > stallLimitMs) {
      session.end(new Error(`stalled: no answered fetch or heartbeat for ${stallLimitMs} ms`));
    }
  }

  private noteRestart(): void {
    this.restartCount++;
    this.metrics.consumerRestarted(this.host.groupId);
    this.restartTimes.push(Date.now());
    if (this.restartTimes.length > RESTARTS_KEPT_MAX) this.restartTimes.shift();
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async handle(options: ConsumerOptions, partition: number, messages: IncomingMessage[], context: BatchContext): Promise<void> {
    try {
      await options.handleBatch(partition, messages, context);
      this.failing.delete(partition);
      const last = messages[messages.length - 1];
      if (last !== undefined && !context.isStale())
        this.metrics.consumerLag(options.groupId, partition, Number(context.highWatermark - last.offset - 1n));
    } catch (error) {
      this.failing.set(partition, reasonOf(error));
      this.log.error(
        { err: error, partition, offset: messages[0]?.offset.toString() },
        'a batch could not be handled; it is fetched again',
      );
      throw error;
    }
  }

  private async exclusively(partition: number, work: () => Promise<void>): Promise<void> {
    const before = this.tails.get(partition) ?? Promise.resolve();
    const mine = before.then(work);
    const tail = mine.catch(() => undefined);
    this.tails.set(partition, tail);
    try {
      await mine;
    } finally {
      if (this.tails.get(partition) === tail) this.tails.delete(partition);
    }
  }
}
