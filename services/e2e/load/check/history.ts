import { amountText } from '../requests.ts';
import type { LedgerReader } from './reader.ts';

export interface HistoryReport {
  outcome: 'ok' | 'wrong';
  /** Accounts whose history was read whole, and how many there are. */
  accounts: number;
  of: number;
  entries: number;
  /** The first thing that does not fit; null if all does. */
  difference: string | null;
}

export interface EntryLine {
  position: string;
  index: number;
  account: string;
  amount: string;
  balanceAfter: string;
  version: string;
}

/** A run with more accounts has this many of them read, evenly taken from all. */
const ACCOUNTS_MAX = 500;
/** After so many entries in all, no further page is begun: half a minute or so of reading. */
const ENTRIES_MAX = 200_000;
const CONCURRENCY = 8;
/** The first version of an account is its opening. */
const OPENING_VERSION = 1n;

/** All amounts here have the decimals of the currency of the load. */
const minor = (text: string): bigint => BigInt(text.replace('.', ''));

/** The history of one account, page by page from its first entry on. */
export class AccountHistory {
  private readonly account: string;
  private position = 0n;
  private index = 0;
  private version = OPENING_VERSION;
  private sum = 0n;

  constructor(account: string) {
    this.account = account;
  }

  /** What does not fit of a page; null if all does. */
  take(page: readonly EntryLine[]): string | null {
    for (const entry of page) {
      const position = BigInt(entry.position);
      if (entry.account !== this.account) return `version ${entry.version} is of account ${entry.account}`;
      if (position < this.position || (position === this.position && entry.index <= this.index))
        return `position ${position} index ${entry.index} is listed after ${this.position} index ${this.index}`;
      if (BigInt(entry.version) !== this.version + 1n) return `version ${entry.version} follows ${this.version}`;
      const sum = this.sum + minor(entry.amount);
      if (minor(entry.balanceAfter) !== sum)
        return `version ${entry.version} leaves ${entry.balanceAfter}; the entries so far sum to ${amountText(sum)}`;
      this.position = position;
      this.index = entry.index;
      this.version += 1n;
      this.sum = sum;
    }
    return null;
  }

  /** What does not fit at the end; null if the entries make the balance, in minor units. */
  end(balance: bigint): string | null {
    return this.sum === balance ? null : `the entries sum to ${amountText(this.sum)} instead of ${amountText(balance)}`;
  }
}

/** Reads the history of the accounts of the run and holds it against what they must have: the load itself reads pages of it without looking into them. */
export async function checkHistory(
  reader: LedgerReader,
  expected: ReadonlyMap<string, bigint>,
  doubtful: ReadonlySet<string>,
): Promise<HistoryReport> {
  const all = [...expected].filter(([account]) => !doubtful.has(account));
  const step = Math.max(1, all.length / ACCOUNTS_MAX);
  const chosen = Array.from(
    { length: Math.min(ACCOUNTS_MAX, all.length) },
    (_, index) => all[Math.floor(index * step)] as [string, bigint],
  );
  let accounts = 0;
  let entries = 0;
  let difference: string | null = null;
  const isOver = (): boolean => difference !== null || entries >= ENTRIES_MAX;
  /** Null also when it was left unfinished. */
  const read = async (account: string, balance: bigint): Promise<string | null> => {
    const history = new AccountHistory(account);
    for await (const page of reader.pages<EntryLine>(`/accounts/${encodeURIComponent(account)}/entries?`)) {
      entries += page.length;
      const wrong = history.take(page);
      if (wrong !== null || isOver()) return wrong;
    }
    accounts += 1;
    return history.end(balance);
  };
  const work = async (): Promise<void> => {
    for (let one = chosen.shift(); one !== undefined && !isOver(); one = chosen.shift()) {
      const wrong = await read(...one);
      if (wrong !== null) difference ??= `account ${one[0]}: ${wrong}`;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { outcome: difference === null ? 'ok' : 'wrong', accounts, of: all.length, entries, difference };
}
