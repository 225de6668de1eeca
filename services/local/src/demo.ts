import { requestToken } from './identity/request-token.ts';

/** What the first start puts into the ledger `demo`: enough to look at, and to send a first transfer between. */
const ACCOUNTS = [
  { id: 'alice', currency: 'USD', name: 'Alice Meyer', ownerId: 'customer-1' },
  { id: 'bob', currency: 'USD', name: 'Bob Okafor', ownerId: 'customer-2' },
  { id: 'coffee-shop', currency: 'USD', name: 'Corner Coffee', ownerId: 'merchant-1' },
  { id: 'carla', currency: 'EUR', name: 'Carla Rossi', ownerId: 'customer-3' },
  { id: 'dmitri', currency: 'EUR', name: 'Dmitri Novak', ownerId: 'customer-4' },
] as const;

const MOVEMENTS: readonly { path: string; body: Record<string, unknown> }[] = [
  { path: 'accounts/alice/deposits', body: { amount: '1000.00', currency: 'USD', reference: 'salary' } },
  { path: 'accounts/bob/deposits', body: { amount: '250.00', currency: 'USD', reference: 'opening' } },
  { path: 'accounts/carla/deposits', body: { amount: '800.00', currency: 'EUR', reference: 'salary' } },
  { path: 'transfers', body: { from: 'alice', to: 'coffee-shop', amount: '4.80', currency: 'USD', reference: 'two espressi' } },
  { path: 'transfers', body: { from: 'alice', to: 'bob', amount: '120.00', currency: 'USD', reference: 'concert tickets' } },
  { path: 'transfers', body: { from: 'carla', to: 'dmitri', amount: '65.50', currency: 'EUR', reference: 'dinner' } },
  { path: 'accounts/bob/withdrawals', body: { amount: '40.00', currency: 'USD', reference: 'cash' } },
];

const DEADLINE_MS = 30_000;
const RETRY_MS = 200;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Fills the demo ledger through the API. Every call has a key of its own that never changes, so a start that was interrupted is repeated
 * without harm. Throws when the API refuses or does not get ready in time.
 */
export async function fillDemo(apiUrl: string, issuer: string, abort: AbortSignal): Promise<void> {
  const token = await requestToken(issuer, { roles: ['admin'], subject: 'demo', ttlSeconds: 300 });
  const deadline = performance.now() + DEADLINE_MS;
  const post = async (path: string, key: string, body: unknown): Promise<void> => {
    for (;;) {
      const response = await fetch(`${apiUrl}/api/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.any([abort, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      }).catch((error: Error) => error);
      const status = response instanceof Error ? 503 : response.status;
      const text = response instanceof Error ? response.message : await response.text();
      if (status < 300 || status === 409) return;
      const isTransient = status === 503 || status === 429;
      if (!isTransient || abort.aborted || performance.now() > deadline)
        throw new Error(`POST /api/v1/${path}: ${status} ${text.slice(0, 300)}`);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  };
  await post('ledgers', 'demo-ledger', { id: 'demo', currencies: ['USD', 'EUR'] });
  for (const account of ACCOUNTS) await post('ledgers/demo/accounts', `demo-account-${account.id}`, account);
  for (const [index, { path, body }] of MOVEMENTS.entries()) await post(`ledgers/demo/${path}`, `demo-movement-${index}`, body);
}
