import type { Micros } from '@ledgerflow/contracts';

/** What one record may hold. All of them are refused as `record_too_large`, so that whatever was committed also fits the encoding, Kafka and a page. */
export { POSTINGS_PER_TRANSACTION_MAX } from '@ledgerflow/contracts';
export const TRANSACTIONS_PER_BATCH_MAX = 1000;
/** The binary encoding counts events with 16 bits. */
export const EVENTS_PER_RECORD_MAX = 0xffff;
/** Of the JSON text; below the topic's max.message.bytes. */
export const RECORD_BYTES_MAX = 6 * 1024 * 1024;

/** effectiveAt may lie this far ahead of recordedAt … */
export const EFFECTIVE_AHEAD_MAX_MICROS: Micros = 5n * 60n * 1_000_000n;
/** … and, unless configured otherwise, this far behind. */
export const EFFECTIVE_WINDOW_DEFAULT_DAYS = 400;

export function daysToMicros(days: number): Micros {
  return BigInt(days) * 86_400_000_000n;
}
