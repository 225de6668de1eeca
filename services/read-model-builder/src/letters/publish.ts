import { slotOf } from '@ledgerflow/contracts';
import type { KafkaAdmin, KafkaProducer } from '@ledgerflow/platform/kafka';
import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';

export const DEAD_LETTERS_TOPIC = 'ledgerflow.dlq.v1';
const INTERVAL_MS = 1_000;
/** Few, because each may be as large as a record is allowed to be. */
const BATCH_MAX = 20;
/** Of the topic: a record of the largest size, and what is said of it. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

interface Row {
  id: string;
  ledger: string;
  position: string;
  accounts: number[];
  projections: string[];
  error: string | null;
  record: string;
  parked_at: Date;
}

export interface PublishOptions {
  pool: Pool;
  producer: KafkaProducer;
  admin: KafkaAdmin;
  slots: number;
  log: Logger;
  intervalMs?: number;
}

/**
 * Tells Kafka of every parked record (topic ledgerflow.dlq.v1, key = ledger), at least once: a row is marked after the brokers have it. For those who watch; what is repaired is the
 * table. Kafka away: the rows wait for it.
 */
export class DeadLetterPublisher {
  private readonly options: PublishOptions;
  private readonly loop: Periodic;
  private isTopicThere = false;

  constructor(options: PublishOptions) {
    this.options = options;
    this.loop = new Periodic(() => this.publishAll(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => {
        this.isTopicThere = false;
        options.log.warn({ err: error }, 'parked records could not be published; trying again');
      },
    });
  }

  start(): void {
    this.loop.wake();
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  private async publishAll(): Promise<void> {
    while (!this.loop.isStopped && (await this.publish()) === BATCH_MAX);
  }

  private async ensureTopic(): Promise<void> {
    if (this.isTopicThere) return;
    const { admin, slots } = this.options;
    await admin.ensureTopics([
      { topic: DEAD_LETTERS_TOPIC, partitions: slots, configs: { 'max.message.bytes': String(MESSAGE_BYTES_MAX) } },
    ]);
    this.isTopicThere = true;
  }

  private async publish(): Promise<number> {
    const { pool, producer, slots } = this.options;
    const { rows } = await pool.query<Row>(
      `select d.id, c.id as ledger, d.position, d.accounts, d.projections, d.error, d.record, d.parked_at
       from read.dead_letters d join read.checkpoints c on c.ledger = d.ledger where d.published_at is null order by d.id limit ${BATCH_MAX}`,
    );
    if (rows.length === 0) return 0;
    // Not before there is anything to tell: a deployment whose records are all well needs no such topic.
    await this.ensureTopic();
    await producer.sendBatch(
      DEAD_LETTERS_TOPIC,
      rows.map((row) => ({
        partition: slotOf(row.ledger, slots),
        key: row.ledger,
        value: JSON.stringify({
          id: row.id,
          ledger: row.ledger,
          position: row.position,
          accounts: row.accounts,
          projections: row.projections,
          error: row.error,
          parkedAt: row.parked_at.toISOString(),
          record: row.record,
        }),
      })),
    );
    await pool.query('update read.dead_letters set published_at = clock_timestamp() where id = any($1::bigint[])', [
      rows.map(({ id }) => id),
    ]);
    return rows.length;
  }
}
