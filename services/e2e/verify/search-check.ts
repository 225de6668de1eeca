import { levelOf, lexemesOf, metadataText, namingOf, vocabularyOf, type SearchTexts } from '@ledgerflow/read-model/projections';
import type { AccountFold } from './account-fold.ts';
import type { Findings } from './differences.ts';
import { ACCOUNT_OPENED, ENTRY } from './record.ts';
import type { Rows } from './merge.ts';
import type { SearchRow } from './read-rows.ts';
import type { AccountEventRow } from './rows.ts';
import { WordTally, type WordSums } from './word-tally.ts';

/** Documents that one question to the database is about. */
const PAGE = 1_000;

/** Of these accounts, those whose lexemes are not the ones that are given. */
export type AskLexemes = (accounts: readonly number[], lexemes: readonly string[]) => Promise<readonly number[]>;

interface Expected {
  texts: SearchTexts;
  /** A text of it was erased, so what its row should show is not known. */
  isErased: boolean;
  position: number;
}

interface Document {
  account: number;
  id: string;
  position: number;
  lexemes: string;
}

/**
 * The documents of the read model's search, one an account, beside those that the account's events make. Text is cut into words by the read model's own code; what the texts are comes from the log.
 * The words of all documents are tallied on the way, for the table of words.
 */
export class SearchCheck {
  private readonly words = new WordTally();
  /** Some documents are not known. */
  private isSpoilt = false;
  private readonly rows: Rows<SearchRow>;
  private readonly generation: number;
  private readonly ask: AskLexemes | null;
  private readonly findings: Findings;
  private readonly count: () => void;
  private expected: Expected | null = null;
  private page: Document[] = [];

  /** `ask` null: there is no search to compare. */
  constructor(rows: Rows<SearchRow>, generation: number, ask: AskLexemes | null, findings: Findings, count: () => void) {
    this.rows = rows;
    this.generation = generation;
    this.ask = ask;
    this.findings = findings;
    this.count = count;
  }

  /** Of the words of all documents; null when there is no search, or a document differs. */
  get wordSums(): WordSums | null {
    const { uses, sums } = this.words;
    return this.ask === null || this.isSpoilt ? null : { uses, sums };
  }

  /** Before an account's first event: rows of numbers below it are of no account. */
  async begin(number: number): Promise<void> {
    const { rows } = this;
    this.expected = null;
    while ((rows.has || (await rows.more())) && rows.head[0] < number) {
      const [stray, , id] = rows.take();
      this.findings.add('read search', null, id, `the read model's search has account ${id}, number ${stray}, which the log never opened`);
    }
  }

  /** An event that the projection has, after the fold has it. */
  event([, , position, , type]: AccountEventRow, { account, details, isDetailsUnknown }: AccountFold): void {
    if (type === ENTRY || account === null) return;
    if (type === ACCOUNT_OPENED) {
      const { id, currency, terms } = account;
      const texts = { id, currency, status: terms.status, ownerId: terms.ownerId, name: null, metadata: null };
      this.expected = { texts, isErased: false, position };
    }
    const { expected } = this;
    if (expected === null) return;
    expected.position = position;
    expected.texts.status = account.terms.status;
    if (isDetailsUnknown) expected.isErased = true;
    expected.texts.name = details?.name ?? expected.texts.name;
    const metadata = details?.metadata ?? null;
    if (metadata !== null) expected.texts.metadata = metadataText(metadata);
  }

  /** After an account's last event. */
  async finish(number: number, id: string | null): Promise<void> {
    const { rows, expected } = this;
    const row = (rows.has || (await rows.more())) && rows.head[0] === number ? rows.take() : null;
    if (this.ask === null) return;
    if (expected === null) {
      if (row !== null) this.say(null, id, 'is there, the log has nothing of it up to where the search is');
      return;
    }
    const { texts, isErased, position } = expected;
    this.count();
    if (row === null) return this.say(position, id, 'is missing');
    if (isErased) [texts.name, texts.metadata] = [row[6], row[7]];
    const level = levelOf(this.generation, number);
    const fields: [string, unknown, unknown][] = [
      ['level', row[1], Number(level)],
      ['id', row[2], texts.id],
      ['currency', row[3], texts.currency],
      ['status', row[4], texts.status],
      ['owner', row[5], texts.ownerId],
      ['name', row[6], texts.name],
      ['metadata', row[7], texts.metadata],
      ['naming', row[8], namingOf(texts)],
    ];
    const wrong = fields.find(([, found, said]) => found !== said);
    if (wrong !== undefined)
      return this.say(position, id, `says ${wrong[0]} ${JSON.stringify(wrong[1])}, the log says ${JSON.stringify(wrong[2])}`);
    for (const word of vocabularyOf(texts)) this.words.add(word, 1);
    this.page.push({ account: number, id: texts.id, position, lexemes: lexemesOf(level, texts) });
    if (this.page.length >= PAGE) await this.settle();
  }

  /** The account's events do not add up: its document says nothing, and nor do the words of all. */
  async passOver(number: number): Promise<void> {
    const { rows } = this;
    this.isSpoilt = true;
    if ((rows.has || (await rows.more())) && rows.head[0] === number) rows.take();
  }

  /** The lexemes of the documents that were read last; after the last account too. */
  async settle(): Promise<void> {
    const { page } = this;
    if (page.length === 0 || this.ask === null) return;
    this.page = [];
    const wrong = new Set(
      await this.ask(
        page.map(({ account }) => account),
        page.map(({ lexemes }) => lexemes),
      ),
    );
    for (const { account, id, position } of page)
      if (wrong.has(account))
        this.say(position, id, 'has other words than its texts: the search finds it by what it does not have, or not at all');
  }

  private say(position: number | null, id: string | null, what: string): void {
    this.isSpoilt = true;
    this.findings.add('read search', position, id, `the document of account ${id} in the read model's search ${what}`);
  }
}
