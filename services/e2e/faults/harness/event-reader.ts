import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const READ_MAX_MS = 60_000;
const POLL_MS = 20;
const RESUME_AFTER_MS = 100;

/** A client of a ledger's event stream, as an EventSource is one: it resumes after the last event it has whenever the stream ends. It can stop reading. */
export class EventReader {
  /** How often the stream ended and was taken up again. */
  resumes = 0;
  private readonly base: () => string;
  private readonly ledger: string;
  private readonly token: string;
  private position = 0;
  private asked: ClientRequest | null = null;
  private stream: IncomingMessage | null = null;
  private text = '';
  private failure: Error | null = null;
  private isClosed = false;

  constructor(base: () => string, ledger: string, token: string) {
    this.base = base;
    this.ledger = ledger;
    this.token = token;
  }

  /** Resolves when the stream is there. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, accept: 'text/event-stream', 'last-event-id': String(this.position) };
      this.asked = request(`${this.base()}/api/v1/ledgers/${this.ledger}/events/stream`, { headers, agent: false });
      this.asked.once('error', reject);
      this.asked.once('response', (stream) => {
        if (stream.statusCode !== 200) return reject(new Error(`the stream answered ${stream.statusCode}`));
        this.stream = stream;
        this.text = '';
        stream.setEncoding('utf8');
        stream.on('data', (text: string) => this.take(text));
        stream.on('error', () => undefined);
        stream.once('close', () => this.ended(stream));
        resolve();
      });
      this.asked.end();
    });
  }

  pause(): void {
    this.stream?.pause();
  }

  /** Reads, and resumes, until it has the event of this position. Throws when one is missing, doubled or late. */
  async readTo(position: number, signal: AbortSignal): Promise<void> {
    this.stream?.resume();
    const deadlineMs = performance.now() + READ_MAX_MS;
    while (this.position < position) {
      if (this.failure !== null) throw this.failure;
      if (performance.now() > deadlineMs)
        throw new Error(`a reader of the stream has ${this.position} events of ${position} after ${READ_MAX_MS} ms`);
      await delay(POLL_MS, undefined, { signal });
    }
    if (this.failure !== null) throw this.failure;
  }

  close(): void {
    this.isClosed = true;
    this.asked?.destroy();
  }

  private take(text: string): void {
    const events = (this.text + text).split('\n\n');
    this.text = events.pop() ?? '';
    for (const event of events) {
      const id = /^id: (\d+)$/m.exec(event)?.[1];
      if (id === undefined) continue;
      if (Number(id) !== this.position + 1) this.failure ??= new Error(`the stream gave event ${id} after ${this.position}`);
      this.position = Number(id);
    }
  }

  private ended(stream: IncomingMessage): void {
    if (this.isClosed || this.stream !== stream) return;
    this.stream = null;
    this.resumes += 1;
    setTimeout(() => void (this.isClosed || this.open().catch((error: Error) => (this.failure ??= error))), RESUME_AFTER_MS);
  }
}
