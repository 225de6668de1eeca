import { RECORDS_TOPIC } from '@ledgerflow/contracts';
import type { KafkaAdmin } from '@ledgerflow/platform/kafka';
import type { Logger } from '@ledgerflow/platform/log';

/** Of the records topic; a record is bounded below it. */
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** Kafka is asked to create the topic again at most so often, however many slots miss it. */
const RESTORE_INTERVAL_MS = 5_000;

/** Creates the records topic, one partition a slot; idempotent. */
export async function ensureRecordsTopic(admin: KafkaAdmin, slots: number): Promise<void> {
  await admin.ensureTopics([{ topic: RECORDS_TOPIC, partitions: slots, configs: { 'max.message.bytes': String(MESSAGE_BYTES_MAX) } }]);
}

/**
 * Brings the topic back when Kafka has lost it: a broker for development that was started again empty, or a topic that was deleted. The cursors stay where they are,
 * so the new topic begins with the first record that was not in the old one: nothing before the cursor is sent again. Topic and cursors only say what readers have
 * been told; the log in Postgres is the truth, and a reader that misses positions reads them there.
 */
export class TopicRestorer {
  private readonly ensure: () => Promise<void>;
  private readonly log: Logger;
  private restoring: Promise<boolean> = Promise.resolve(false);
  private beganMs = -Infinity;

  constructor(ensure: () => Promise<void>, log: Logger) {
    this.ensure = ensure;
    this.log = log;
  }

  /** Whether it makes sense to send again; never fails. All who ask within the interval get the outcome of one attempt. */
  restore(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs - this.beganMs >= RESTORE_INTERVAL_MS) {
      this.beganMs = nowMs;
      // One after the other: an attempt may take longer than the interval.
      this.restoring = this.restoring.then(() => this.attempt());
    }
    return this.restoring;
  }

  private async attempt(): Promise<boolean> {
    try {
      await this.ensure();
      this.log.warn({ topic: RECORDS_TOPIC }, 'Kafka did not have the records topic; it is there again');
      return true;
    } catch (error) {
      this.log.warn(
        { err: error, topic: RECORDS_TOPIC },
        'Kafka does not have the records topic and it could not be created; records wait in the log',
      );
      return false;
    }
  }
}
