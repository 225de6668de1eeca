import type { LedgerRecord } from '@ledgerflow/contracts';

/**
 * `read.trial_balance`: per currency the sum of what accounts below zero lack (debits) and of what accounts above zero have (credits). An entry tells the balance after
 * it and its amount, so the balance before is known and a record's change needs no stored state. Digest: hashes of (currency, debits, credits).
 */
export interface TrialBalanceChange {
  /** Currencies that join the ledger get a row. */
  added: string[];
  moved: { currency: string; debits: bigint; credits: bigint }[];
}

const below = (balance: bigint): bigint => (balance < 0n ? -balance : 0n);
const above = (balance: bigint): bigint => (balance > 0n ? balance : 0n);

export function project(record: LedgerRecord): TrialBalanceChange {
  const added: string[] = [];
  const moved = new Map<string, { currency: string; debits: bigint; credits: bigint; sum: bigint }>();
  for (const event of record.events) {
    if (event.type === 'CurrencyAdded') added.push(event.data.code);
    if (event.type !== 'EntryPosted') continue;
    const { currency, amount, postedAfter: after } = event;
    const before = after - amount;
    const total = moved.get(currency) ?? { currency, debits: 0n, credits: 0n, sum: 0n };
    total.debits += below(after) - below(before);
    total.credits += above(after) - above(before);
    total.sum += amount;
    moved.set(currency, total);
  }
  for (const { currency, sum } of moved.values()) if (sum !== 0n) throw new Error(`the entries in ${currency} sum to ${sum}, not to zero`);
  return { added, moved: [...moved.values()].map(({ currency, debits, credits }) => ({ currency, debits, credits })) };
}
