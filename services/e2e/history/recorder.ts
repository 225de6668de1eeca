import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../stack/client.ts';
import type { Attempt, Command, Read, ReadQuestion, Write } from './history.ts';
import { httpOf, outcomesOf, pathOf, principalOf, storedKeyOf, type WriteRequest } from './requests.ts';

/** A consistency token as it goes from client to client. */
export interface Token {
  text: string;
  position: bigint;
  /** Of the record at that position. */
  recordedAt: string;
}

/** Who sends, as whose principal, and for how long it waits. */
export interface Sending {
  client: number;
  api: ApiClient;
  timeoutMs: number;
}

/** A request that was sent: an attempt for each of its writes, in their order, and the token of the answer if it has one. */
export interface Sent {
  attempts: readonly Attempt[];
  token: string | null;
}

/** Makes the requests of a run and writes the history of them. */
export class Recorder {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  private readonly now: () => number;
  private running = 0;

  /** now: milliseconds since the run began, on a monotonic clock. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Reads that wait for their answer. */
  get reading(): number {
    return this.running;
  }

  add(owner: number, ledger: string, key: string, command: Command, reuses: number | null): Write {
    const storedKey = storedKeyOf(principalOf(owner), key);
    const write: Write = { id: this.writes.length, ledger, owner, key, storedKey, command, reuses, attempts: [] };
    this.writes.push(write);
    return write;
  }

  async send(request: WriteRequest, { client, api, timeoutMs }: Sending): Promise<Sent> {
    const { path, body, headers } = httpOf(request);
    const requestId = randomUUID();
    const invokedMs = this.now();
    const attempts = request.writes.map((write): Attempt => {
      const attempt: Attempt = { requestId, client, invokedMs, endedMs: Infinity, outcome: { kind: 'unknown', reason: 'under way' } };
      write.attempts.push(attempt);
      return attempt;
    });
    try {
      const answer = await api.request('POST', `/ledgers/${request.ledger}${path}`, body, {
        key: request.key,
        headers: { ...headers, 'x-request-id': requestId },
        timeoutMs,
      });
      const endedMs = this.now();
      for (const [index, outcome] of outcomesOf(request, answer).entries()) Object.assign(attempts[index] as Attempt, { endedMs, outcome });
      return { attempts, token: answer.headers.get('ledger-consistency') };
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined;
      const reason = `${(error as Error).name}: ${cause?.message ?? (error as Error).message}`;
      for (const attempt of attempts) Object.assign(attempt, { endedMs: this.now(), outcome: { kind: 'unknown', reason } });
      return { attempts, token: null };
    }
  }

  async ask(ledger: string, question: ReadQuestion, token: Token | null, { client, api, timeoutMs }: Sending): Promise<Read> {
    const invokedMs = this.now();
    this.running += 1;
    let outcome: Read['outcome'];
    try {
      const answer = await api.get(`/ledgers/${ledger}${pathOf(question)}`, { consistency: token?.text ?? null, timeoutMs });
      const code = (answer.body as Record<string, unknown> | null)?.['code'];
      outcome =
        answer.status === 200 ? { kind: 'ok', answer: answer.text } : { kind: 'failed', reason: `${answer.status} ${String(code)}` };
    } catch (error) {
      outcome = { kind: 'failed', reason: (error as Error).message };
    }
    this.running -= 1;
    const position = token?.position ?? null;
    const id = this.reads.length;
    const read: Read = { id, ledger, client, question, token: position, isFinal: false, invokedMs, endedMs: this.now(), outcome };
    this.reads.push(read);
    return read;
  }
}
