import type { PoolClient } from '@ledgerflow/platform/postgres';
import { isConnectionError, sqlState } from '@ledgerflow/platform/postgres';
import { BatchTooSlowError, OutcomeUnknownError, StoreUnavailableError } from '../application/errors.ts';

/** One statement of a flight. Its name makes it a prepared statement, so one name is one text. */
export interface Statement {
  name: string;
  text: string;
  values?: readonly unknown[];
}

export interface FlightResult {
  rows: unknown[];
  command: string;
  rowCount: number | null;
}

export const ROLLBACK: Statement = { name: 'rollback', text: 'rollback' };

/** Longer than transaction_timeout (5 s): whoever hears nothing for so long talks to a connection that is not there any more. */
const FLIGHT_TIMEOUT_MS = 6_500;
/** The driver's message; it destroys the connection then, so that the statements before fail too. */
const FLIGHT_TIMED_OUT = 'Query read timeout';
const IN_FAILED_TRANSACTION = '25P02';

/** A flight that failed: the cause, and whether the connection is still of use. */
export class FlightError extends Error {
  override name = 'FlightError';
  readonly isConnectionLost: boolean;
  constructor(cause: unknown, isConnectionLost: boolean) {
    super((cause as Error).message, { cause });
    this.isConnectionLost = isConnectionLost;
  }
}

export function isLost(error: unknown): boolean {
  return isConnectionError(error) || (error as Error).message === FLIGHT_TIMED_OUT;
}

/**
 * Statements that are sent one behind the other without waiting. Landing waits for all answers, so that the connection is in step afterwards whatever failed, and
 * throws the first real error: those behind it only say that the transaction is aborted.
 */
export class Flight {
  private readonly client: PoolClient;
  private readonly answers: Promise<FlightResult>[] = [];

  constructor(client: PoolClient) {
    this.client = client;
  }

  send(statements: readonly Statement[]): void {
    for (const [index, { name, text, values }] of statements.entries()) {
      // Answers come in order, so the last statement's timer watches over all: a timer each costs as much as a small statement.
      const watch = index === statements.length - 1 ? { query_timeout: FLIGHT_TIMEOUT_MS } : {};
      const answer: Promise<FlightResult> = this.client.query({ name, text, values: values as unknown[], ...watch });
      // It may fail before anyone waits for it; whoever lands the flight hears of it.
      answer.catch(() => undefined);
      this.answers.push(answer);
    }
  }

  async land(): Promise<FlightResult[]> {
    const settled = await Promise.allSettled(this.answers);
    const errors = settled.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    if (errors.length > 0) {
      const isTimeout = (error: unknown): boolean => (error as Error).message === FLIGHT_TIMED_OUT;
      const cause = errors.find(isTimeout) ?? errors.find((error) => sqlState(error) !== IN_FAILED_TRANSACTION) ?? errors[0];
      throw new FlightError(cause, errors.some(isLost));
    }
    return settled.map((result) => (result as PromiseFulfilledResult<FlightResult>).value);
  }
}

/** Resolves when what was sent so far is with the socket: the statements of one turn leave together at its end. */
export const handedOver = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** A flight whose statements are all known at once. */
export function fly(client: PoolClient, statements: readonly Statement[]): Promise<FlightResult[]> {
  const flight = new Flight(client);
  flight.send(statements);
  return flight.land();
}

/** serialization_failure, deadlock_detected, lock_not_available, query_canceled, read_only_sql_transaction (a server that is no primary any more). */
const TRANSIENT_STATES: ReadonlySet<string> = new Set(['40001', '40P01', '55P03', '57014', '25006']);

/** Whether the database, not the batch, is the reason: trying again may help, cutting the batch in halves can not. Classes 53 (resources) and 58 (system) too. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError) return true;
  const cause = error instanceof FlightError ? error.cause : error;
  if (isLost(cause)) return true;
  const state = sqlState(cause);
  return state !== undefined && (TRANSIENT_STATES.has(state) || state.startsWith('53') || state.startsWith('58'));
}

/** query_canceled, idle_in_transaction_session_timeout (between the flights: the decision took too long), transaction_timeout. Not lock_timeout: that is another's batch. */
const TOO_SLOW_STATES: ReadonlySet<string> = new Set(['57014', '25P03', '25P04']);

/** Nothing happened, for this reason. */
export function unavailable(message: string, cause: unknown): StoreUnavailableError {
  const isTooSlow = (cause as Error).message === FLIGHT_TIMED_OUT || TOO_SLOW_STATES.has(sqlState(cause) ?? '');
  return new (isTooSlow ? BatchTooSlowError : StoreUnavailableError)(message, { cause });
}

/** The error as the store's callers know it: StoreUnavailableError when nothing happened and trying again may help, else what was thrown. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError) return error;
  const cause = error instanceof FlightError ? error.cause : error;
  return isTransient(error) ? unavailable((cause as Error).message, cause) : cause;
}
