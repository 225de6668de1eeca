import { slotOf } from '@ledgerflow/contracts';
import type { Verdict } from '@ledgerflow/platform/health';
import { isTooLarge, type KafkaAdmin, type KafkaProducer } from '@ledgerflow/platform/kafka';
import { Periodic } from '@ledgerflow/platform/lifecycle';
import type { Logger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';

export const DEAD_LETTERS_TOPIC = 'ledgerflow.dlq.v1';
const INTERVAL_MS = 1_000;
const BATCH_MAX = 100;
/** How long it may fail before health says so. */
const FAILING_MAX_MS = 60_000;
/** What is being sent when the service stops is given so long; it is sent again after the next start. */
const STOP_MAX_MS = 5_000;
/**
 * Of the records of one batch, but for a first one that is larger: the brokers' limit is that of all messages that come to a partition together. In JSON a text is at most twice as
 * long, so both a batch and the largest record (6 MiB) fit.
 */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Of the topic. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** Unpublished letters, the oldest first, as many as make a batch. Index: dead_letters_to_publish. */
const NEXT = `select n.id, c.id as ledger, n.position, n.accounts, n.projections, n.error, n.record,
    to_char(n.parked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as parked_at
  from (select d.*, sum(octet_length(d.record)) over (order by d.id) as bytes, row_number() over (order by d.id) as nth
    from (select * from read.dead_letters where published_at is null order by id limit ${BATCH_MAX}) d) n
  join read.checkpoints c on c.ledger = n.ledger where n.nth = 1 or n.bytes <= ${BATCH_BYTES_MAX} order by n.id`;

interface Row {
  id: string;
  ledger: string;
  position: string;
  accounts: number[];
  projections: string[];
  error: string | null;
  record: string;
  /** RFC 3339. */
  parked_at: string;
}

export interface PublishOptions {
  pool: Pool;
  producer: KafkaProducer;
  admin: KafkaAdmin;
  slots: number;
  log: Logger;
  intervalMs?: number;
  /** Monotonic. */
  nowMs?: () => number;
}

/**
 * Tells Kafka of every parked record (topic ledgerflow.dlq.v1, key = ledger), at least once: a row is marked after the brokers have it. For those who watch; what is repaired is the
 * table. Kafka away: the rows wait for it.
 */
export class DeadLetterPublisher {
  private readonly options: PublishOptions;
  private readonly loop: Periodic;
  private readonly nowMs: () => number;
  private isTopicThere = false;
  /** Letters that go at once: fewer after the brokers found that too large, until all are told. */
  private most = BATCH_MAX;
  private failingSinceMs: number | null = null;

  constructor(options: PublishOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.loop = new Periodic(() => this.publishAll(), {
      intervalMs: options.intervalMs ?? INTERVAL_MS,
      onError: (error) => {
        this.isTopicThere = false;
        this.failingSinceMs ??= this.nowMs();
        options.log.warn({ err: error }, 'parked records could not be published; trying again');
      },
    });
  }

  start(): void {
    this.loop.wake();
  }

  /** Kafka away for long, or a row that can not be sent. */
  health(): Verdict {
    const failingMs = this.failingSinceMs === null ? 0 : this.nowMs() - this.failingSinceMs;
    if (failingMs < FAILING_MAX_MS) return { ok: true };
    return { ok: false, reason: `parked records could not be published for ${Math.floor(failingMs / 1_000)} s` };
  }

  async stop(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MAX_MS)));
    await Promise.race([this.loop.stop(), bound]);
    clearTimeout(timer);
  }

  private async publishAll(): Promise<void> {
    while (!this.loop.isStopped && (await this.publish()) > 0);
    this.most = BATCH_MAX;
    this.failingSinceMs = null;
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
    const { pool } = this.options;
    const { rows } = await pool.query<Row>(NEXT);
    if (rows.length === 0) return 0;
    // Not before there is anything to tell: a deployment whose records are all well needs no such topic.
    await this.ensureTopic();
    const sent = await this.send(rows);
    await pool.query('update read.dead_letters set published_at = clock_timestamp() where id = any($1::bigint[])', [
      sent.map(({ id }) => id),
    ]);
    return sent.length;
  }

  /** Sends the first of the rows, as many at once as the topic takes: an operator's may take less than ours. Answers which. */
  private async send(rows: readonly Row[]): Promise<readonly Row[]> {
    const { producer, slots, log } = this.options;
    const message = (row: Row, isWhole: boolean) => ({
      partition: slotOf(row.ledger, slots),
      key: row.ledger,
      value: valueOf(row, isWhole),
    });
    for (;;) {
      const batch = rows.slice(0, this.most);
      try {
        await producer.sendBatch(
          DEAD_LETTERS_TOPIC,
          batch.map((row) => message(row, true)),
        );
        return batch;
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        const [first] = batch;
        if (batch.length === 1 && first !== undefined) {
          log.warn(
            { letter: first.id, ledger: first.ledger },
            'a parked record is larger than its topic takes; it is told without the record',
          );
          await producer.sendBatch(DEAD_LETTERS_TOPIC, [message(first, false)]);
          return batch;
        }
        this.most = batch.length >> 1;
      }
    }
  }
}

/** The message of a letter. */
const valueOf = (row: Row, isWhole: boolean): string =>
  JSON.stringify({
    id: row.id,
    ledger: row.ledger,
    position: row.position,
    accounts: row.accounts,
    projections: row.projections,
    error: row.error,
    parkedAt: row.parked_at,
    ...(isWhole ? { record: row.record } : { record: null, recordLeftOut: 'It is larger than the topic takes' }),
  });
