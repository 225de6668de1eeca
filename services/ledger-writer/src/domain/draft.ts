import type { AccountEvent, AccountTerms, AccountTermsEventType, LedgerEvent } from '@ledgerflow/contracts';
import { AMOUNT_MAX } from '@ledgerflow/contracts';
import type { DecidedDetails, DecidedTransaction, LedgerState } from './decision.ts';
import { evolve } from './evolve.ts';
import type { Account } from './state.ts';

/**
 * The record under decision: the events so far, and the accounts as those events leave them. It lies over the state like tracing paper: a refused
 * command is dropped with its draft, the state below was never touched.
 */
export class Draft {
  readonly events: LedgerEvent[] = [];
  readonly transactions: DecidedTransaction[] = [];
  readonly details: DecidedDetails[] = [];
  readonly state: LedgerState;
  private readonly accounts = new Map<string, Account>();
  private readonly scales = new Map<string, number>();
  private opened = 0;

  constructor(state: LedgerState) {
    this.state = state;
  }

  account(id: string): Account | undefined {
    return this.accounts.get(id) ?? this.state.account(id);
  }

  scale(currency: string): number | undefined {
    return this.state.scale(currency) ?? this.scales.get(currency);
  }

  addCurrency(code: string, scale: number): void {
    this.scales.set(code, scale);
    this.events.push({ type: 'CurrencyAdded', data: { code, scale } });
  }

  private apply(event: AccountEvent, before: Account | undefined): Account {
    const after = evolve(before, event);
    this.accounts.set(event.account, after);
    this.events.push(event);
    return after;
  }

  /** Opens an account with the next number. */
  open(account: string, currency: string, terms: AccountTerms): Account {
    this.opened += 1;
    const accountNumber = this.state.accountCount + this.opened;
    return this.apply(
      { type: 'AccountOpened', account, accountNumber, currency, version: 1n, postedAfter: 0n, heldAfter: 0n, data: terms },
      undefined,
    );
  }

  /** States the account's terms anew. */
  change(type: AccountTermsEventType, before: Account, terms: AccountTerms): Account {
    const { account, number: accountNumber, currency, posted: postedAfter, held: heldAfter } = before;
    return this.apply(
      { type, account, accountNumber, currency, version: before.version + 1n, postedAfter, heldAfter, data: terms },
      before,
    );
  }

  /** Adds one entry; false when the balance would have more than 38 digits (every balance after an entry is in the record, so each one has to fit). */
  post(before: Account, transaction: number, amount: bigint): boolean {
    const postedAfter = before.posted + amount;
    if (postedAfter > AMOUNT_MAX || postedAfter < -AMOUNT_MAX) return false;
    this.apply(
      {
        type: 'EntryPosted',
        account: before.account,
        accountNumber: before.number,
        currency: before.currency,
        version: before.version + 1n,
        postedAfter,
        heldAfter: before.held,
        transaction,
        amount,
      },
      before,
    );
    return true;
  }
}
