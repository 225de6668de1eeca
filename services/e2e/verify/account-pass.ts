import { accountDigest, addDigest } from '@ledgerflow/contracts';
import { AccountFold } from './account-fold.ts';
import type { CheckName, Counts } from './checks.ts';
import { CorrectionCheck, type CorrectionRows } from './correction-check.ts';
import { Findings } from './differences.ts';
import { lackedOf } from './divergences.ts';
import { EventTally } from './event-tally.ts';
import { accountFields, statementDifference, summaryFields, type FoldedAccount, type StatementEvent } from './fold.ts';
import { NOWHERE, type Place } from './live.ts';
import type { Rows } from './merge.ts';
import { LetterCheck } from './letter-check.ts';
import { readAll } from './reading.ts';
import { sameJson } from './read-transactions.ts';
import { SearchCheck, type AskLexemes } from './search-check.ts';
import type { WordSums } from './word-tally.ts';
import { DayCheck } from './day-check.ts';
import { asMisfit, ENTRY } from './record.ts';
import type { DayRow, SearchRow, StatementRow, SummaryRow } from './read-rows.ts';
import { foldViewOf, reachOf, type ReadFacts } from './read-side.ts';
import type { AccountEventRow, AccountRow } from './rows.ts';

export interface AccountRows extends CorrectionRows {
  events: Rows<AccountEventRow>;
  accounts: Rows<AccountRow>;
  statement: Rows<StatementRow>;
  summary: Rows<SummaryRow>;
  days: Rows<DayRow>;
  search: Rows<SearchRow>;
}

export interface Balance {
  debits: bigint;
  credits: bigint;
}

export interface AccountResult {
  findings: Findings['list'];
  counts: Counts;
  /** Every account could be folded; the rest means something only then. */
  isComplete: boolean;
  accounts: number;
  accountDigest: bigint;
  /** The same of the accounts as the read model's summary should have them. */
  summaryDigest: bigint;
  summaryAccounts: number;
  /** Of the events up to the statement's position: those that it should lack, because they are parked or were discarded. */
  statementLacks: { rows: number; digest: bigint };
  /** By currency: what accounts have above and below zero, at the head and where the trial balance is. */
  balances: Map<string, Balance>;
  trialBalances: Map<string, Balance>;
  /** Of the words in the documents of the search, all found right; null when they are not. */
  words: WordSums | null;
}

export interface AccountPassOptions {
  /** Null: there is no read model to compare. */
  read: ReadFacts | null;
  scales: ReadonlyMap<string, number>;
  /** Null: there is no search to compare. */
  askLexemes: AskLexemes | null;
  differencesMax: number;
  onEvents: (count: number) => void;
}

const PROGRESS_EVENTS = 2_000;

function show(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

/**
 * Every account in the order of its versions: running balances, limits as they were in force, and at its end the account's row; on the way the read model's
 * statement, and its summary, each up to where it is; of an account of which records are parked, up to the first of them. One account is in memory at a time. After an
 * account's first difference the rest of it is passed over.
 */
export class AccountPass {
  private readonly rows: AccountRows;
  private readonly options: AccountPassOptions;
  private readonly findings: Findings;
  private readonly counts: Counts = {};
  private readonly result: Pick<AccountResult, 'accounts' | 'accountDigest' | 'summaryDigest' | 'summaryAccounts'> = {
    accounts: 0,
    accountDigest: 0n,
    summaryDigest: 0n,
    summaryAccounts: 0,
  };
  private readonly lacked = new EventTally();
  private readonly balances = new Map<string, Balance>();
  private readonly trialBalances = new Map<string, Balance>();
  private readonly corrections: CorrectionCheck;
  private readonly letters: LetterCheck;
  private readonly days: DayCheck;
  private readonly search: SearchCheck;
  private readonly statementPlace: Place;
  private isComplete = true;
  /** The account that is being read. */
  private number = 0;
  private fold: AccountFold;

  constructor(rows: AccountRows, options: AccountPassOptions) {
    this.rows = rows;
    this.options = options;
    this.findings = new Findings(options.differencesMax);
    this.corrections = new CorrectionCheck(rows, this.findings, (check) => this.count(check));
    this.letters = new LetterCheck(options.read, this.findings);
    this.days = new DayCheck(rows.days, this.findings, () => this.count('read days'));
    const { generation } = options.read?.places.account_search ?? NOWHERE;
    this.search = new SearchCheck(rows.search, generation, options.askLexemes, this.findings, () => this.count('read search'));
    this.statementPlace = options.read?.places.account_statement ?? NOWHERE;
    this.fold = this.newFold(0);
  }

  private newFold(number: number): AccountFold {
    return new AccountFold(foldViewOf(this.options.read, number), (check, count) => this.count(check, count));
  }

  async run(): Promise<AccountResult> {
    const isAllRead = await readAll(
      this.findings,
      () => this.read(),
      (number) => (number === this.number ? this.fold.id : null),
    );
    const { findings, counts, balances, trialBalances } = this;
    const isComplete = this.isComplete && isAllRead;
    const statementLacks = this.lacked.total();
    return {
      findings: findings.list,
      counts,
      isComplete,
      ...this.result,
      statementLacks,
      balances,
      trialBalances,
      words: this.search.wordSums,
    };
  }

  private async read(): Promise<void> {
    const { events } = this.rows;
    let expected = 1;
    while (events.has || (await events.more())) {
      const number = events.head[0];
      if (number !== expected)
        this.findings.add('accounts', events.head[2], null, `account number ${expected} has no events: the next one is ${number}`);
      expected = number + 1;
      await this.strays(number);
      await this.account(number);
    }
    await this.strays(Number.MAX_SAFE_INTEGER);
    await this.search.settle();
    this.letters.strays();
  }

  private count(check: CheckName, count = 1): void {
    this.counts[check] = (this.counts[check] ?? 0) + count;
  }

  /** Rows of accounts that the log does not have: those below `number`. */
  private async strays(number: number): Promise<void> {
    const { accounts, statement, summary } = this.rows;
    await this.corrections.begin(number);
    await this.days.begin(number);
    await this.search.begin(number);
    while ((accounts.has || (await accounts.more())) && accounts.head[0] < number) {
      const [stray, id] = accounts.take();
      this.findings.add('accounts', null, id, `there is a row of account ${id}, number ${stray}, which the log never opened`);
    }
    while ((summary.has || (await summary.more())) && summary.head[0] < number) {
      const [stray, id] = summary.take();
      this.findings.add('read accounts', null, id, `the read model has account ${id}, number ${stray}, which the log never opened`);
    }
    while ((statement.has || (await statement.more())) && statement.head[0] < number) {
      const [stray, position] = statement.take();
      this.findings.add(
        'read statement',
        position,
        null,
        `the read model has an event of account number ${stray} at position ${position}, which the log has not`,
      );
    }
  }

  private async account(number: number): Promise<void> {
    const { events, statement } = this.rows;
    const fold = this.newFold(number);
    this.fold = fold;
    this.number = number;
    this.letters.begin(number);
    const { read } = this.options;
    const statementTo = read === null ? -1 : reachOf(this.statementPlace, read.parked.get(number));
    const discarded = lackedOf(read?.divergences ?? [], 'account_statement', this.statementPlace.wholeTo, number);
    const daysTo = read === null ? -1 : reachOf(read.places.daily_balances, read.parked.get(number));
    const searched = read === null ? NOWHERE : read.places.account_search;
    const searchTo = read === null ? -1 : reachOf(searched, read.parked.get(number));
    const notSearched = lackedOf(read?.divergences ?? [], 'account_search', searched.wholeTo, number);
    let position = 0;
    let seenPosition: number | null = null;
    let isBroken = false;
    let isStatementBroken = false;
    while ((events.has || (await events.more())) && events.head[0] === number) {
      const row = events.take();
      if (events.taken % PROGRESS_EVENTS === 0) this.options.onEvents(PROGRESS_EVENTS);
      if (isBroken) continue;
      position = row[2];
      isBroken = this.isMisfit(fold, number, position, () => fold.event(row));
      if (isBroken) continue;
      this.letters.record(position);
      if (position <= daysTo) {
        if (this.days.isOver(row[11]!)) await this.days.settle(fold.id);
        this.days.event(row);
      }
      if (position <= searchTo && !notSearched.has(position)) this.search.event(row, fold);
      if (position > statementTo || discarded.has(position)) {
        if (position <= this.statementPlace.position) this.lacked.add(row, fold.id);
        continue;
      }
      seenPosition = position;
      const { current } = fold;
      if (current.effectiveAt !== current.recordedAt && current.type === ENTRY) await this.corrections.entry(current, fold.id);
      if (!isStatementBroken) isStatementBroken = !(await this.statementRow(current, number));
    }
    isBroken ||= this.isMisfit(fold, number, position, () => fold.finish());
    if (!isBroken && !isStatementBroken && (statement.has || (await statement.more())) && statement.head[0] === number) {
      const [, at] = statement.head;
      this.findings.add(
        'read statement',
        at,
        fold.id,
        `the read model has one more event of account ${fold.id} at position ${at} than the log has up to where it should be, position ${statementTo}`,
      );
    }
    while ((statement.has || (await statement.more())) && statement.head[0] === number) statement.take();
    if (isBroken) return this.passOver(number);
    await this.corrections.finish(seenPosition, fold.id);
    this.letters.finish(fold.id);
    await this.days.finish(fold.id);
    await this.search.finish(number, fold.id);
    await this.settle(fold);
  }

  private isMisfit(fold: AccountFold, number: number, position: number, step: () => void): boolean {
    try {
      step();
      return false;
    } catch (thrown) {
      const error = asMisfit(thrown);
      const name = fold.id ?? `number ${number}`;
      const at = error.position ?? position;
      this.isComplete = false;
      this.findings.add(error.check, at, name, `account ${name} at position ${at}: ${error.message}`);
      return true;
    }
  }

  /** Rows of an account whose events do not add up say nothing. */
  private async passOver(number: number): Promise<void> {
    const { accounts, summary } = this.rows;
    await this.corrections.passOver();
    await this.days.passOver();
    await this.search.passOver(number);
    if ((accounts.has || (await accounts.more())) && accounts.head[0] === number) accounts.take();
    if ((summary.has || (await summary.more())) && summary.head[0] === number) summary.take();
  }

  private async statementRow(current: StatementEvent, number: number): Promise<boolean> {
    const { fold } = this;
    const { statement } = this.rows;
    const say = (message: string): boolean => {
      this.findings.add('read statement', current.position, fold.id, `the read model's statement of account ${fold.id}: ${message}`);
      return false;
    };
    const isThere = (statement.has || (await statement.more())) && statement.head[0] === number;
    const row = isThere ? statement.head : null;
    if (row === null || row[1] > current.position || (row[1] === current.position && row[2] > current.index))
      return say(`event ${current.index} of position ${current.position} is missing`);
    statement.take();
    if (row[1] < current.position || row[2] < current.index) {
      this.findings.add(
        'read statement',
        row[1],
        fold.id,
        `the read model's statement of account ${fold.id} has event ${row[2]} of position ${row[1]}, which the log has not`,
      );
      return false;
    }
    this.count('read statement');
    const difference = statementDifference(current, row);
    if (difference !== null)
      return say(
        `${difference[0]} of event ${current.index} at position ${current.position} is ${show(difference[1])}, the log says ${show(difference[2])}`,
      );
    if (!fold.isDetailsUnknown && !sameJson(row[17], fold.details))
      return say(`the details of event ${current.index} at position ${current.position} are not those of the log`);
    return true;
  }

  /** The account is folded: its row, its summary, and what it adds to digests and balances. */
  private async settle(fold: AccountFold): Promise<void> {
    const { read, scales } = this.options;
    const account = fold.account!;
    this.result.accounts += 1;
    const digest = digestOf(account);
    this.result.accountDigest = addDigest(this.result.accountDigest, digest);
    addBalance(this.balances, account.currency, account.posted);
    await this.accountRow(account);
    if (fold.posted !== null) addBalance(this.trialBalances, account.currency, fold.posted);
    const seen = read === null ? null : fold.seen();
    if (seen === null) return;
    this.result.summaryAccounts += 1;
    this.result.summaryDigest = addDigest(this.result.summaryDigest, seen === account ? digest : digestOf(seen));
    await this.summaryRow(seen, scales.get(seen.currency));
  }

  private async accountRow(account: FoldedAccount): Promise<void> {
    const { accounts } = this.rows;
    const { id, number, position } = account;
    if (!((accounts.has || (await accounts.more())) && accounts.head[0] === number))
      return this.findings.add('accounts', position, id, `account ${id} has no row: the log has it up to position ${position}`);
    const row = accounts.take();
    this.count('accounts');
    this.fields('accounts', account, 'the row of account', accountFields(account, row), row[12]);
  }

  private async summaryRow(account: FoldedAccount, scale: number | undefined): Promise<void> {
    const { summary } = this.rows;
    const { id, number, position } = account;
    if (!((summary.has || (await summary.more())) && summary.head[0] === number))
      return this.findings.add(
        'read accounts',
        position,
        id,
        `the read model lacks account ${id}, which the log has up to position ${position}`,
      );
    const row = summary.take();
    this.count('read accounts');
    this.fields('read accounts', account, "the read model's row of account", summaryFields(account, row, scale), row[12]);
  }

  private fields(
    check: CheckName,
    account: FoldedAccount,
    what: string,
    fields: [string, unknown, unknown][],
    metadata: string | null,
  ): void {
    const { id, position } = account;
    const wrong = fields.find(([, found, expected]) => found !== expected);
    if (wrong !== undefined)
      this.findings.add(
        check,
        position,
        id,
        `${what} ${id} says ${wrong[0]} ${show(wrong[1])}, the log up to position ${position} says ${show(wrong[2])}`,
      );
    else if (!account.isProfileErased && !sameJson(metadata, account.metadata))
      this.findings.add(check, position, id, `${what} ${id} has other metadata than the log up to position ${position}`);
  }
}

function digestOf(account: FoldedAccount): bigint {
  const { id, version, posted, held, terms } = account;
  return accountDigest({ account: id, version: BigInt(version), posted, held, ...terms });
}

function addBalance(balances: Map<string, Balance>, currency: string, posted: bigint): void {
  let balance = balances.get(currency);
  if (balance === undefined) balances.set(currency, (balance = { debits: 0n, credits: 0n }));
  if (posted > 0n) balance.credits += posted;
  else balance.debits -= posted;
}
