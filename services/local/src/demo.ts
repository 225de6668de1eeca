import { type BodyOf, createLedgerFlow, type LedgerFlow, LedgerFlowProblem } from '@ledgerflow/client';
import { requestToken } from './identity/request-token.ts';

/** What the first start puts into the ledger `demo`: enough to look at, and to send a first transfer between. */
const ACCOUNTS = [
  { id: 'alice', currency: 'USD', name: 'Alice Meyer', ownerId: 'customer-1' },
  { id: 'bob', currency: 'USD', name: 'Bob Okafor', ownerId: 'customer-2' },
  { id: 'coffee-shop', currency: 'USD', name: 'Corner Coffee', ownerId: 'merchant-1' },
  { id: 'carla', currency: 'EUR', name: 'Carla Rossi', ownerId: 'customer-3' },
  { id: 'dmitri', currency: 'EUR', name: 'Dmitri Novak', ownerId: 'customer-4' },
] as const;

type Fill = (api: LedgerFlow, call: { idempotencyKey: string; signal: AbortSignal }) => Promise<unknown>;

const ledger = 'demo';
const deposit =
  (account: string, body: BodyOf<'createDeposit'>): Fill =>
  (api, call) =>
    api.createDeposit({ ledger, account, body }, call);
const transfer =
  (body: BodyOf<'createTransfer'>): Fill =>
  (api, call) =>
    api.createTransfer({ ledger, body }, call);

const MOVEMENTS: readonly Fill[] = [
  deposit('alice', { amount: '1000.00', currency: 'USD', reference: 'salary' }),
  deposit('bob', { amount: '250.00', currency: 'USD', reference: 'opening' }),
  deposit('carla', { amount: '800.00', currency: 'EUR', reference: 'salary' }),
  transfer({ from: 'alice', to: 'coffee-shop', amount: '4.80', currency: 'USD', reference: 'two espressi' }),
  transfer({ from: 'alice', to: 'bob', amount: '120.00', currency: 'USD', reference: 'concert tickets' }),
  transfer({ from: 'carla', to: 'dmitri', amount: '65.50', currency: 'EUR', reference: 'dinner' }),
  (api, call) => api.createWithdrawal({ ledger, account: 'bob', body: { amount: '40.00', currency: 'USD', reference: 'cash' } }, call),
];

/** The services are still starting: short waits, and a bound for each call. */
const RETRY = { attemptsMax: 200, totalMs: 30_000, attemptMs: 5_000, waitMsMax: 400 };

/**
 * Fills the demo ledger through the API. Every call has a key of its own that never changes, so a start that was interrupted is repeated
 * without harm. Throws when the API refuses or does not get ready in time.
 */
export async function fillDemo(apiUrl: string, issuer: string, abort: AbortSignal): Promise<void> {
  const token = await requestToken(issuer, { roles: ['admin'], subject: 'demo', ttlSeconds: 300 });
  const api = createLedgerFlow({ baseUrl: apiUrl, credentials: token, retry: RETRY });
  const fill = (idempotencyKey: string, work: Fill): Promise<unknown> =>
    work(api, { idempotencyKey, signal: abort }).catch((error: unknown) => {
      // There since an earlier start.
      if (!(error instanceof LedgerFlowProblem && error.status === 409)) throw error;
    });
  await fill('demo-ledger', (client, call) => client.openLedger({ body: { id: ledger, currencies: ['USD', 'EUR'] } }, call));
  for (const account of ACCOUNTS)
    await fill(`demo-account-${account.id}`, (client, call) => client.openAccount({ ledger, body: account }, call));
  for (const [index, movement] of MOVEMENTS.entries()) await fill(`demo-movement-${index}`, movement);
}
