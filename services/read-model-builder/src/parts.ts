import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Health } from '@ledgerflow/platform/health';
import type { KafkaClient } from '@ledgerflow/platform/kafka';
import type { Stoppable } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import type { Pool } from '@ledgerflow/platform/postgres';
import type { Projection } from '@ledgerflow/read-model/projections';
import { Applier } from './apply/applier.ts';
import { retryStopped } from './apply/checkpoints.ts';
import type { Feed } from './feed/feed.ts';
import { KafkaFeed } from './feed/kafka-feed.ts';
import { LogFeed } from './feed/log-feed.ts';
import { LogReader } from './feed/log-reader.ts';
import { Refiller } from './feed/read-log.ts';
import { CatchUp } from './catch-up/catch-up.ts';
import { DeadLetterPublisher } from './letters/publish.ts';
import { Repairs } from './letters/repairs.ts';
import { builderMetrics } from './watch/metrics.ts';
import { ParkedWatch } from './watch/parked.ts';
import { Sweep } from './watch/sweep.ts';

export interface BuilderOptions {
  pool: Pool;
  /** The pool's database, to listen for repairs that are asked for. */
  url?: string;
  channels: WriterChannels;
  /** With it the Kafka feed, else the log feed. */
  kafka: { client: KafkaClient; groupId: string; topic?: string } | null;
  slots: number;
  lanes: number;
  batchCountMax: number;
  batchBytesMax: number;
  deadLettersMax: number;
  /** Seconds that a record may be parked before health and a metric complain. */
  deadLetterAgeMaxSeconds: number;
  health: Health;
  metrics: Registry;
  log: Logger;
  sweepIntervalMs?: number;
  catchUpIntervalMs?: number;
  repairsIntervalMs?: number;
  /** Default: all of the registry. */
  projections?: readonly Projection[];
}

/** A Kafka message call hands over so many messages at most; a transaction takes what one call brings. */
const KAFKA_BATCH_COUNT_MAX = 2_000;

/** The builder between its resources: the one apply path, its feed and the sweep; started, registered with health and metrics, and named for stopping. */
export async function startBuilder(options: BuilderOptions, parts: Stoppable): Promise<{ sweep: Sweep; feed: Feed }> {
  const { pool, channels, slots, lanes, batchCountMax, batchBytesMax, health, log } = options;
  const metrics = builderMetrics(options.metrics);
  const retried = await retryStopped(pool);
  if (retried.length > 0) log.info({ ledgers: retried }, 'stopped ledgers are tried again');
  const applier = new Applier({ pool, slots, deadLettersMax: options.deadLettersMax, log, projections: options.projections });
  const reader = new LogReader({ channels });
  const refiller = new Refiller({ applier, reader, batchCountMax, batchBytesMax, onRecords: (count) => metrics.refilled(count) });
  const onApplied = metrics.applied;
  const feed: Feed =
    options.kafka === null
      ? new LogFeed({ applier, refiller, channels, slots, lanes, batchCountMax, batchBytesMax, log, onApplied })
      : new KafkaFeed({
          kafka: options.kafka.client,
          groupId: options.kafka.groupId,
          topic: options.kafka.topic,
          applier,
          refiller,
          batchCountMax: Math.min(batchCountMax, KAFKA_BATCH_COUNT_MAX),
          log,
          onApplied,
          onDismissed: (count) => metrics.dismissed(count),
        });
  const sweep = new Sweep({
    applier,
    refiller,
    channels,
    slots,
    log,
    intervalMs: options.sweepIntervalMs,
    onCheckpoints: (checkpoints) => feed.saw?.(checkpoints),
  });
  metrics.watch(sweep);
  health.register('feed', () => feed.health());
  health.register('heads', () => sweep.health());
  health.register('ledgers', () => sweep.ledgersHealth());
  const { projections } = options;
  const catchUp = new CatchUp({ pool, reader, batchCountMax, log, projections, intervalMs: options.catchUpIntervalMs });
  const repairs = new Repairs({ pool, url: options.url, log, projections, intervalMs: options.repairsIntervalMs });
  if (options.kafka !== null) {
    const producer = options.kafka.client.producer();
    const publisher = new DeadLetterPublisher({ pool, producer, admin: options.kafka.client.admin(), slots, log });
    publisher.start();
    health.register('dead letter publisher', () => publisher.health());
    parts.add('dead letter producer', () => producer.close());
    parts.add('dead letter publisher', () => publisher.stop());
  }
  const parkedWatch = new ParkedWatch({
    pool,
    log,
    deadLettersMax: options.deadLettersMax,
    ageMaxSeconds: options.deadLetterAgeMaxSeconds,
  });
  metrics.watchParked(parkedWatch);
  parkedWatch.start();
  parts.add('parked records', () => parkedWatch.stop());
  health.register('parked records', () => parkedWatch.health());
  health.register('catch-up', () => catchUp.health());
  feed.start();
  sweep.start();
  catchUp.start();
  await repairs.start();
  // Stopped from the last to the first: the feed and the sweep both wait for refills, so those end before them.
  parts.add('repairs', () => repairs.stop());
  parts.add('feed', () => feed.stop());
  parts.add('sweep', () => sweep.stop());
  parts.add('catch-up', () => catchUp.stop());
  parts.add('refills', () => refiller.stop());
  return { sweep, feed };
}
