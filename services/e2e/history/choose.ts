import type { Command, Posting } from './history.ts';
import type { Random } from '../driver/index.ts';
import { WORLD } from './render.ts';

/** What a client does next, by weight. */
export const ACTIONS = {
  move: 50,
  freeze: 3,
  retry: 6,
  replay: 6,
  reuse: 2,
  'read own': 10,
  'read passed on': 7,
  'read any': 6,
  'read past': 4,
  entries: 3,
  log: 3,
};

/** Those that may have to wait for the read side. */
export const TOKEN_READS: ReadonlySet<keyof typeof ACTIONS> = new Set(['read own', 'read passed on', 'read past', 'entries']);

/** Minor units. Balances start high enough for most and low enough that some withdrawals are refused. */
export const INITIAL_BALANCE = 50_00n;
const AMOUNT_MAX = 40_00;
const LEGS_MAX = 4;
const TRANSACTIONS_MAX = 5;
/** The first account may hold no more than this, so that credits are refused as well. */
export const FULL_BALANCE = 150_00n;
/** So many accounts, the last ones, are frozen and unfrozen now and then; all others stay open. */
const FROZEN_NOW_AND_THEN = 2;

type Move = Extract<Command, { kind: 'move' }>;

const MOVES: Readonly<Record<Move['route'] | 'independent', number>> = {
  deposit: 24,
  withdrawal: 22,
  transfer: 34,
  transaction: 10,
  batch: 5,
  independent: 5,
};

/** One command, or (an independent batch) several that are sent in one request. */
export type Choice = { independent: false; command: Command } | { independent: true; commands: Command[] };

function posting(random: Random, accounts: readonly string[]): Posting {
  const from = random.pick(accounts);
  const to = random.pick(accounts.filter((account) => account !== from));
  return { from, to, amount: BigInt(random.whole(1, AMOUNT_MAX)) };
}

const list = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function move(route: Move['route'], transactions: Posting[][], expected: Move['expected'] = null): Move {
  return { kind: 'move', route, transactions, expected };
}

/** A random movement of money. `versionOf` gives the version of an account that its client saw last: every third deposit or withdrawal that can insists on it. */
export function chooseMove(random: Random, accounts: readonly string[], versionOf: (account: string) => bigint | undefined): Choice {
  const kind = random.named(MOVES);
  if (kind === 'independent') {
    const commands = list(random.whole(2, TRANSACTIONS_MAX), () => move('transaction', [[posting(random, accounts)]]));
    return { independent: true, commands };
  }
  if (kind === 'batch')
    return {
      independent: false,
      command: move(
        kind,
        list(random.whole(2, TRANSACTIONS_MAX), () => [posting(random, accounts)]),
      ),
    };
  if (kind === 'transaction')
    return { independent: false, command: move(kind, [list(random.whole(1, LEGS_MAX), () => posting(random, accounts))]) };
  if (kind === 'transfer') return { independent: false, command: move(kind, [[posting(random, accounts)]]) };
  const account = random.pick(accounts);
  const amount = BigInt(random.whole(1, AMOUNT_MAX));
  const sides = kind === 'deposit' ? { from: WORLD, to: account } : { from: account, to: WORLD };
  const seen = versionOf(account);
  const expected = seen !== undefined && random.real() < 0.3 ? { account, version: seen } : null;
  return { independent: false, command: move(kind, [[{ ...sides, amount }]], expected) };
}

/** Freezes half the time, of whatever state the account is in: half of these are refused. */
export function chooseFreeze(random: Random, accounts: readonly string[]): Command {
  const account = random.pick(accounts.slice(-FROZEN_NOW_AND_THEN));
  if (random.real() < 0.5) return { kind: 'unfreeze', account };
  return { kind: 'freeze', account, scope: random.pick(['all', 'debits']) };
}
