import type { Command } from '@ledgerflow/contracts/grpc';

/** At most, in the JSON of a record, beyond the bytes of the request that it repeats: */
const RECORD_BYTES = 1_500;
const TRANSACTION_BYTES = 400;
/** Two entries, each with its account, currency, amount and balances of up to 38 digits. */
const POSTING_BYTES = 700;
/** Commands without a list of postings make two entries at most and may open a currency and its world account. */
const POSTINGS_OF_OTHERS = 2;

/**
 * What a command weighs on its way to the writer and back: never less than its request or its record. A call's answer holds the records of all its commands, and when
 * it is too large for a message everything is committed and nobody hears of it.
 */
export function weightOf(body: NonNullable<Command['body']>, requestBytes: number): number {
  const transactions =
    body.$case === 'postTransaction'
      ? [body.value.postings.length]
      : body.$case === 'postBatch'
        ? body.value.transactions.map(({ postings }) => postings.length)
        : [POSTINGS_OF_OTHERS];
  return transactions.reduce((sum, postings) => sum + TRANSACTION_BYTES + postings * POSTING_BYTES, requestBytes + RECORD_BYTES);
}
