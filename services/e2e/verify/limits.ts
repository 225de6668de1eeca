import type { AccountTerms, EventType } from '@ledgerflow/contracts';
import type { FoldedAccount } from './fold.ts';
import { Misfit } from './record.ts';
import type { AccountEventRow } from './rows.ts';

/** What an account's status forbids to any entry. */
export function checkEntry({ status, freezeScope }: AccountTerms, amount: bigint): void {
  if (status === 'closed') throw new Misfit('limits', `an entry of ${amount} on a closed account`);
  if (status === 'frozen' && (amount < 0n || freezeScope !== 'debits'))
    throw new Misfit('limits', `an entry of ${amount} on an account that is frozen (${freezeScope})`);
}

/** What holds of an account when its terms change. */
export function checkTerms(type: EventType, { posted, held }: FoldedAccount, { minBalance, maxBalance }: AccountTerms): void {
  if (type === 'AccountClosed' && (posted !== 0n || held !== 0n))
    throw new Misfit('limits', `it is closed with ${posted} posted and ${held} held`);
  if (minBalance !== null && maxBalance !== null && minBalance > maxBalance)
    throw new Misfit('limits', `its minimum ${minBalance} is above its maximum ${maxBalance}`);
  if (type === 'LimitsChanged' && ((minBalance !== null && posted < minBalance) || (maxBalance !== null && posted > maxBalance)))
    throw new Misfit(
      'limits',
      `its limits change to ${minBalance ?? 'none'} … ${maxBalance ?? 'none'}, which its balance ${posted} is not between`,
    );
}

/**
 * Limits hold at the end of each transaction for what it did to the account on the whole: what went down is held against the minimum (by what is available),
 * what went up against the maximum.
 */
export class LimitWatch {
  private position = -1;
  private transaction = -1;
  private before = 0n;
  private posted = 0n;
  private held = 0n;
  private terms: AccountTerms | null = null;

  entry(row: AccountEventRow, account: FoldedAccount): void {
    const [position, transaction] = [row[2], row[5] ?? 0];
    if (this.terms !== null && position === this.position && transaction === this.transaction) return;
    this.settle();
    this.position = position;
    this.transaction = transaction;
    this.before = account.posted;
    this.terms = account.terms;
  }

  after(account: FoldedAccount): void {
    this.posted = account.posted;
    this.held = account.held;
  }

  /** At the end of a transaction. Throws Misfit. */
  settle(): void {
    const { terms, before, posted, held } = this;
    this.terms = null;
    if (terms === null || posted === before) return;
    const { minBalance, maxBalance } = terms;
    const where = `transaction ${this.transaction} of position ${this.position} leaves`;
    if (posted < before && minBalance !== null && posted - held < minBalance)
      throw new Misfit('limits', `${where} ${posted - held} available, below the minimum ${minBalance}`, null, this.position);
    if (posted > before && maxBalance !== null && posted > maxBalance)
      throw new Misfit('limits', `${where} ${posted}, above the maximum ${maxBalance}`, null, this.position);
  }
}
