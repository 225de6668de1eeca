import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Answers = ReadonlyMap<string, Record<string, unknown>>;

/** One call, as the document shows it and a test makes it. */
export interface Example {
  /** Of the route. */
  operation: string;
  /** Beside those of PATH; a function takes them from answers before. */
  path?: Readonly<Record<string, string>> | ((before: Answers) => Record<string, string>);
  query?: Readonly<Record<string, string>>;
  body?: Readonly<Record<string, unknown>>;
  status: number;
}

/** What the parameters of paths are in examples. */
export const PATH: Readonly<Record<string, string>> = {
  ledger: 'shop',
  account: 'alice',
  transaction: '5',
  projection: 'account_summary',
  deadLetter: '1',
  rebuild: '0190c1a0-0000-7000-8000-0000000000bb',
  repair: '0190c1a0-0000-7000-8000-0000000000cc',
};

const usd = { currency: 'USD' };
const reads = (operation: string, query?: Readonly<Record<string, string>>): Example => ({
  operation,
  ...(query === undefined ? {} : { query }),
  status: 200,
});

/** In the order in which they are run on an installation without ledgers: each finds what those before it made. Every operation has one. */
export const EXAMPLES: readonly Example[] = [
  { operation: 'openLedger', body: { id: 'shop', currencies: ['USD', { code: 'POINTS', scale: 0 }] }, status: 201 },
  { operation: 'addCurrency', body: { code: 'EUR' }, status: 201 },
  {
    operation: 'openAccount',
    body: { id: 'alice', ...usd, name: 'Alice Meyer', ownerId: 'customer-1', metadata: { tier: 'gold' } },
    status: 201,
  },
  { operation: 'openAccount', body: { id: 'bob', ...usd, minBalance: '-50.00' }, status: 201 },
  { operation: 'createDeposit', body: { amount: '100.00', ...usd, externalId: 'payout-7', reference: 'salary' }, status: 201 },
  { operation: 'createWithdrawal', body: { amount: '20.00', ...usd, reference: 'cash' }, status: 201 },
  { operation: 'createTransfer', body: { from: 'alice', to: 'bob', amount: '12.34', ...usd, description: 'dinner' }, status: 201 },
  { operation: 'createTransaction', body: { postings: [{ from: 'bob', to: 'alice', amount: '2.00', ...usd }] }, status: 201 },
  {
    operation: 'createTransactionBatch',
    body: { atomic: true, transactions: [{ postings: [{ from: 'alice', to: 'bob', amount: '1.00', ...usd }], reference: 'first' }] },
    status: 201,
  },
  {
    operation: 'createTransactionBatch',
    body: {
      atomic: false,
      transactions: [
        { idempotencyKey: 'order-1', postings: [{ from: 'alice', to: 'bob', amount: '1.00', ...usd }] },
        { idempotencyKey: 'order-2', postings: [{ from: 'alice', to: 'bob', amount: '9000.00', ...usd }] },
      ],
    },
    status: 200,
  },
  { operation: 'updateAccount', body: { name: 'Alice Meyer-Ruiz', maxBalance: '5000.00' }, status: 200 },
  { operation: 'freezeAccount', path: { account: 'bob' }, body: { reason: 'under review', scope: 'debits' }, status: 200 },
  { operation: 'unfreezeAccount', path: { account: 'bob' }, body: { reason: 'review is done' }, status: 200 },
  { operation: 'openAccount', body: { id: 'short-lived', ...usd }, status: 201 },
  { operation: 'closeAccount', path: { account: 'short-lived' }, body: { reason: 'opened by mistake' }, status: 200 },
  reads('listActivity', { bucket: 'day' }),
  ...['listLedgers', 'getLedger', 'getTrialBalance', 'listAccounts', 'getAccount', 'getBalance', 'listBalances'].map((id) => reads(id)),
  reads('searchAccounts', { q: 'alice' }),
  ...['listDailyBalances', 'listEntries', 'listAccountEvents', 'listTransactions', 'getTransaction'].map((id) => reads(id)),
  reads('listEvents', { after: '6' }),
  reads('streamEvents', { after: '0' }),
  ...['getMe', 'getHealth', 'getOutbox', 'listProjections'].map((id) => reads(id)),
  { operation: 'createRebuild', body: { ledger: 'shop', maxRatePerSecond: 5_000 }, status: 202 },
  reads('listRebuilds'),
  ...['getRebuild', 'cancelRebuild'].map((operation): Example => ({
    operation,
    path: (before) => ({ rebuild: String(before.get('createRebuild')?.['id']) }),
    status: operation === 'getRebuild' ? 200 : 202,
  })),
  reads('listDeadLetters'),
  reads('getDeadLetter'),
  reads('retryDeadLetter'),
  {
    operation: 'getRepair',
    path: (before) => ({ repair: String(before.get('retryDeadLetter')?.['id']) }),
    status: 200,
  },
  { operation: 'discardDeadLetter', body: { reason: 'agreed with the tenant' }, status: 200 },
  { operation: 'retryAllDeadLetters', body: { ledger: 'shop' }, status: 200 },
  reads('listAudit'),
  { operation: 'exportAudit', query: { action: 'dlq.retry-all' }, status: 200 },
];

/** Where the answers are kept; RECORD_EXAMPLES=1 in the examples' test writes it anew. */
export const ANSWERS_FILE = fileURLToPath(new URL('./examples.json', import.meta.url));

/** "<operation> <status>" → the answer, as it was when it was recorded. */
export type RecordedAnswers = Readonly<Record<string, unknown>>;

export const readAnswers = (): RecordedAnswers => JSON.parse(readFileSync(ANSWERS_FILE, 'utf8')) as RecordedAnswers;
