import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../stack/client.ts';
import type { EntriesAnswer } from './checks/reading.ts';
import { answeredPosition } from './checks/writes.ts';
import { ACTIONS, chooseFreeze, chooseMove, TOKEN_READS } from './choose.ts';
import { Gate } from './gate.ts';
import { type Attempt, type CheckedLedger, type Command, type Read, type ReadQuestion, type Write } from './history.ts';
import type { Random } from '../driver/index.ts';
import { WORLD } from './render.ts';
import { Recent } from './recent.ts';
import { Recorder, type Token } from './recorder.ts';
import type { AnsweredMove, WriteRequest } from './requests.ts';

/** Shorter than what the gateway itself waits (14 s), so that many outcomes stay unknown to a client under faults. */
const REQUEST_TIMEOUT_MS = 3_000;
/** Some callers give up at once: their requests are served or not, and nobody heard. */
const IMPATIENT_SHARE = 0.02;
const IMPATIENT_TIMEOUT_MAX_MS = 30;
const PAUSE_AFTER_FAULT_MS = 50;
const ENTRIES_LIMITS = [3, 20, 500];
/** Of one list, each after the end of the one before. */
const PAGES_MAX = 3;
const TAIL_LIMIT = 50;
const SETTLE_WORKERS = 8;

type EntriesQuestion = Extract<ReadQuestion, { kind: 'entries' }>;

interface Client {
  number: number;
  api: ApiClient;
  tokens: Map<string, Token>;
  versions: Map<string, bigint>;
}

export interface ClientsOptions {
  apis: readonly ApiClient[];
  ledgers: readonly CheckedLedger[];
  accounts: readonly string[];
  random: Random;
  /** Milliseconds since the run began. */
  now: () => number;
  /** Between two actions of a client; none if absent. */
  thinkMs?: number;
}

/** The callers of a run and what they saw. Each is a principal of its own; who repeats another's request does it in the other's name. */
export class Clients {
  private readonly recorder: Recorder;
  private readonly options: ClientsOptions;
  private readonly random: Random;
  private readonly clients: Client[];
  private readonly answered = new Recent<WriteRequest>();
  private readonly tokens = new Map<string, Recent<Token>>();
  private readonly pasts = new Recent<{ ledger: string; account: string; at: string }>();
  private unknown: WriteRequest[] = [];
  private keys = 0;
  private readonly gate = new Gate();
  private isAborted = false;
  private okays = 0;

  constructor(options: ClientsOptions) {
    this.options = options;
    this.random = options.random;
    this.recorder = new Recorder(options.now);
    this.clients = options.apis.map((api, number) => ({ number, api, tokens: new Map(), versions: new Map() }));
  }

  get writes(): readonly Write[] {
    return this.recorder.writes;
  }

  get reads(): readonly Read[] {
    return this.recorder.reads;
  }

  /** Writes that were answered 2xx so far. */
  get acknowledged(): number {
    return this.okays;
  }

  /** All clients at work until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.clients.map(async (client) => {
        while (!signal.aborted) {
          const pauseMs = (await this.gate.through(() => this.act(client))) ? (this.options.thinkMs ?? 0) : PAUSE_AFTER_FAULT_MS;
          if (pauseMs > 0) await delay(pauseMs);
        }
      }),
    );
  }

  /** Nobody begins anything until the returned function is called; resolves when nothing is under way any more, which the time-outs of requests bound. */
  hold(): Promise<() => void> {
    return this.gate.close();
  }

  /** Repeats what is unknown until everything is answered or the deadline is there. Then each ledger's end is written and read. */
  async settle(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    // After an abort there is one try each: what is not answered then stays so.
    signal?.addEventListener('abort', () => (this.isAborted = true), { once: true });
    const [first] = this.clients as [Client];
    const last = this.options.ledgers.map(({ id }) => {
      const command: Command = {
        kind: 'move',
        route: 'transfer',
        transactions: [[{ from: this.options.accounts[1] as string, to: this.options.accounts[0] as string, amount: 1n }]],
        expected: null,
      };
      return this.request(first, id, [command], false);
    });
    await this.retryUnknown(deadlineMs);
    await this.untilAnswered(last, deadlineMs);
    for (const { id } of this.options.ledgers)
      for (const account of this.options.accounts) await this.readLast(first, id, account, deadlineMs);
  }

  /** A small deposit that nothing forbids, asked once: the token of its answer, null without one. It is part of the history, and repeated later if it has to be. */
  async deposit(ledger: string): Promise<Token | null> {
    const [client] = this.clients as [Client];
    const posting = { from: WORLD, to: this.options.accounts[1] as string, amount: 1n };
    const command: Command = { kind: 'move', route: 'deposit', transactions: [[posting]], expected: null };
    const request = this.request(client, ledger, [command], false);
    const { attempts, token: text } = await this.recorder.send(request, {
      client: client.number,
      api: client.api,
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.learn(client, ledger, attempts, text);
    const [attempt] = attempts as [Attempt];
    if (attempt.outcome.kind === 'unknown') this.unknown.push(request);
    if (attempt.outcome.kind !== 'ok' || text === null) return null;
    const { recordedAt = '' } = JSON.parse(attempt.outcome.answer) as AnsweredMove;
    return { text, position: answeredPosition(attempt.outcome.answer) as bigint, recordedAt };
  }

  /** Reads the balance that `deposit` changed with its token, once; whether it was answered. */
  async readBack(ledger: string, token: Token): Promise<boolean> {
    const [client] = this.clients as [Client];
    return this.read(client, ledger, { kind: 'balance', account: this.options.accounts[1] as string }, token);
  }

  /** Everything that has no answer yet is asked again until it has one. */
  async retryUnknown(deadlineMs: number): Promise<void> {
    const queue = this.unknown;
    this.unknown = [];
    await this.untilAnswered(queue, deadlineMs);
  }

  private async untilAnswered(queue: readonly WriteRequest[], deadlineMs: number): Promise<void> {
    const pending = [...queue];
    const work = async (client: Client): Promise<void> => {
      for (let request = pending.pop(); request !== undefined; request = pending.pop()) {
        while (!this.isAborted && this.options.now() < deadlineMs && !(await this.send(client, request, false)))
          await delay(PAUSE_AFTER_FAULT_MS);
      }
    };
    await Promise.all(this.clients.slice(0, SETTLE_WORKERS).map(work));
  }

  private async readLast(client: Client, ledger: string, account: string, deadlineMs: number): Promise<void> {
    const token = (this.tokens.get(ledger)?.items ?? []).reduce<Token | null>(
      (a, b) => (a === null || b.position > a.position ? b : a),
      null,
    );
    for (;;) {
      const isLastTry = this.isAborted || this.options.now() >= deadlineMs;
      const read = await this.ask(client, ledger, { kind: 'balance', account }, token);
      read.isFinal = read.outcome.kind === 'ok' || isLastTry;
      if (read.isFinal) return;
      await delay(PAUSE_AFTER_FAULT_MS);
    }
  }

  /** One action. False when it met a fault: the client takes a breath then. */
  private async act(client: Client): Promise<boolean> {
    const { random } = this;
    const { id: ledger } = random.pick(this.options.ledgers);
    const account = random.pick(this.options.accounts);
    const action = random.named(ACTIONS);
    // While the read side is behind, reads with a token wait: half of the clients go on writing.
    if (TOKEN_READS.has(action) && this.recorder.reading * 2 >= this.clients.length) return this.move(client, ledger);
    switch (action) {
      case 'move':
        return this.move(client, ledger);
      case 'freeze':
        return this.send(client, this.request(client, ledger, [chooseFreeze(random, this.options.accounts)], false));
      case 'retry':
        return this.retry(client) ?? this.move(client, ledger);
      case 'replay':
        return this.answered.items.length === 0 ? this.move(client, ledger) : this.send(client, random.pick(this.answered.items));
      case 'reuse':
        return this.reuse(client) ?? this.move(client, ledger);
      case 'read own':
        return this.read(client, ledger, { kind: 'balance', account }, client.tokens.get(ledger) ?? null);
      case 'read passed on':
        return this.read(client, ledger, { kind: 'balance', account }, this.passedOn(ledger));
      case 'read any':
        return this.read(client, ledger, { kind: 'balance', account }, null);
      case 'read past':
        return this.readPast(client, ledger, account);
      case 'entries': {
        const token = this.passedOn(ledger);
        if (token === null) return true;
        const { recordedAt: from } = random.pick(this.tokens.get(ledger)?.items ?? [token]);
        return this.readPages(client, ledger, { kind: 'entries', account, from, limit: random.pick(ENTRIES_LIMITS), after: null }, token);
      }
      case 'log': {
        const after = client.tokens.get(ledger)?.position ?? 1n;
        return this.read(client, ledger, { kind: 'log', after: after - 1n, limit: TAIL_LIMIT }, null);
      }
    }
  }

  private passedOn(ledger: string): Token | null {
    // The newest: what is old is applied everywhere.
    return this.tokens.get(ledger)?.items.at(-1) ?? null;
  }

  private move(client: Client, ledger: string): Promise<boolean> {
    const choice = chooseMove(this.random, this.options.accounts, (account) => client.versions.get(`${ledger} ${account}`));
    const commands = choice.independent ? choice.commands : [choice.command];
    return this.send(client, this.request(client, ledger, commands, choice.independent));
  }

  private retry(client: Client): Promise<boolean> | null {
    const request = this.unknown.shift();
    return request === undefined ? null : this.send(client, request);
  }

  /** Another command under the key of one that was answered. */
  private reuse(client: Client): Promise<boolean> | null {
    const candidates = this.answered.items.filter(({ independent, owner }) => !independent && owner === client.number);
    const first = candidates.at(-1)?.writes[0];
    if (first === undefined) return null;
    const command: Command = { kind: 'freeze', account: `never-${this.keys}`, scope: 'all' };
    const write = this.recorder.add(client.number, first.ledger, first.key, command, first.id);
    return this.send(client, { ledger: first.ledger, owner: client.number, key: first.key, independent: false, writes: [write] }, false);
  }

  private request(client: Client, ledger: string, commands: readonly Command[], independent: boolean): WriteRequest {
    const key = `${client.number}-${++this.keys}`;
    const writes = commands.map((command, index) =>
      this.recorder.add(client.number, ledger, independent ? `${key}/${index}` : key, command, null),
    );
    return { ledger, owner: client.number, key, independent, writes };
  }

  /** Sends a request as its owner and records what came of it. What stays unknown is kept for a retry by whoever comes by. */
  private async send(client: Client, request: WriteRequest, keep = true): Promise<boolean> {
    const { api } = this.clients[request.owner] as Client;
    const isImpatient = keep && this.random.real() < IMPATIENT_SHARE;
    const timeoutMs = isImpatient ? this.random.whole(1, IMPATIENT_TIMEOUT_MAX_MS) : REQUEST_TIMEOUT_MS;
    const { attempts, token } = await this.recorder.send(request, { client: client.number, api, timeoutMs });
    this.learn(client, request.ledger, attempts, token);
    const isAnswered = attempts.every(({ outcome }) => outcome.kind !== 'unknown');
    if (!isAnswered && keep) this.unknown.push(request);
    if (isAnswered && keep) this.answered.add(request);
    return isAnswered;
  }

  private learn(client: Client, ledger: string, attempts: readonly Attempt[], text: string | null): void {
    let latest: Token | null = null;
    for (const { outcome } of attempts) {
      if (outcome.kind !== 'ok') continue;
      this.okays += 1;
      const position = answeredPosition(outcome.answer);
      const { recordedAt = '', entries = [] } = JSON.parse(outcome.answer) as AnsweredMove;
      for (const { account, version } of entries) client.versions.set(`${ledger} ${account}`, BigInt(version));
      if (text !== null && position !== null && (latest === null || position > latest.position)) latest = { text, position, recordedAt };
    }
    if (latest === null) return;
    client.tokens.set(ledger, latest);
    if (latest.recordedAt !== '') {
      const tokens = this.tokens.get(ledger) ?? new Recent<Token>();
      this.tokens.set(ledger, tokens);
      tokens.add(latest);
    }
  }

  private readPast(client: Client, ledger: string, account: string): Promise<boolean> {
    const asked = this.random.real() < 0.5 ? this.pasts.items.filter((past) => past.ledger === ledger) : [];
    const token = this.passedOn(ledger);
    if (asked.length === 0 && token === null) return Promise.resolve(true);
    const past = asked.length > 0 ? this.random.pick(asked) : { ledger, account, at: (token as Token).recordedAt };
    this.pasts.add(past);
    return this.read(client, ledger, { kind: 'balance-at', account: past.account, at: past.at }, null);
  }

  /** A page of entries, and mostly those that follow it. */
  private async readPages(client: Client, ledger: string, question: EntriesQuestion, token: Token): Promise<boolean> {
    for (let page = question, count = 1; ; count++) {
      const { outcome } = await this.ask(client, ledger, page, token);
      if (outcome.kind !== 'ok') return false;
      const { data, nextCursor } = JSON.parse(outcome.answer) as EntriesAnswer;
      const last = data.at(-1);
      if (nextCursor === null || last === undefined || count >= PAGES_MAX) return true;
      page = { ...page, after: { position: BigInt(last.position), index: last.index, cursor: nextCursor } };
    }
  }

  private async read(client: Client, ledger: string, question: ReadQuestion, token: Token | null): Promise<boolean> {
    return (await this.ask(client, ledger, question, token)).outcome.kind === 'ok';
  }

  private ask({ number, api }: Client, ledger: string, question: ReadQuestion, token: Token | null): Promise<Read> {
    return this.recorder.ask(ledger, question, token, { client: number, api, timeoutMs: REQUEST_TIMEOUT_MS });
  }
}
