import { createParser } from 'eventsource-parser';
import { canRetry, errorOf, type Failure, failureOf, faultOf, noToken, reasonOf } from './calls.ts';
import type { CallFacts } from './errors.ts';
import type { StreamOptions } from './options.ts';
import { checkRequest, operationOf, type RequestValues } from './request.ts';
import type { Outgoing, Transport } from './transport.ts';
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
/** Where a stream begins that was asked for without a position. */
const POSITION_HEADER = 'ledger-position';

const NEVER = new AbortController().signal;

/**
 * A ledger's records as they are written, each once and in order, over as many connections as it takes: after a lost one the next goes on behind the last record
 * that was handed out. Ends with the caller's loop or signal, at a problem that another try does not mend, or when there was no connection for `giveUpMs`.
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
  private isRefused = false;

  constructor(transport: Transport, values: RequestValues, options: StreamOptions) {
    this.transport = transport;
    this.values = values;
    this.options = options;
  }

  async *records(): AsyncGenerator<LedgerRecord, void, undefined> {
    const { signal = NEVER, onReconnect } = this.options;
    this.downMs = performance.now();
    for (;;) {
      const failure = yield* this.connection();
      if (signal.aborted) throw signal.reason;
      if (failure.kind === 'problem' && failure.document.status === 401 && this.transport.canRenew && !this.isRefused) {
        this.isRefused = true;
        continue;
      }
      const silentMs = performance.now() - this.downMs;
      if (!canRetry(failure) || silentMs > (this.options.giveUpMs ?? GIVE_UP_MS)) throw errorOf(failure, { ...this.facts });
      this.failures += 1;
      const askedMs = failure.kind === 'problem' ? (failure.retryAfterMs ?? 0) : 0;
      await wait(askedMs + jitter(this.failures, this.firstWaitMs, RECONNECT_MS_MAX), signal);
      onReconnect?.(reasonOf(failure));
    }
  }

  /** One connection to its end, and why it ended. */
  private async *connection(): AsyncGenerator<LedgerRecord, Failure, undefined> {
    const { signal, silentMsMax = SILENT_MS_MAX } = this.options;
    signal?.throwIfAborted();
    const deadline = new Deadline(silentMsMax, signal);
    let wasConnected = false;
    try {
      const response = await this.connect(deadline);
      if (!response.ok) return await failureOf(response);
      const { body } = response;
      if (body === null) throw new Error('the answer has no body');
      this.connected(response);
      wasConnected = true;
      const records: LedgerRecord[] = [];
      const parser = this.parser(records);
      const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
      for (;;) {
        deadline.extend(silentMsMax);
        const { done, value } = await reader.read();
        // A consumer may take its time over a record: only the network is timed.
        deadline.pause();
        if (done) return { kind: 'unreachable', cause: new Error('the gateway ended the stream') };
        parser.feed(value);
        for (const record of records.splice(0)) {
          this.position = record.position;
          yield record;
        }
      }
    } catch (error) {
      if (error instanceof Error && error.name === 'LedgerFlowError') throw error;
      return { kind: 'unreachable', cause: faultOf(error) };
    } finally {
      if (wasConnected) this.downMs = performance.now();
      deadline.abort();
    }
  }

  private async connect(deadline: Deadline): Promise<Response> {
    this.facts.attempts += 1;
    const outgoing: Outgoing = {
      id: OPERATION,
      operation: operationOf(OPERATION),
      values: this.values,
      headers: this.position === null ? {} : { 'last-event-id': this.position },
      isConsistent: this.options.isConsistent ?? true,
    };
    checkRequest(outgoing);
    const prepared = await this.transport.prepare(outgoing, deadline.signal, this.isRefused).catch((error: unknown) => {
      throw noToken(error, this.facts);
    });
    return this.transport.send(prepared);
  }

  private connected(response: Response): void {
    this.position ??= response.headers.get(POSITION_HEADER);
    this.failures = 0;
    this.isRefused = false;
  }

  private parser(records: LedgerRecord[]) {
    return createParser({
      onEvent: ({ data }) => records.push(JSON.parse(data) as LedgerRecord),
      onRetry: (ms) => (this.firstWaitMs = Math.min(ms, RECONNECT_MS_MAX)),
      onError: (error) => {
        // Unknown fields are to be ignored; a message without an end is not.
        if (error.type === 'max-buffer-size-exceeded') throw error;
      },
      maxBufferSize: MESSAGE_CHARACTERS_MAX,
    });
  }
}
