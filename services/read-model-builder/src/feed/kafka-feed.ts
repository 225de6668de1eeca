import { isId, RECORDS_TOPIC } from '@ledgerflow/contracts';
import type { Verdict } from '@ledgerflow/platform/health';
import type { BatchContext, IncomingMessage, KafkaClient, KafkaConsumer } from '@ledgerflow/platform/kafka';
import type { Logger } from '@ledgerflow/platform/log';
import type { Applied, Applier } from '../apply/applier.ts';
import type { Feed } from './feed.ts';
import type { Refiller } from './read-log.ts';

export interface KafkaFeedOptions {
  kafka: KafkaClient;
  groupId: string;
  applier: Applier;
  refiller: Refiller;
  batchCountMax: number;
  log: Logger;
  topic?: string;
  onApplied: (applied: Applied, seconds: number) => void;
  onDismissed: (count: number) => void;
}

/**
 * Consumes the records' topic. Messages and offsets are hints: what does not fit on top of a checkpoint makes the log be read, and the log decides. So duplicates, gaps, junk
 * and a topic whose retention has passed change nothing but the way the records come.
 */
export class KafkaFeed implements Feed {
  private readonly options: KafkaFeedOptions;
  private readonly consumer: KafkaConsumer;

  constructor(options: KafkaFeedOptions) {
    this.options = options;
    this.consumer = options.kafka.consumer({
      groupId: options.groupId,
      topic: options.topic ?? RECORDS_TOPIC,
      fromBeginning: true,
      batchCountMax: options.batchCountMax,
      handleBatch: (_partition, messages, context) => this.handle(messages, context),
    });
  }

  start(): void {
    this.consumer.start();
  }

  health(): Verdict {
    return this.consumer.health();
  }

  stop(): Promise<void> {
    return this.consumer.stop();
  }

  /** Throwing has the messages fetched again; returning commits their offsets. */
  private async handle(messages: readonly IncomingMessage[], context: BatchContext): Promise<void> {
    const { applier, refiller, log, onApplied, onDismissed } = this.options;
    const records = messages.flatMap(({ key, value }) =>
      key === null || value === null || !isId(key) ? [] : [{ ledger: key, text: value.toString('utf8') }],
    );
    if (records.length < messages.length) onDismissed(messages.length - records.length);
    if (records.length === 0 || context.isStale()) return;
    const began = performance.now();
    const applied = await applier.apply(records, 'hint');
    onApplied(applied, (performance.now() - began) / 1000);
    if (applied.refill.size === 0) return;
    for (const [ledger, reason] of applied.refill) {
      if (context.isStale()) return;
      log.warn({ ledger, reason }, 'messages do not fit; the log is read from the checkpoint');
      await refiller.refill(ledger);
      await context.heartbeat();
    }
    // Now the messages are duplicates, or (a second hole in the batch) fit on; what still does not is not in the log.
    const again = records.filter(({ ledger }) => applied.refill.has(ledger));
    const rest = await applier.apply(again, 'hint');
    onApplied(rest, 0);
    if (rest.refill.size > 0) {
      onDismissed(rest.refill.size);
      log.error({ ledgers: [...rest.refill.keys()] }, 'messages that are not in the log were dismissed');
    }
  }
}
