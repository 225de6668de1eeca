import { formatMinor } from '@ledgerflow/contracts';
import type { HttpRequest } from '../driver/index.ts';
import type { Operation, Transfer } from './plan.ts';

/** Currency of every account of a load, and its decimals (ISO 4217). */
export const CURRENCY = 'USD';
export const SCALE = 2;

const HISTORY_LIMIT = 50;

/** Minor units as the API writes them: 1230n is "12.30". */
export const amountText = (minor: bigint): string => formatMinor(minor, SCALE);

/** Whether it writes, and so needs a key and may be tried again under it. */
export const isWrite = (operation: Operation): boolean => operation.kind !== 'balance' && operation.kind !== 'history';

function postingOf({ from, to, amount }: Transfer): Record<string, string> {
  return { from, to, amount: amountText(amount), currency: CURRENCY };
}

/** The request of an operation on a ledger, without key and token. `initialDeposit` is on accounts that it opens. */
export function requestOf(operation: Operation, ledger: string, initialDeposit: bigint): HttpRequest {
  const base = `/api/v1/ledgers/${encodeURIComponent(ledger)}`;
  const post = (path: string, body: unknown): HttpRequest => ({ method: 'POST', path: `${base}${path}`, body: JSON.stringify(body) });
  switch (operation.kind) {
    case 'deposit':
    case 'withdraw': {
      const movements = operation.kind === 'deposit' ? 'deposits' : 'withdrawals';
      return post(`/accounts/${operation.account}/${movements}`, { amount: amountText(operation.amount), currency: CURRENCY });
    }
    case 'transfer':
      return post('/transfers', postingOf(operation));
    case 'batch': {
      const transactions = operation.transfers.map((transfer) => ({ postings: [postingOf(transfer)] }));
      return post('/transactions/batch', { atomic: false, transactions });
    }
    case 'create':
      return post('/accounts', {
        id: operation.account,
        currency: CURRENCY,
        ...(initialDeposit > 0n ? { initialBalance: amountText(initialDeposit) } : {}),
      });
    case 'balance':
      return { method: 'GET', path: `${base}/accounts/${operation.account}/balance` };
    case 'history':
      return { method: 'GET', path: `${base}/accounts/${operation.account}/entries?limit=${HISTORY_LIMIT}` };
  }
}
