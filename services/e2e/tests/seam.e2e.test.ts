import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';
import { until } from '../stack/wait.ts';

interface MoneyAnswer {
  transactionId: string;
  position: string;
  recordedAt: string;
  entries: { account: string; amount: string; balanceAfter: string; version: string }[];
}

interface Balance {
  account: string;
  posted: string;
  available: string;
  version: string;
  asOf: string;
  asOfPosition: string;
}

describe.each([
  { feed: 'Kafka', kafka: true },
  { feed: 'the log feed', kafka: false },
])('a transfer through $feed', ({ kafka }) => {
  let stack: Stack;
  let api: ApiClient;

  beforeAll(async () => {
    stack = await Stack.start({ kafka });
    api = await stack.client({ roles: ['admin'] });
    await api.seed('seam', { alice: '100.00', bob: '0' });
  }, 120_000);
  afterAll(() => stack?.stop());

  it('goes from HTTP to the log and to the read model, and is read back with its token', async () => {
    const transfer = await api.mustPost<MoneyAnswer>('/ledgers/seam/transfers', {
      from: 'alice',
      to: 'bob',
      amount: '12.34',
      currency: 'USD',
      reference: 'rent',
    });
    expect(transfer.status).toBe(201);
    expect(transfer.body.entries).toEqual([
      expect.objectContaining({ account: 'alice', amount: '-12.34', balanceAfter: '87.66' }),
      expect.objectContaining({ account: 'bob', amount: '12.34', balanceAfter: '12.34' }),
    ]);
    const token = transfer.headers.get('ledger-consistency');
    expect(token).not.toBeNull();
    const balance = await api.get<Balance>('/ledgers/seam/accounts/bob/balance', { consistency: token });
    expect(balance.status).toBe(200);
    expect(balance.body).toMatchObject({ account: 'bob', posted: '12.34', available: '12.34' });
    expect(BigInt(balance.body.asOfPosition)).toBeGreaterThanOrEqual(BigInt(transfer.body.position));
    const found = await api.get<{ reference: string }>(`/ledgers/seam/transactions/${transfer.body.transactionId}`, { consistency: token });
    expect(found.body).toMatchObject({ id: transfer.body.transactionId, reference: 'rent' });
    const entries = await api.get<{ data: { balanceAfter: string }[] }>('/ledgers/seam/accounts/bob/entries', { consistency: token });
    expect(entries.body.data.map((entry) => entry.balanceAfter)).toContain('12.34');
  });

  it('is read as of the microsecond before and after it', async () => {
    const transfer = await api.mustPost<MoneyAnswer>('/ledgers/seam/transfers', {
      from: 'alice',
      to: 'bob',
      amount: '1.00',
      currency: 'USD',
    });
    const after = transfer.body.recordedAt;
    const before = after.replace(/(\d{6})Z$/, (digits) => `${String(Number(digits.slice(0, 6)) - 1).padStart(6, '0')}Z`);
    const balances = await Promise.all([before, after].map((at) => api.get<Balance>(`/ledgers/seam/accounts/bob/balance?at=${at}`)));
    expect(balances.map((answer) => answer.status)).toEqual([200, 200]);
    const minor = balances.map((answer) => BigInt(answer.body.posted.replace('.', '')));
    expect((minor[1] as bigint) - (minor[0] as bigint)).toBe(100n);
  });

  it('replays the same key with an equal body and refuses another body under it', async () => {
    const body = { from: 'alice', to: 'bob', amount: '0.50', currency: 'USD' };
    const first = await api.post('/ledgers/seam/transfers', body, { key: 'once' });
    const second = await api.post('/ledgers/seam/transfers', body, { key: 'once' });
    expect(second.text).toBe(first.text);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const other = await api.post('/ledgers/seam/transfers', { ...body, amount: '0.51' }, { key: 'once' });
    expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused']);
  });

  it('keeps the books: the trial balance nets to zero', async () => {
    const write = await api.mustPost('/ledgers/seam/accounts/alice/withdrawals', { amount: '5.00', currency: 'USD' });
    const trial = await api.get<{ currencies: { currency: string; debits: string; credits: string }[] }>('/ledgers/seam/trial-balance', {
      consistency: write.headers.get('ledger-consistency'),
    });
    expect(trial.status).toBe(200);
    for (const line of trial.body.currencies) expect(line.debits).toBe(line.credits);
  });

  it('streams records as server-sent events and resumes after Last-Event-ID', async () => {
    const token = await stack.issuer.token({ roles: ['viewer'] });
    const abort = new AbortController();
    const response = await fetch(`${stack.url}/api/v1/ledgers/seam/events/stream`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': '1', accept: 'text/event-stream' },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const write = await api.mustPost<MoneyAnswer>('/ledgers/seam/transfers', { from: 'alice', to: 'bob', amount: '0.01', currency: 'USD' });
    let text = '';
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await until('the stream carries the new record', async () => {
      text += (await reader.read()).value ?? '';
      return text.includes(`id: ${write.body.position}\n`);
    });
    abort.abort();
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    expect(ids[0]).toBe(2);
    expect(ids).toEqual(ids.map((_, index) => 2 + index));
  });
});
