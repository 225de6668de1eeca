/** Nothing happened: no connection, no lock in time, a server that is starting, full or read-only. The same batch may be tried again at once. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/** Nothing happened because time ran out: the batch, the decision or the disk was too slow. The same again would likely end the same, so it is made smaller. */
export class BatchTooSlowError extends StoreUnavailableError {
  override name = 'BatchTooSlowError';
}

/** Nothing happened: the stored answers to the keys of this batch are too large to be read at once. One key alone is always answered. */
export class ReplaysTooLargeError extends Error {
  override name = 'ReplaysTooLargeError';
}

/**
 * The connection was lost during COMMIT and the log could not be looked at since: the batch may or may not be there. Trying the same keys again is safe,
 * because whoever gets the head lock next sees either all of it or nothing.
 */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
}
