import { formatMicros, type AccountEvent, type AccountTerms } from '@ledgerflow/contracts';
import { answeredPosition } from './checks/writes.ts';
import type { Attempt, Command, History, LogRecord, Posting, Read, ReadQuestion, Write, WriteOutcome } from './history.ts';
import { balanceOf, entriesOf, tailOf } from './legal-reads.fixture.ts';
import { Random } from '../driver/index.ts';
import { money, renderAnswer, SCALE, WORLD } from './render.ts';

export const LEDGER = 'small';
const ACCOUNTS = ['a', 'b', 'c'];
const CLIENTS = 4;
const FIRST_MICROS = 1_700_000_000_000_000n;
const BEGINNING = 10_00n;
const AMOUNT_MAX = 8_00;

interface Standing {
  posted: bigint;
  version: bigint;
  terms: AccountTerms;
}

const OPEN: AccountTerms = { status: 'open', freezeScope: null, minBalance: 0n, maxBalance: null, ownerId: null };

interface Running {
  write: Write;
  attempt: Attempt;
  /** What the attempt will be answered, once it has happened. */
  outcome: WriteOutcome | null;
}

interface Asking {
  read: Read;
  answered: boolean;
}

/** A ledger of a few lines, asked by clients whose requests overlap at random: whatever it does is legal. */
export class SmallTown {
  readonly records: LogRecord[] = [];
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  private readonly accounts = new Map<string, Standing>();
  private readonly answers = new Map<Write, WriteOutcome>();
  private readonly tokens: bigint[] = [];
  private readonly random: Random;
  private applied = 0n;
  private now = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.open(WORLD, { ...OPEN, minBalance: null });
    for (const account of ACCOUNTS) this.open(account, OPEN);
    for (const account of ACCOUNTS)
      this.record('FundsDeposited', 'seed', 'seed', this.entries([[{ from: WORLD, to: account, amount: BEGINNING }]]));
  }

  get history(): History {
    return { seed: 0, ledgers: [{ id: LEDGER, seededTo: 7n }], writes: this.writes, reads: this.reads, faults: [] };
  }

  get logs(): Map<string, LogRecord[]> {
    return new Map([[LEDGER, this.records]]);
  }

  private open(account: string, terms: AccountTerms): void {
    this.accounts.set(account, { posted: 0n, version: 0n, terms });
    this.record('AccountOpened', 'seed', 'seed', [this.terms('AccountOpened', account, terms)]);
  }

  private terms(type: 'AccountOpened' | 'AccountFrozen' | 'AccountUnfrozen', account: string, data: AccountTerms): AccountEvent {
    const { posted, version } = this.accounts.get(account) as Standing;
    this.accounts.set(account, { posted, version: version + 1n, terms: data });
    return { type, account, accountNumber: 1, currency: 'USD', version: version + 1n, postedAfter: posted, heldAfter: 0n, data };
  }

  private entries(transactions: readonly (readonly Posting[])[]): AccountEvent[] {
    const entry = (account: string, amount: bigint, transaction: number): AccountEvent => {
      const standing = this.accounts.get(account) as Standing;
      standing.posted += amount;
      standing.version += 1n;
      const { posted: postedAfter, version } = standing;
      return { type: 'EntryPosted', account, accountNumber: 1, currency: 'USD', version, transaction, amount, postedAfter, heldAfter: 0n };
    };
    return transactions.flatMap((postings, index) =>
      postings.flatMap(({ from, to, amount }) => [entry(from, -amount, index), entry(to, amount, index)]),
    );
  }

  private record(type: LogRecord['type'], key: string, causationId: string, events: AccountEvent[]): LogRecord {
    const position = BigInt(this.records.length + 1);
    const recordedAt = FIRST_MICROS + position * 1_000n;
    const transactions = type.startsWith('Account') ? [] : [{ id: `${position}`, effectiveAt: recordedAt, externalId: null }];
    const record: LogRecord = {
      position,
      type,
      key,
      causationId,
      recordedAt,
      effectiveAt: recordedAt,
      scales: { USD: SCALE },
      transactions,
      events,
    };
    this.records.push(record);
    return record;
  }

  private refusal(command: Command): { code: string; parameters: Record<string, string> } | null {
    if (command.kind === 'freeze' || command.kind === 'unfreeze') {
      const isFrozen = this.accounts.get(command.account)?.terms.status === 'frozen';
      if (isFrozen === (command.kind === 'unfreeze')) return null;
      return { code: isFrozen ? 'account_frozen' : 'account_not_frozen', parameters: { account: command.account } };
    }
    const [{ from, to, amount }] = command.transactions[0] as readonly [Posting];
    for (const account of [from, to])
      if (this.accounts.get(account)?.terms.status === 'frozen') return { code: 'account_frozen', parameters: { account } };
    const { posted, terms } = this.accounts.get(from) as Standing;
    if (terms.minBalance === null || posted - amount >= terms.minBalance) return null;
    return { code: 'insufficient_funds', parameters: { account: from, available: money(posted), amount: money(amount) } };
  }

  private carryOut({ key, command }: Write, requestId: string): WriteOutcome {
    const refused = this.refusal(command);
    if (refused !== null)
      return {
        kind: 'refused',
        status: 422,
        code: refused.code,
        answer: JSON.stringify({ code: refused.code, ...refused.parameters }),
        replayed: false,
      };
    let record: LogRecord;
    if (command.kind === 'move') record = this.record('FundsTransferred', key, requestId, this.entries(command.transactions));
    else {
      const data: AccountTerms =
        command.kind === 'freeze'
          ? { ...OPEN, status: 'frozen', freezeScope: command.scope }
          : { ...OPEN, status: 'open', freezeScope: null };
      const type = command.kind === 'freeze' ? 'AccountFrozen' : 'AccountUnfrozen';
      record = this.record(type, key, requestId, [this.terms(type, command.account, data)]);
    }
    return { kind: 'ok', answer: JSON.stringify(renderAnswer(record, command)), replayed: false };
  }

  private choose(): Command {
    const { random } = this;
    if (random.real() < 0.1)
      return random.real() < 0.5 ? { kind: 'freeze', account: 'c', scope: 'all' } : { kind: 'unfreeze', account: 'c' };
    const [from, to] = [random.pick([...ACCOUNTS, WORLD]), random.pick(ACCOUNTS)];
    const side = from === to ? WORLD : from;
    const route = side === WORLD ? 'deposit' : 'transfer';
    return { kind: 'move', route, transactions: [[{ from: side, to, amount: BigInt(random.whole(1, AMOUNT_MAX)) }]], expected: null };
  }

  private tick(): number {
    return (this.now += 1 + this.random.real());
  }

  /** Each step one client goes on by one step: asks, is served, or hears. */
  run(steps: number): this {
    const clients: (Running | Asking | null)[] = Array.from({ length: CLIENTS }, () => null);
    for (let step = 0; step < steps || clients.some((one) => one !== null); step++) {
      const client = this.random.whole(0, CLIENTS - 1);
      const doing = clients[client] ?? null;
      if (doing === null) clients[client] = step < steps ? this.begin(client) : null;
      else if ('write' in doing) clients[client] = this.goOn(doing);
      else clients[client] = this.answer(doing);
      if (this.random.real() < 0.7) this.applied = this.records.at(-1)?.position ?? 0n;
    }
    for (const write of this.writes.filter((one) => !one.attempts.some(({ outcome }) => outcome.kind !== 'unknown')))
      this.goOn(this.goOn(this.ask(0, write), true) as Running, true);
    return this;
  }

  private begin(client: number): Running | Asking {
    const { random } = this;
    const kind = random.real();
    if (kind < 0.6) {
      const key = `key-${this.writes.length}`;
      const write: Write = {
        id: this.writes.length,
        ledger: LEDGER,
        owner: client,
        key,
        storedKey: key,
        command: this.choose(),
        reuses: null,
        attempts: [],
      };
      this.writes.push(write);
      return this.ask(client, write);
    }
    if (kind < 0.7 && this.writes.length > 0) return this.ask(client, random.pick(this.writes));
    const token = this.tokens.length > 0 && random.real() < 0.6 ? random.pick(this.tokens) : null;
    const invokedMs = this.tick();
    const question = this.question(token);
    const read: Read = {
      id: this.reads.length,
      ledger: LEDGER,
      client,
      question,
      token,
      isFinal: false,
      invokedMs,
      endedMs: Infinity,
      outcome: { kind: 'failed', reason: '' },
    };
    this.reads.push(read);
    return { read, answered: false };
  }

  private question(token: bigint | null): ReadQuestion {
    const { random } = this;
    const account = random.pick(ACCOUNTS);
    const recorded = formatMicros(random.pick(this.records.slice(6)).recordedAt);
    const kind = random.named({ balance: 5, log: 2, entries: 2, 'balance-at': 2 });
    if (kind === 'log') return { kind, after: token ?? 0n, limit: 1_000 };
    if (kind === 'entries') return { kind, account, from: recorded, limit: 1_000 };
    return kind === 'balance' ? { kind, account } : { kind, account, at: recorded };
  }

  private ask(client: number, write: Write): Running {
    const requestId = `request-${write.id}-${write.attempts.length}`;
    const attempt: Attempt = {
      requestId,
      client,
      invokedMs: this.tick(),
      endedMs: Infinity,
      outcome: { kind: 'unknown', reason: 'under way' },
    };
    write.attempts.push(attempt);
    return { write, attempt, outcome: null };
  }

  private goOn(running: Running, isSure = false): Running | null {
    const { write, attempt, outcome } = running;
    if (outcome === null) {
      const before = this.answers.get(write);
      // A request may be lost before it is served as well as after.
      if (!isSure && before === undefined && this.random.real() < 0.05) {
        Object.assign(attempt, { endedMs: this.tick(), outcome: { kind: 'unknown', reason: 'lost' } });
        return null;
      }
      const answer = before === undefined ? this.carryOut(write, attempt.requestId) : ({ ...before, replayed: true } as WriteOutcome);
      this.answers.set(write, answer);
      return { write, attempt, outcome: answer };
    }
    const isLost = !isSure && this.random.real() < 0.1;
    Object.assign(attempt, { endedMs: this.tick(), outcome: isLost ? { kind: 'unknown', reason: 'lost' } : outcome });
    if (!isLost && outcome.kind === 'ok') this.tokens.push(answeredPosition(outcome.answer) as bigint);
    return null;
  }

  private answer(asking: Asking): Asking | null {
    const { read } = asking;
    if (asking.answered) {
      read.endedMs = this.tick();
      return null;
    }
    const { question } = read;
    if (question.kind === 'log') {
      read.outcome = { kind: 'ok', answer: tailOf(this.records, question.after) };
    } else if (question.kind === 'balance-at') {
      const position = BigInt(this.records.findLastIndex((record) => formatMicros(record.recordedAt) <= question.at) + 1);
      read.outcome = { kind: 'ok', answer: balanceOf(this.records, question.account, position, question.at) };
    } else {
      const position = read.token !== null && read.token > this.applied ? read.token : this.applied > 0n ? this.applied : 7n;
      this.applied = position;
      const answer =
        question.kind === 'balance' ? balanceOf(this.records, question.account, position) : entriesOf(this.records, question, position);
      read.outcome = { kind: 'ok', answer };
    }
    return { ...asking, answered: true };
  }
}
