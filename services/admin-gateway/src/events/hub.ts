import type { ClientReadableStream } from '@grpc/grpc-js';
import { type LedgerRecord, recordFromJson } from '@ledgerflow/contracts';
import type { Principal, RecordBatch } from '@ledgerflow/contracts/grpc';
import type { Logger } from '@ledgerflow/platform/log';
import { observedGauge, type Registry } from '@ledgerflow/platform/metrics';
import { Problem } from '../http/problem.ts';
import type { Place } from '../reads/consistency.ts';
import { renderRecord } from '../rendering/record.ts';
import type { WriterCalls } from '../writer/calls.ts';

/** A record as a server-sent event, made once for all clients. */
export interface Message {
  position: bigint;
  text: string;
  /** What filters look at. */
  record: Pick<LedgerRecord, 'type' | 'actor' | 'events'>;
}

export interface Subscriber {
  /** Called, once the subscription is live, for every record after its position, in order, without gaps. */
  deliver(message: Message): void;
  /** The hub can not go on. */
  end(reason: string): void;
}

export interface Subscription {
  /** Some of what comes after `position`, in order; empty when there is nothing yet. Null: too far behind, read the log on and ask again. */
  after(position: bigint): readonly Message[] | null;
  /** From now on everything is delivered as it comes. To be called in the same turn in which `after` was empty. */
  goLive(): void;
  leave(): void;
}

export interface HubOptions {
  writer: Pick<WriterCalls, 'tailLog' | 'getHeads'>;
  log: Logger;
  metrics: Registry;
  streamsMax?: number;
  /** Of one principal, so that nobody has them all. */
  streamsOfPrincipalMax?: number;
}

const STREAMS_MAX = 1_000;
const STREAMS_OF_PRINCIPAL_MAX = 100;
/** Newest records kept for those who come (back) a little later: of a ledger, and in characters (of two bytes at most) of a ledger and of all. */
const RECENT_MAX = 1_000;
const RECENT_CHARACTERS_MAX = 4 * 1024 * 1024;
const ALL_RECENT_CHARACTERS_MAX = 32 * 1024 * 1024;
/** Of them handed at once to a client that catches up. */
const AFTER_MAX = 20;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;

export function toMessage(text: string): Message {
  const record = recordFromJson(text);
  const { type, actor, events } = record;
  return {
    position: record.position,
    record: { type, actor, events },
    text: `id: ${record.position}\ndata: ${JSON.stringify(renderRecord(record))}\n\n`,
  };
}

/** One TailLog of one ledger, for all its clients in this process. */
class Upstream {
  readonly subscribers = new Set<Subscriber>();
  readonly live = new Set<Subscriber>();
  position: bigint;
  private readonly recent: Message[] = [];
  private recentCharacters = 0;
  private readonly kept: { characters: number };
  private readonly ledger: string;
  private readonly options: HubOptions;
  private stream: ClientReadableStream<RecordBatch> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private attempt = 0;
  private closed = false;

  /** kept counts the recent messages of all upstreams. */
  constructor(ledger: string, position: bigint, kept: { characters: number }, options: HubOptions) {
    this.ledger = ledger;
    this.position = position;
    this.kept = kept;
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
    if (this.closed) return;
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
    this.keep(message);
    for (const subscriber of this.live) subscriber.deliver(message);
  }

  private keep(message: Message): void {
    this.recent.push(message);
    this.count(message.text.length);
    let dropped = 0;
    while (
      this.recent.length - dropped > RECENT_MAX ||
      this.recentCharacters > RECENT_CHARACTERS_MAX ||
      (this.kept.characters > ALL_RECENT_CHARACTERS_MAX && this.recentCharacters > 0)
    ) {
      this.count(-(this.recent[dropped] as Message).text.length);
      dropped += 1;
    }
    this.recent.splice(0, dropped);
  }

  private count(characters: number): void {
    this.recentCharacters += characters;
    this.kept.characters += characters;
  }

  /** What a client that has everything up to `position` gets next from here; null when it would miss something. */
  after(position: bigint): readonly Message[] | null {
    if (position >= this.position) return [];
    const first = this.recent.findIndex((message) => message.position > position);
    const oldest = this.recent[0];
    if (oldest === undefined || first < 0 || oldest.position > position + 1n) return null;
    return this.recent.slice(first, first + AFTER_MAX);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  close(): void {
    this.closed = true;
    this.recent.length = 0;
    this.count(-this.recentCharacters);
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
  private readonly streamsOfPrincipalMax: number;
  private readonly kept = { characters: 0 };
  private clients = 0;
  private readonly clientsOf = new Map<string, number>();

  constructor(options: HubOptions) {
    this.options = options;
    this.streamsMax = options.streamsMax ?? STREAMS_MAX;
    this.streamsOfPrincipalMax = options.streamsOfPrincipalMax ?? STREAMS_OF_PRINCIPAL_MAX;
    observedGauge(options.metrics, 'ledgerflow_gateway_event_streams', 'Clients of server-sent events', () => this.clients);
    observedGauge(options.metrics, 'ledgerflow_gateway_event_upstreams', 'Ledgers that are tailed', () => this.upstreams.size);
  }

  /** The end of a ledger's log, as the writer has it now. Throws the Problem ledger_not_found. */
  async head(ledger: string, principal: Principal, requestId: string): Promise<Place> {
    const { heads } = await this.options.writer.getHeads(ledger, { principal, ledgers: [ledger], slots: [], recordedSince: 0n }, requestId);
    const head = heads.find((candidate) => candidate.ledger === ledger);
    if (head === undefined) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return { epoch: head.epoch, position: head.position };
  }

  /** Counts a client of a principal in; call the result once when it is gone. Throws the Problem overloaded. */
  admit(principal: string): () => void {
    const own = this.clientsOf.get(principal) ?? 0;
    if (this.clients >= this.streamsMax) throw new Problem('overloaded', { detail: 'Too many event streams are open' });
    if (own >= this.streamsOfPrincipalMax) throw new Problem('overloaded', { detail: 'Too many event streams of this principal are open' });
    this.clients += 1;
    this.clientsOf.set(principal, own + 1);
    return () => {
      this.clients -= 1;
      const left = (this.clientsOf.get(principal) ?? 0) - 1;
      if (left > 0) this.clientsOf.set(principal, left);
      else this.clientsOf.delete(principal);
    };
  }

  /** The upstream begins at `head`, so a client that resumes from far behind reads the log at its own pace and disturbs nobody. */
  subscribe(ledger: string, head: bigint, subscriber: Subscriber): Subscription {
    let found = this.upstreams.get(ledger);
    if (found === undefined || found.isClosed) this.upstreams.set(ledger, (found = new Upstream(ledger, head, this.kept, this.options)));
    const upstream = found;
    upstream.subscribers.add(subscriber);
    return {
      after: (position) => upstream.after(position),
      goLive: () => void upstream.live.add(subscriber),
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
