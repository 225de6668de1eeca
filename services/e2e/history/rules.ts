import type { Book } from './book.ts';
import type { Command, Posting } from './history.ts';
import { money } from './render.ts';

/** A refusal as a rule gives it: its code and those of its parameters that are told apart. */
export interface Expected {
  code: string;
  parameters: Readonly<Record<string, string>>;
}

interface Standing {
  posted: bigint;
  status: string;
  freezeScope: string | null;
  minBalance: bigint | null;
  maxBalance: bigint | null;
  version: bigint;
}

/** The few rules that the commands of a run can meet, written down a second time, on what an account was at a position. */
class Standings {
  private readonly book: Book;
  private readonly position: bigint;
  private readonly moved = new Map<string, Standing>();

  constructor(book: Book, position: bigint) {
    this.book = book;
    this.position = position;
  }

  of(account: string): Standing {
    const unknown = { posted: 0n, status: 'open', freezeScope: null, minBalance: null, maxBalance: null, version: 0n };
    return this.moved.get(account) ?? this.book.at(account, this.position) ?? unknown;
  }

  move(account: string, amount: bigint): void {
    const standing = this.of(account);
    this.moved.set(account, { ...standing, posted: standing.posted + amount, version: standing.version + 1n });
  }
}

function frozen(standings: Standings, postings: readonly Posting[]): Expected | null {
  for (const { from, to } of postings) {
    const [source, target] = [standings.of(from), standings.of(to)];
    if (source.status === 'frozen') return { code: 'account_frozen', parameters: { account: from } };
    if (target.status === 'frozen' && target.freezeScope !== 'debits') return { code: 'account_frozen', parameters: { account: to } };
  }
  return null;
}

function limited(standings: Standings, postings: readonly Posting[]): Expected | null {
  const before = new Map<string, bigint>();
  for (const { from, to, amount } of postings) {
    for (const account of [from, to]) if (!before.has(account)) before.set(account, standings.of(account).posted);
    standings.move(from, -amount);
    standings.move(to, amount);
  }
  for (const [account, posted] of before) {
    const { posted: after, minBalance, maxBalance } = standings.of(account);
    if (after < posted && minBalance !== null && after < minBalance)
      return { code: 'insufficient_funds', parameters: { account, available: money(posted), amount: money(posted - after) } };
    if (after > posted && maxBalance !== null && after > maxBalance)
      return { code: 'limit_exceeded', parameters: { account, balance: money(posted), amount: money(after - posted) } };
  }
  return null;
}

/** Why a command is refused on the state after a position; null when it is not. */
export function refusalAt(command: Command, book: Book, position: bigint): Expected | null {
  const standings = new Standings(book, position);
  if (command.kind !== 'move') {
    const { status } = standings.of(command.account);
    if (command.kind === 'freeze') return status === 'frozen' ? { code: 'account_frozen', parameters: { account: command.account } } : null;
    return status === 'frozen' ? null : { code: 'account_not_frozen', parameters: { account: command.account } };
  }
  const { expected } = command;
  if (expected !== null) {
    const { version } = standings.of(expected.account);
    if (version !== expected.version)
      return { code: 'version_mismatch', parameters: { account: expected.account, actual: version.toString() } };
  }
  for (const [index, postings] of command.transactions.entries()) {
    const reason = frozen(standings, postings) ?? limited(standings, postings);
    if (reason === null) continue;
    const parameters = command.route === 'batch' ? { ...reason.parameters, index: String(index) } : reason.parameters;
    return { ...reason, parameters };
  }
  return null;
}

/** The accounts whose state decides over a command. */
export function accountsOf(command: Command): string[] {
  if (command.kind !== 'move') return [command.account];
  return [...new Set(command.transactions.flat().flatMap(({ from, to }) => [from, to]))].filter((account) => !account.startsWith('@'));
}
