import type { AccountEvent } from '@ledgerflow/contracts';
import { BrokenPromiseError } from './decision.ts';
import type { Account } from './state.ts';

/**
 * The account after one more event of its stream. Folding a whole log with this gives exactly the account rows. The assertions are what makes a hole,
 * a repeat or a wrong sum in the log visible at once; they cost two bigint operations.
 * All accounts are made with the same members in the same order: the hot path stays monomorphic.
 */
export function evolve(account: Account | undefined, event: AccountEvent): Account {
  if (event.version !== (account === undefined ? 1n : account.version + 1n)) {
    throw new BrokenPromiseError(`${event.account}: version ${event.version} after ${account?.version ?? 0n}`);
  }
  if (event.type === 'EntryPosted') {
    if (account === undefined) throw new BrokenPromiseError(`${event.account}: an entry before it was opened`);
    if (event.postedAfter !== account.posted + event.amount)
      throw new BrokenPromiseError(`${event.account}: ${account.posted} + ${event.amount} ≠ ${event.postedAfter}`);
    return {
      account: account.account,
      number: account.number,
      currency: account.currency,
      version: event.version,
      posted: event.postedAfter,
      held: event.heldAfter,
      status: account.status,
      freezeScope: account.freezeScope,
      minBalance: account.minBalance,
      maxBalance: account.maxBalance,
      ownerId: account.ownerId,
    };
  }
  if ((event.type === 'AccountOpened') !== (account === undefined))
    throw new BrokenPromiseError(`${event.account}: ${event.type} at version ${event.version}`);
  return {
    account: event.account,
    number: event.accountNumber,
    currency: event.currency,
    version: event.version,
    posted: event.postedAfter,
    held: event.heldAfter,
    status: event.data.status,
    freezeScope: event.data.freezeScope,
    minBalance: event.data.minBalance,
    maxBalance: event.data.maxBalance,
    ownerId: event.data.ownerId,
  };
}
