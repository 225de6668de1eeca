import { CURRENCY, amountText } from '../requests.ts';
import type { LedgerReader } from './reader.ts';

export interface BalanceDifference {
  account: string;
  /** From what was acknowledged to the run; null: there should be no such account. */
  expected: string | null;
  /** As read; null: there is no such account. */
  found: string | null;
}

export interface BalancesReport {
  outcome: 'ok' | 'wrong';
  accounts: number;
  /** Of these, left out: a write on them was never answered. */
  doubtful: number;
  /** The first ones. */
  differences: BalanceDifference[];
}

interface BalanceLine {
  account: string;
  currency: string;
  posted: string;
}

const DIFFERENCES_MAX = 10;

/**
 * Holds the balances of the accounts that only the run used against what it expects from its acknowledged operations: a lost write, a doubled one, or one that was
 * refused and yet had an effect shows here without trust in anything that the service says about itself.
 */
export async function checkBalances(
  reader: LedgerReader,
  prefix: string,
  expected: ReadonlyMap<string, bigint>,
  doubtful: ReadonlySet<string>,
): Promise<BalancesReport> {
  const differences: BalanceDifference[] = [];
  const differ = (difference: BalanceDifference): void => void (differences.length < DIFFERENCES_MAX && differences.push(difference));
  const missing = new Set(expected.keys());
  for await (const page of reader.pages<BalanceLine>(`/balances?prefix=${encodeURIComponent(prefix)}&`)) {
    for (const { account, currency, posted } of page) {
      const amount = expected.get(account);
      const should = amount === undefined ? null : amountText(amount);
      missing.delete(account);
      if (doubtful.has(account)) continue;
      if (posted !== should || currency !== CURRENCY)
        differ({ account, expected: should, found: `${posted}${currency === CURRENCY ? '' : ` ${currency}`}` });
    }
  }
  for (const account of missing)
    if (!doubtful.has(account)) differ({ account, expected: amountText(expected.get(account) ?? 0n), found: null });
  return { outcome: differences.length === 0 ? 'ok' : 'wrong', accounts: expected.size, doubtful: doubtful.size, differences };
}
