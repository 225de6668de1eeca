import { positionOf } from './consistency.ts';
import {
  type CallFacts,
  isRefusal,
  LedgerFlowError,
  LedgerFlowProblem,
  LedgerFlowUnreachable,
  type ProblemDocument,
  problemOf,
} from './errors.ts';
import { faultOf, isNeverSent } from './faults.ts';
import { type ClientOptions, type CommandOptions, RETRY_POLICY, type RetryPolicy, type VersionedOptions } from './options.ts';
import { makeKey } from './random.ts';
import { checkRequest, LedgerFlowRequestError, ledgerOf, operationOf, type RequestValues } from './request.ts';
import { CONSISTENCY_HEADER, type Outgoing, type Prepared, type Transport } from './transport.ts';
import type { OperationId } from './types.ts';
import { Deadline, jitter, retryAfterMs, wait } from './waiting.ts';

/** With less than this left nothing is sent any more. A timer may be a millisecond early. */
const ATTEMPT_MS_MIN = 5;

/** A success with what its headers say. */
export interface Answer<T> {
  data: T;
  status: number;
  requestId: string | null;
  /** The command had been answered before under this key; this is that answer. */
  isReplayed: boolean;
  /** Ledger-Consistency of a write. */
  consistencyToken: string | null;
  /** While a record waits for repair: the position that the answer stands for, before the one that the ledger is applied to. */
  heldAt: string | null;
  attempts: number;
  idempotencyKey: string | null;
}

/** What one attempt came to, if no success. */
export type Failure =
  | { kind: 'problem'; document: ProblemDocument; retryAfterMs: number | null }
  | { kind: 'unreachable'; cause: Error; isNeverSent?: boolean }
  /** Nothing was sent: the token function failed. */
  | { kind: 'no-token'; cause: Error & { isFinal?: boolean } };

const RETRIED_STATUSES = [408, 429, 500, 502, 503, 504];
/** 503 that say that nothing happened: `overloaded` to a command under a key; an admin action may have begun. */
const TURNED_AWAY_CODES: readonly string[] = ['overloaded', 'audit_unavailable'];
const TURNED_AWAY_CODES_WITHOUT_KEY: readonly string[] = ['audit_unavailable'];

export function canRetry(failure: Failure): boolean {
  if (failure.kind === 'no-token') return failure.cause.isFinal !== true;
  return failure.kind === 'unreachable' || RETRIED_STATUSES.includes(failure.document.status);
}

export const reasonOf = (failure: Failure): string => (failure.kind === 'problem' ? failure.document.code : failure.cause.message);

/** Whether the command of which an attempt failed so may have had its effect, given what was known of the attempts before. */
function outcomeUnknown(failure: Failure, { idempotencyKey, isOutcomeUnknown: before }: CallFacts): boolean {
  if (failure.kind !== 'problem') return (failure.kind === 'unreachable' && failure.isNeverSent !== true) || before;
  const { status, code } = failure.document;
  const turnedAway = idempotencyKey === null ? TURNED_AWAY_CODES_WITHOUT_KEY : TURNED_AWAY_CODES;
  if (status >= 500 || status < 400) return before || !turnedAway.includes(code);
  // A refusal of the ledger: it would have answered with the result, had there been one.
  return isRefusal(failure.document) ? false : before;
}

export async function failureOf(response: Response): Promise<Failure> {
  const text = await response.text();
  return { kind: 'problem', document: problemOf(response, text), retryAfterMs: retryAfterMs(response.headers.get('retry-after')) };
}

export function errorOf(failure: Failure, facts: CallFacts): LedgerFlowError {
  if (failure.kind === 'problem') return new LedgerFlowProblem(failure.document, facts);
  if (failure.kind === 'no-token') return noToken(failure.cause, facts);
  return new LedgerFlowUnreachable(`no answer to ${facts.operation}: ${failure.cause.message}`, facts, { cause: failure.cause });
}

export const noToken = (error: unknown, facts: CallFacts): LedgerFlowError =>
  new LedgerFlowError(`no token for ${facts.operation}: ${(error as Error).message}`, { ...facts }, { cause: error });

/** What is known of a call while it goes on. */
interface Course {
  facts: CallFacts;
  /** At least one attempt left this client. */
  isSent: boolean;
  isUnderWay: boolean;
  /** Of the last attempt. */
  bearer: string | null;
}

/** The caller ended a command that was sent: its key must not be lost with it. */
function endedByCaller(reason: unknown, { facts, isUnderWay }: Course): LedgerFlowError {
  const isOutcomeUnknown = facts.isOutcomeUnknown || isUnderWay;
  const message = `${facts.operation} was ended by its signal${isOutcomeUnknown ? '; whether it was done is not known' : ', and was not done'}`;
  return new LedgerFlowError(message, { ...facts, isOutcomeUnknown }, { cause: reason });
}

/** Calls of the API: each is tried again, within its policy, where that cannot do its work twice. */
export class Calls {
  private readonly transport: Transport;
  private readonly policy: RetryPolicy;
  private readonly onRetry: ClientOptions['onRetry'];

  constructor(transport: Transport, { retry, onRetry }: ClientOptions) {
    this.transport = transport;
    this.policy = { ...RETRY_POLICY, ...retry };
    this.onRetry = onRetry;
  }

  async answer<T>(id: OperationId, values: RequestValues, options: VersionedOptions): Promise<Answer<T>> {
    const operation = operationOf(id);
    const key = operation.takesKey === true ? (options.idempotencyKey ?? makeKey()) : null;
    const outgoing: Outgoing = {
      id,
      operation,
      values,
      headers: {
        ...(key === null ? {} : { 'idempotency-key': key }),
        ...(options.ifVersion === undefined ? {} : { 'if-match': `"${options.ifVersion}"` }),
        ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
        ...(options.correlationId === undefined ? {} : { 'x-correlation-id': options.correlationId }),
      },
      isConsistent: options.isConsistent ?? true,
    };
    if (operation.isStream === true || operation.isNdjson === true) throw new TypeError(`${id} has no single answer`);
    checkRequest(outgoing);
    const course: Course = {
      facts: { operation: id, attempts: 0, idempotencyKey: key, isOutcomeUnknown: false },
      isSent: false,
      isUnderWay: false,
      bearer: null,
    };
    try {
      return await this.attempts<T>(outgoing, options, course);
    } catch (error) {
      const isEnded = options.signal?.aborted === true && error === options.signal.reason;
      throw isEnded && key !== null && course.isSent ? endedByCaller(error, course) : error;
    }
  }

  private async attempts<T>(outgoing: Outgoing, options: CommandOptions, course: Course): Promise<Answer<T>> {
    const { id, operation } = outgoing;
    const { facts } = course;
    const policy = { ...this.policy, ...options.retry };
    const canRepeat = facts.idempotencyKey !== null || operation.method === 'GET' || operation.method === 'DELETE';
    const endMs = performance.now() + policy.totalMs;
    let hasRenewed = false;
    let unsentCount = 0;
    let refusedToken: string | null = null;
    for (;;) {
      facts.attempts += 1;
      const timeoutMs = Math.min(policy.attemptMs, endMs - performance.now());
      const result: Answer<T> | Failure = await this.attempt<T>(outgoing, timeoutMs, options.signal, refusedToken, course);
      if ('data' in result) return result;
      if (operation.method !== 'GET') facts.isOutcomeUnknown = outcomeUnknown(result, facts);
      const isRefused: boolean = result.kind === 'problem' && result.document.status === 401 && this.transport.canRenew && !hasRenewed;
      refusedToken = isRefused ? course.bearer : null;
      if (isRefused) {
        hasRenewed = true;
        continue;
      }
      const error = errorOf(result, { ...facts });
      // Where nobody takes a connection, as while a gateway starts again, only time counts.
      if (policy.attemptsMax > 1 && result.kind === 'unreachable' && result.isNeverSent === true) unsentCount += 1;
      if (!canRepeat || !canRetry(result) || facts.attempts - unsentCount >= policy.attemptsMax) throw error;
      const askedMs = result.kind === 'problem' ? (result.retryAfterMs ?? 0) : 0;
      const waitMs = askedMs + jitter(facts.attempts, policy.firstWaitMs, policy.waitMsMax);
      if (performance.now() + waitMs + ATTEMPT_MS_MIN >= endMs) throw error;
      this.onRetry?.({ operation: id, attempt: facts.attempts, waitMs, reason: reasonOf(result) });
      await wait(waitMs, options.signal ?? new AbortController().signal);
    }
  }

  private async attempt<T>(
    outgoing: Outgoing,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    refusedToken: string | null,
    course: Course,
  ): Promise<Answer<T> | Failure> {
    signal?.throwIfAborted();
    const { facts } = course;
    const deadline = new Deadline(timeoutMs, signal);
    try {
      const prepared = await this.transport.prepare(outgoing, deadline.signal, refusedToken).catch((error: unknown) => {
        throw signal?.aborted === true ? signal.reason : noToken(error, facts);
      });
      signal?.throwIfAborted();
      course.bearer = prepared.bearer;
      course.isSent = true;
      course.isUnderWay = true;
      const result = await this.exchange<T>(outgoing, prepared, facts).catch((error: unknown): Failure => {
        if (signal?.aborted === true) throw signal.reason;
        if (error instanceof LedgerFlowRequestError) throw error;
        return { kind: 'unreachable', cause: faultOf(error), isNeverSent: isNeverSent(error) };
      });
      course.isUnderWay = false;
      return result;
    } finally {
      deadline.close();
    }
  }

  private async exchange<T>(outgoing: Outgoing, prepared: Prepared, facts: CallFacts): Promise<Answer<T> | Failure> {
    const response = await this.transport.send(prepared);
    if (!response.ok) return this.failed(prepared, await failureOf(response));
    return this.succeeded<T>(outgoing, response, await response.json(), facts);
  }

  private failed(prepared: Prepared, failure: Failure): Failure {
    this.transport.heard(prepared, failure.kind === 'problem' ? failure.document.code : null);
    return failure;
  }

  private succeeded<T>({ values, operation }: Outgoing, response: Response, data: unknown, facts: CallFacts): Answer<T> {
    const { headers } = response;
    const token = headers.get(CONSISTENCY_HEADER);
    const ledger = ledgerOf(values, operation) ?? (data as { id?: string } | null)?.id;
    if (token !== null && ledger !== undefined) this.transport.tokens.set(ledger, token, positionOf(data));
    return {
      data: data as T,
      status: response.status,
      requestId: headers.get('x-request-id'),
      isReplayed: headers.get('idempotency-replayed') === 'true',
      consistencyToken: token,
      heldAt: headers.get('ledger-held-at'),
      attempts: facts.attempts,
      idempotencyKey: facts.idempotencyKey,
    };
  }
}
