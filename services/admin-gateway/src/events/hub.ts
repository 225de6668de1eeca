import type { ClientReadableStream } from '@grpc/grpc-js';
import { recordFromJson } from '@ledgerflow/contracts';
import type { Principal, RecordBatch } from '@ledgerflow/contracts/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import { observedGauge, type Registry } from '@ledgerflow/platform/metrics';
import { Problem } from '../http/problem.ts';
import { renderRecord } from '../rendering/record.ts';
import type { WriterCalls } from '../writer/calls.ts';

/** A record as a server-sent event, made once for all clients. */
export interface Message {
  position: bigint;
  text: string;
}

export interface Subscriber {
  /** Called, once the subscription is live, for every record after its position, in order, without gaps. */
  deliver(message: Message): void;
  /** The hub can not go on. */
  end(reason: string): void;
}

export interface Subscription {
  /** Goes live when everything after `position` is at hand: delivers what is missing at once. False: too far behind, read the log on and try again. */
  goLive(position: bigint): boolean;
  leave(): void;
}

export interface HubOptions {
  writer: Pick<WriterCalls, 'tailLog' | 'getHeads'>;
  log: Logger;
  metrics: Registry;
  streamsMax?: number;
}

const STREAMS_MAX = 1_000;
/** Newest records kept for those who come (back) a little later. */
const RECENT_MAX = 1_000;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;

export function toMessage(text: string): Message {
  const record = recordFromJson(text);
  return { position: record.position, text: `id: ${record.position}\ndata: ${JSON.stringify(renderRecord(record))}\n\n` };
}

/** One TailLog of one ledger, for all its clients in this process. */
class Upstream {
  readonly subscribers = new Set<Subscriber>();
  readonly live = new Set<Subscriber>();
  readonly recent: Message[] = [];
  position: bigint;
  private readonly ledger: string;
  private readonly options: HubOptions;
  private stream: ClientReadableStream<RecordBatch> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private attempt = 0;
  private closed = false;

  constructor(ledger: string, position: bigint, options: HubOptions) {
    this.ledger = ledger;
    this.position = position;
    this.options = options;
    this.open();
  }

  /** Every client was checked for the grant; the stream itself runs on this service's behalf, for this ledger only. */
  private open(): void {
    const principal: Principal = { id: 'admin-gateway', roles: ['viewer'], ledgers: [this.ledger], source: 'gateway' };
    const stream = this.options.writer.tailLog(
      { principal, ledger: this.ledger, afterPosition: this.position, slots: [], cursors: [] },
      this.attempt,
    );
    this.stream = stream;
    stream.on('data', (batch: RecordBatch) => {
      this.attempt = 0;
      for (const text of batch.records) this.receive(text);
    });
    const lost = (error?: Error): void => {
      if (this.stream !== stream) return;
      this.stream = null;
      if (this.closed) return;
      this.options.log.warn({ err: error, ledger: this.ledger }, 'the tail of a ledger was lost; reconnecting');
      this.timer = setTimeout(() => this.open(), Math.min(RECONNECT_MIN_MS * 2 ** this.attempt, RECONNECT_MAX_MS));
      this.attempt += 1;
    };
    stream.on('error', lost);
    stream.on('end', () => lost());
  }

  private receive(text: string): void {
    let message: Message;
    try {
      message = toMessage(text);
    } catch (error) {
      this.options.log.error({ err: error, ledger: this.ledger }, 'a record of the tail can not be read');
      for (const subscriber of this.subscribers) subscriber.end('a record can not be read');
      this.close();
      return;
    }
    if (message.position <= this.position) return;
    this.position = message.position;
    this.recent.push(message);
    if (this.recent.length > RECENT_MAX) this.recent.splice(0, this.recent.length - RECENT_MAX);
    for (const subscriber of this.live) subscriber.deliver(message);
  }

  /** Whether a client that has everything up to `position` can be served from here without a gap. */
  covers(position: bigint): boolean {
    const oldest = this.recent[0];
    return position >= this.position || (oldest !== undefined && oldest.position <= position + 1n);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.stream?.cancel();
    this.stream = null;
  }
}

/** Fans the tail of each ledger out to the clients of this process: one upstream a ledger, opened with its first client and closed with its last. */
export class EventHub {
  private readonly upstreams = new Map<string, Upstream>();
  private readonly options: HubOptions;
  private readonly streamsMax: number;
  private clients = 0;

  constructor(options: HubOptions) {
    this.options = options;
    this.streamsMax = options.streamsMax ?? STREAMS_MAX;
    observedGauge(options.metrics, 'ledgerflow_gateway_event_streams', 'Clients of server-sent events', () => this.clients);
    observedGauge(options.metrics, 'ledgerflow_gateway_event_upstreams', 'Ledgers that are tailed', () => this.upstreams.size);
  }

  /** The end of a ledger's log. Throws the Problem ledger_not_found. */
  async head(ledger: string, principal: Principal, requestId: string): Promise<bigint> {
    const { heads } = await this.options.writer.getHeads(ledger, { principal, ledgers: [ledger], slots: [] }, requestId);
    const head = heads.find((candidate) => candidate.ledger === ledger);
    if (head === undefined) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return head.position;
  }

  /** Counts a client in; call the result once when it is gone. */
  admit(): () => void {
    if (this.clients >= this.streamsMax) throw new Problem('overloaded', { detail: 'Too many event streams are open' });
    this.clients += 1;
    return () => void (this.clients -= 1);
  }

  /** The upstream begins at `head`, so a client that resumes from far behind reads the log at its own pace and disturbs nobody. */
  subscribe(ledger: string, head: bigint, subscriber: Subscriber): Subscription {
    let found = this.upstreams.get(ledger);
    if (found === undefined || found.isClosed) this.upstreams.set(ledger, (found = new Upstream(ledger, head, this.options)));
    const upstream = found;
    upstream.subscribers.add(subscriber);
    return {
      goLive(position) {
        if (!upstream.covers(position)) return false;
        for (const message of upstream.recent) if (message.position > position) subscriber.deliver(message);
        upstream.live.add(subscriber);
        return true;
      },
      leave: () => {
        upstream.subscribers.delete(subscriber);
        upstream.live.delete(subscriber);
        if (upstream.subscribers.size > 0 || this.upstreams.get(ledger) !== upstream) return;
        this.upstreams.delete(ledger);
        upstream.close();
      },
    };
  }

  /** Ends all streams, telling their clients to come back. */
  stop(reason: string): void {
    for (const upstream of this.upstreams.values()) {
      for (const subscriber of upstream.subscribers) subscriber.end(reason);
      upstream.close();
    }
    this.upstreams.clear();
  }
}
