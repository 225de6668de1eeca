import { createParser } from 'eventsource-parser';
import { canRetry, errorOf, type Failure, failureOf, reasonOf } from './calls.ts';
import { type CallFacts, LedgerFlowError } from './errors.ts';
import { faultOf } from './faults.ts';
import type { StreamOptions } from './options.ts';
import { checkRequest, LedgerFlowRequestError, operationOf, type RequestValues } from './request.ts';
import { isOfType, type Outgoing, type Prepared, type Transport } from './transport.ts';
import type { LedgerRecord } from './types.ts';
import { Deadline, jitter, wait } from './waiting.ts';

const OPERATION = 'streamEvents';
/** Three heartbeats of the gateway. */
const SILENT_MS_MAX = 45_000;
const GIVE_UP_MS = 300_000;
const RECONNECT_FIRST_MS = 1_000;
const RECONNECT_MS_MAX = 30_000;
/** Far above the largest record: what is longer is no event stream. */
const MESSAGE_CHARACTERS_MAX = 64 * 1024 * 1024;
const TEXT_SHOWN_MAX = 100;
/** Where a stream begins that was asked for without a position. */
const POSITION_HEADER = 'ledger-position';
/** The comment by which a filtered stream tells how far it is. */
const HEARTBEAT = /^heartbeat (\d{1,18})$/;

const NEVER = new AbortController().signal;

/** What a stream says, in its order: a record, or how far it is. */
type Message = { kind: 'record'; data: string } | { kind: 'position'; position: string };

/**
 * A ledger's records as they are written, each once and in order, over as many connections as it takes: after a lost one the next goes on behind the last record
 * that was handed out. Ends with the caller's loop or signal, at a problem that another try does not mend, at what is no record, or when there was no connection for
 * `giveUpMs`.
 */
export class EventStream {
  private readonly transport: Transport;
  private readonly values: RequestValues;
  private readonly options: StreamOptions;
  private readonly facts: CallFacts = { operation: OPERATION, attempts: 0, idempotencyKey: null, isOutcomeUnknown: false };
  private position: string | null = null;
  private firstWaitMs = RECONNECT_FIRST_MS;
  private failures = 0;
  /** Since when there is no connection. */
  private downMs = 0;
  private bearer: string | null = null;
  /** For the next attempt only. */
  private refusedToken: string | null = null;
  /** Since the last connection. */
  private hasRenewed = false;

  constructor(transport: Transport, values: RequestValues, options: StreamOptions) {
    this.transport = transport;
    this.values = values;
    this.options = options;
  }

  async *records(): AsyncGenerator<LedgerRecord, void, undefined> {
    const { signal = NEVER, giveUpMs = GIVE_UP_MS, onReconnect } = this.options;
    checkRequest(this.outgoing());
    this.downMs = performance.now();
    for (;;) {
      const failure = yield* this.connection();
      if (signal.aborted) throw signal.reason;
      if (failure.kind === 'problem' && failure.document.status === 401 && this.transport.canRenew && !this.hasRenewed) {
        this.refusedToken = this.bearer;
        this.hasRenewed = true;
        continue;
      }
      const silentMs = performance.now() - this.downMs;
      const askedMs = failure.kind === 'problem' ? (failure.retryAfterMs ?? 0) : 0;
      if (!canRetry(failure) || silentMs + askedMs > giveUpMs) throw errorOf(failure, { ...this.facts });
      this.failures += 1;
      await wait(askedMs + jitter(this.failures, this.firstWaitMs, RECONNECT_MS_MAX), signal);
      onReconnect?.(reasonOf(failure));
    }
  }

  private outgoing(): Outgoing {
    return {
      id: OPERATION,
      operation: operationOf(OPERATION),
      values: this.values,
      headers: this.position === null ? {} : { 'last-event-id': this.position },
      isConsistent: this.options.isConsistent ?? true,
    };
  }

  /** One connection to its end, and why it ended. */
  private async *connection(): AsyncGenerator<LedgerRecord, Failure, undefined> {
    const { signal, silentMsMax = SILENT_MS_MAX } = this.options;
    signal?.throwIfAborted();
    const deadline = new Deadline(silentMsMax, signal);
    let isUp = false;
    try {
      const prepared = await this.prepare(deadline);
      if ('kind' in prepared) return prepared;
      const response = await this.transport.send(prepared);
      if (!response.ok) return await this.refused(prepared, response);
      const { body } = response;
      if (body === null || !isOfType(response, 'text/event-stream')) throw new Error('the answer is no event stream');
      this.position ??= response.headers.get(POSITION_HEADER);
      const messages: Message[] = [];
      const parser = this.parser(messages);
      const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
      for (;;) {
        deadline.extend(silentMsMax);
        const { done, value } = await reader.read();
        // A consumer may take its time over a record: only the network is timed.
        deadline.pause();
        if (done) return { kind: 'unreachable', cause: new Error('the gateway ended the stream') };
        parser.feed(value);
        isUp = true;
        this.failures = 0;
        this.hasRenewed = false;
        for (const message of messages.splice(0)) {
          if (message.kind === 'position') {
            this.position = message.position;
            continue;
          }
          const record = this.recordOf(message.data);
          this.position = record.position;
          yield record;
        }
      }
    } catch (error) {
      if (error instanceof LedgerFlowError || error instanceof LedgerFlowRequestError) throw error;
      return { kind: 'unreachable', cause: faultOf(error) };
    } finally {
      if (isUp) this.downMs = performance.now();
      deadline.abort();
    }
  }

  private async prepare(deadline: Deadline): Promise<Prepared | Failure> {
    this.facts.attempts += 1;
    const { refusedToken } = this;
    this.refusedToken = null;
    try {
      const prepared = await this.transport.prepare(this.outgoing(), deadline.signal, refusedToken);
      this.bearer = prepared.bearer;
      return prepared;
    } catch (error) {
      return { kind: 'no-token', cause: error as Error };
    }
  }

  private async refused(prepared: Prepared, response: Response): Promise<Failure> {
    const failure = await failureOf(response);
    this.transport.heard(prepared, failure.kind === 'problem' ? failure.document.code : null);
    return failure;
  }

  /** The gateway would say the same again, so what is no record ends the stream. */
  private recordOf(data: string): LedgerRecord {
    try {
      const record = JSON.parse(data) as LedgerRecord;
      if (typeof record.position === 'string') return record;
    } catch {
      // Said below.
    }
    throw new LedgerFlowError(`${OPERATION}: a message is no record: ${data.slice(0, TEXT_SHOWN_MAX)}`, { ...this.facts });
  }

  private parser(messages: Message[]) {
    return createParser({
      onEvent: ({ data }) => messages.push({ kind: 'record', data }),
      onComment: (text) => {
        const position = HEARTBEAT.exec(text)?.[1];
        if (position !== undefined) messages.push({ kind: 'position', position });
      },
      onRetry: (ms) => (this.firstWaitMs = Math.min(ms, RECONNECT_MS_MAX)),
      onError: (error) => {
        // Unknown fields are to be ignored; a message without an end is not.
        if (error.type === 'max-buffer-size-exceeded') throw error;
      },
      maxBufferSize: MESSAGE_CHARACTERS_MAX,
    });
  }
}
