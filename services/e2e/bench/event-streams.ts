import { type ClientRequest, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Opened at once: fewer than a listening socket lets wait. */
const OPENING_MAX = 50;
const OPEN_TIMEOUT_MS = 30_000;
const RECEIVED_DEADLINE_MS = 60_000;
const POLL_MS = 10;
const MESSAGE_END = '\n\n';
const ID = /^id: (\d+)\ndata: /;

/** One client of a ledger's events that reads all it gets, and sees that every position comes once and in order. */
class EventStream {
  position = -1;
  events = 0;
  failure: Error | null = null;
  private rest = '';
  private asked: ClientRequest | null = null;
  private isClosed = false;

  open(url: string, token: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
      const asked = request(url, { headers, agent: false, timeout: OPEN_TIMEOUT_MS });
      this.asked = asked;
      asked.once('timeout', () => asked.destroy(new Error(`a stream was not there in ${OPEN_TIMEOUT_MS} ms`)));
      asked.on('error', (error) => {
        this.fail(error);
        reject(error);
      });
      asked.once('response', (stream) => {
        asked.setTimeout(0);
        if (stream.statusCode !== 200) return void asked.destroy(new Error(`a stream was answered with ${stream.statusCode}`));
        this.position = Number(stream.headers['ledger-position']);
        stream.setEncoding('utf8').on('data', (text: string) => this.take(text));
        stream.once('close', () => this.fail(new Error(`a stream ended at position ${this.position}`)));
        resolve();
      });
      asked.end();
    });
  }

  private fail(error: Error): void {
    if (!this.isClosed) this.failure ??= error;
  }

  private take(text: string): void {
    const all = this.rest + text;
    let from = 0;
    for (let end = all.indexOf(MESSAGE_END); end >= 0; end = all.indexOf(MESSAGE_END, from)) {
      this.message(all.slice(from, end));
      from = end + MESSAGE_END.length;
    }
    this.rest = all.slice(from);
  }

  private message(text: string): void {
    const position = ID.exec(text)?.[1];
    if (position === undefined) return;
    if (Number(position) !== this.position + 1) this.fail(new Error(`position ${position} came after ${this.position}`));
    this.position = Number(position);
    this.events += 1;
  }

  close(): void {
    this.isClosed = true;
    this.asked?.destroy();
  }
}

/** As many clients of one ledger's events as there are tokens. */
export class EventStreams {
  private readonly streams: EventStream[] = [];

  /** Resolves when all are open. */
  async open(url: string, tokens: readonly string[], signal: AbortSignal): Promise<void> {
    for (let first = 0; first < tokens.length; first += OPENING_MAX) {
      signal.throwIfAborted();
      await Promise.all(
        tokens.slice(first, first + OPENING_MAX).map((token) => {
          const stream = new EventStream();
          this.streams.push(stream);
          return stream.open(url, token);
        }),
      );
    }
  }

  /** Resolves, when all have this position, with how many events that were together. Rejects when one was ended, missed an event, or is late. */
  async received(position: number, signal: AbortSignal): Promise<number> {
    const deadlineMs = performance.now() + RECEIVED_DEADLINE_MS;
    for (;;) {
      const failed = this.streams.find(({ failure }) => failure !== null);
      if (failed?.failure) throw failed.failure;
      const behind = this.streams.filter((stream) => stream.position < position);
      if (behind.length === 0) return this.streams.reduce((sum, { events }) => sum + events, 0);
      if (performance.now() > deadlineMs)
        throw new Error(`${behind.length} streams of ${this.streams.length} were not at ${position} after ${RECEIVED_DEADLINE_MS} ms`);
      await delay(POLL_MS, undefined, { signal });
    }
  }

  close(): void {
    for (const stream of this.streams) stream.close();
  }
}
