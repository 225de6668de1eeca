import { formatMicros, type AccountEvent, type AccountTerms } from '@ledgerflow/contracts';
import { answeredPosition } from './checks/writes.ts';
import type { Attempt, Command, History, LogRecord, Posting, Read, ReadQuestion, Write, WriteOutcome } from './history.ts';
import { balanceOf, entriesOf, tailOf } from './legal-reads.fixture.ts';
import { Random } from '../driver/index.ts';
import { money, REASON, renderAnswer, SCALE, WORLD } from './render.ts';

export const LEDGER = 'small';
const ACCOUNTS = ['a', 'b', 'c'];
const CLIENTS = 4;
const FIRST_MICROS = 1_700_000_000_000_000n;
const BEGINNING = 10_00n;
const AMOUNT_MAX = 8_00;
/** Of the first account. */
const FULL = 20_00n;
const PAGE_LIMIT = 4;

const TYPES: Record<Extract<Command, { kind: 'move' }>['route'], LogRecord['type']> = {
  deposit: 'FundsDeposited',
  withdrawal: 'FundsWithdrawn',
  transfer: 'FundsTransferred',
  transaction: 'TransactionPosted',
  batch: 'BatchPosted',
};

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
    for (const [index, account] of ACCOUNTS.entries()) this.open(account, { ...OPEN, maxBalance: index === 0 ? FULL : null });
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
    const count = Math.max(-1, ...events.map((event) => (event.type === 'EntryPosted' ? event.transaction : -1))) + 1;
    const transactions = Array.from({ length: count }, (_, index) => ({
      id: type === 'BatchPosted' ? `${position}-${index}` : `${position}`,
      effectiveAt: recordedAt,
      externalId: null,
    }));
    const record: LogRecord = {
      position,
      epoch: 1,
      actor: 'user',
      correlationId: causationId,
      type,
      key,
      causationId,
      recordedAt,
      effectiveAt: recordedAt,
      scales: { USD: SCALE },
      details: type === 'AccountFrozen' || type === 'AccountUnfrozen' ? [{ index: 0, hash: '', salt: '', body: { reason: REASON } }] : [],
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
    const { expected, transactions, route } = command;
    const version = expected === null ? 0n : (this.accounts.get(expected.account)?.version ?? 0n);
    if (expected !== null && version !== expected.version)
      return { code: 'version_mismatch', parameters: { account: expected.account, actual: `${version}` } };
    const posted = new Map([...this.accounts].map(([id, standing]) => [id, standing.posted]));
    for (const [index, postings] of transactions.entries()) {
      const reason = this.refusalOf(postings, posted);
      if (reason !== null) return route === 'batch' ? { ...reason, parameters: { ...reason.parameters, index: `${index}` } } : reason;
    }
    return null;
  }

  /** Of one transaction, on balances that it changes. */
  private refusalOf(
    postings: readonly Posting[],
    posted: Map<string, bigint>,
  ): { code: string; parameters: Record<string, string> } | null {
    const termsOf = (account: string): AccountTerms => (this.accounts.get(account) as Standing).terms;
    for (const { from, to } of postings) {
      if (termsOf(from).status === 'frozen') return { code: 'account_frozen', parameters: { account: from } };
      if (termsOf(to).freezeScope === 'all') return { code: 'account_frozen', parameters: { account: to } };
    }
    const before = new Map(posted);
    for (const { from, to, amount } of postings) {
      posted.set(from, (posted.get(from) ?? 0n) - amount);
      posted.set(to, (posted.get(to) ?? 0n) + amount);
    }
    for (const account of new Set(postings.flatMap(({ from, to }) => [from, to]))) {
      const { minBalance, maxBalance } = termsOf(account);
      const [was, is] = [before.get(account) ?? 0n, posted.get(account) ?? 0n];
      const amount = money(is < was ? was - is : is - was);
      if (is < was && minBalance !== null && is < minBalance)
        return { code: 'insufficient_funds', parameters: { account, available: money(was), amount } };
      if (is > was && maxBalance !== null && is > maxBalance)
        return { code: 'limit_exceeded', parameters: { account, balance: money(was), amount } };
    }
    return null;
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
    if (command.kind === 'move') record = this.record(TYPES[command.route], key, requestId, this.entries(command.transactions));
    else {
      const { terms } = this.accounts.get(command.account) as Standing;
      const data: AccountTerms =
        command.kind === 'freeze'
          ? { ...terms, status: 'frozen', freezeScope: command.scope }
          : { ...terms, status: 'open', freezeScope: null };
      const type = command.kind === 'freeze' ? 'AccountFrozen' : 'AccountUnfrozen';
      record = this.record(type, key, requestId, [this.terms(type, command.account, data)]);
    }
    return { kind: 'ok', answer: JSON.stringify(renderAnswer(record, command)), replayed: false };
  }

  private choose(): Command {
    const { random } = this;
    if (random.real() < 0.12) {
      if (random.real() < 0.5) return { kind: 'unfreeze', account: 'c' };
      return { kind: 'freeze', account: 'c', scope: random.pick(['all', 'debits']) };
    }
    const posting = (): Posting => {
      const from = random.pick(ACCOUNTS);
      return { from, to: random.pick(ACCOUNTS.filter((one) => one !== from)), amount: BigInt(random.whole(1, AMOUNT_MAX)) };
    };
    const list = <T>(make: () => T): T[] => Array.from({ length: random.whole(1, 3) }, make);
    const route = random.named({ deposit: 4, withdrawal: 3, transfer: 5, transaction: 2, batch: 2 });
    const one = posting();
    const expected = random.real() < 0.3 ? { account: one.from, version: this.accounts.get(one.from)?.version ?? 0n } : null;
    switch (route) {
      case 'deposit':
        return { kind: 'move', route, transactions: [[{ from: WORLD, to: one.from, amount: one.amount }]], expected };
      case 'withdrawal':
        return { kind: 'move', route, transactions: [[{ from: one.from, to: WORLD, amount: one.amount }]], expected };
      case 'transfer':
        return { kind: 'move', route, transactions: [[one]], expected: null };
      case 'transaction':
        return { kind: 'move', route, transactions: [list(posting)], expected: null };
      case 'batch':
        return { kind: 'move', route, transactions: list(() => list(posting)), expected: null };
    }
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
    const token = this.records.at(-1)?.position ?? 0n;
    for (const account of ACCOUNTS) {
      const asking = this.inquire(0, { kind: 'balance', account }, token);
      asking.read.isFinal = true;
      this.answer(this.answer(asking) as Asking);
    }
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
    if (kind < 0.72) {
      const done = this.writes.filter((write) => write.reuses === null && this.answers.get(write)?.kind === 'ok');
      if (done.length > 0) return this.ask(client, this.reuse(random.pick(done)));
    }
    const token = this.tokens.length > 0 && random.real() < 0.6 ? random.pick(this.tokens) : null;
    return this.inquire(client, this.question(token), token);
  }

  private inquire(client: number, question: ReadQuestion, token: bigint | null): Asking {
    const invokedMs = this.tick();
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

  private reuse(first: Write): Write {
    const command: Command = { kind: 'freeze', account: 'never', scope: 'all' };
    const write: Write = { ...first, id: this.writes.length, command, reuses: first.id, attempts: [] };
    this.answers.set(write, {
      kind: 'refused',
      status: 409,
      code: 'idempotency_key_reused',
      answer: '{"code":"idempotency_key_reused"}',
      replayed: false,
    });
    this.writes.push(write);
    return write;
  }

  private question(token: bigint | null): ReadQuestion {
    const { random } = this;
    const account = random.pick(ACCOUNTS);
    const recorded = formatMicros(random.pick(this.records.slice(6)).recordedAt);
    const kind = random.named({ balance: 5, log: 2, entries: 2, 'balance-at': 2 });
    if (kind === 'log') return { kind, after: token ?? 0n, limit: 1_000 };
    if (kind === 'entries') {
      const after = random.real() < 0.5 ? { position: random.pick(this.records.slice(6)).position, index: 0, cursor: 'next' } : null;
      return {
        kind,
        account,
        from: after === null ? recorded : formatMicros(FIRST_MICROS),
        limit: random.pick([PAGE_LIMIT, 1_000]),
        after,
      };
    }
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
