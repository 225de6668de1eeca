/** Nothing happened: no connection, no lock in time, a server that is starting, full or read-only. The same batch may be tried again at once. */
export class StoreUnavailableError extends Error {
  override name = 'StoreUnavailableError';
}

/**
 * The connection was lost during COMMIT and the log could not be looked at since: the batch may or may not be there. Trying the same keys again is safe,
 * because whoever gets the head lock next sees either all of it or nothing.
 */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
}
