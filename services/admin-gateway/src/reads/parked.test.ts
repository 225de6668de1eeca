import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WaitOutcome } from '@ledgerflow/read-model';
import { type Reply, TestGateway } from '../test/gateway.ts';

const TOKEN = 'ledger-consistency';
const HELD = 'ledger-held-at';
const MAIN = '/ledgers/main';

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition();) {
    if (performance.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('reads while records of an account are parked', () => {
  let test: TestGateway;
  /** When alice had 1.00, before anything was parked, and then 3.00. */
  let before: Reply;
  let last: Reply;
  let held: bigint;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0', bob: '0' });
    before = await test.post(`${MAIN}/accounts/alice/deposits`, { amount: '1', currency: 'USD' });
    held = BigInt(before.body['position'] as string);
    test.reads.parked.set('alice', held + 1n);
    test.reads.heldAt = held;
    last = await test.post(`${MAIN}/accounts/alice/deposits`, { amount: '2', currency: 'USD' });
    await test.post(`${MAIN}/accounts/alice/freeze`, { reason: 'a check' });
    await test.post(`${MAIN}/accounts/bob/deposits`, { amount: '5', currency: 'USD' });
  });
  afterAll(() => test.stop());

  const reader = { subject: 'reader' };
  const get = (path: string, token?: Reply): Promise<Reply> =>
    test.get(path, token === undefined ? {} : { [TOKEN]: token.headers.get(TOKEN)! }, reader);
  const parked = async (path: string, token?: Reply): Promise<void> => {
    const reply = await get(path, token);
    expect([path, reply.status, reply.body['code'], reply.headers.get('retry-after')]).toEqual([path, 503, 'projection_parked', '1']);
  };

  it('its balance and its state are answered by the writer, as of the head', async () => {
    const head = (await test.head('main')).toString();
    for (const token of [undefined, last]) {
      const balance = await get(`${MAIN}/accounts/alice/balance`, token);
      expect([balance.status, balance.body['posted'], balance.body['asOfPosition']]).toEqual([200, '3.00', head]);
      const account = await get(`${MAIN}/accounts/alice`, token);
      expect(account.body).toMatchObject({ id: 'alice', posted: '3.00', status: 'frozen', asOfPosition: head, name: null });
      expect([account.headers.get('etag'), account.headers.get(HELD)]).toEqual([`"${account.body['version'] as string}"`, null]);
    }
  });

  it('is answered by the writer when the read model is there too: who reads afterwards is not shown an older state', async () => {
    const own = await TestGateway.start();
    try {
      await own.seed('main', { alice: '1.00', bob: '0' });
      own.reads.parked.set('alice', await own.head('main'));
      own.reads.held = true;
      const written = await own.post(`${MAIN}/accounts/bob/deposits`, { amount: '5', currency: 'USD' });
      let isAnswered = false;
      const asked = own.get(`${MAIN}/accounts/alice/balance`, {}, reader).finally(() => (isAnswered = true));
      await until(() => own.reads.waiting === 1 || isAnswered);
      expect(isAnswered).toBe(false);
      own.reads.catchUp();
      expect((await asked).body['asOfPosition']).toBe(written.body['position']);
      expect((await own.get(`${MAIN}/accounts/bob/balance`, {}, reader)).body['asOfPosition']).toBe(written.body['position']);
    } finally {
      await own.stop();
    }
  });

  it('what holds before a parked record is not waited for: a read with a token is refused at once, another answered', async () => {
    const wait = (): Promise<WaitOutcome> => Promise.resolve({ kind: 'held', position: 7n });
    // The test would end before it.
    const own = await TestGateway.start({ applied: { wait }, consistencyWaitMs: 600_000 });
    try {
      await own.seed('main', { alice: '1.00' });
      own.reads.held = true;
      const written = await own.post(`${MAIN}/accounts/alice/deposits`, { amount: '5', currency: 'USD' });
      const refused = await own.get(`${MAIN}/trial-balance`, { [TOKEN]: written.headers.get(TOKEN)! });
      expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([503, 'projection_parked', '1']);
      expect(refused.body['detail']).toContain('holds at position 7');
      expect((await own.get(`${MAIN}/trial-balance`)).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it('not by the read model when the writer is gone', async () => {
    const own = await TestGateway.start();
    try {
      await own.seed('main', { alice: '1.00' });
      own.reads.parked.set('alice', await own.head('main'));
      await own.pauseWriter();
      const reply = await own.get(`${MAIN}/accounts/alice/balance`);
      expect([reply.status, reply.body['code']]).toEqual([503, 'unavailable']);
    } finally {
      await own.stop();
    }
  });

  it('its past up to the parked record is answered as ever, its past from there on and what needs all of it are not', async () => {
    const at = before.body['recordedAt'] as string;
    expect((await get(`${MAIN}/accounts/alice/balance?at=${at}`)).body).toMatchObject({ posted: '1.00', asOfPosition: held.toString() });
    expect((await get(`${MAIN}/accounts/alice?at=${at}`)).body).toMatchObject({ posted: '1.00', status: 'open' });
    const later = last.body['recordedAt'] as string;
    await parked(`${MAIN}/accounts/alice/balance?at=${later}`);
    await parked(`${MAIN}/accounts/alice?at=${later}`);
    await parked(`${MAIN}/accounts/alice/entries`);
    await parked(`${MAIN}/accounts/alice/balance?effectiveAt=${at}`);
    await parked(`${MAIN}/accounts/alice?effectiveAt=${at}`);
    await parked(`${MAIN}/trial-balance?at=${later}`);
    expect((await get(`${MAIN}/accounts/alice/events`)).status).toBe(200);
  });

  it('other accounts flow, also for who names a place', async () => {
    const deposit = await test.post(`${MAIN}/accounts/bob/deposits`, { amount: '1', currency: 'USD' });
    const balance = await get(`${MAIN}/accounts/bob/balance`, deposit);
    expect([balance.body['posted'], balance.headers.get(HELD)]).toEqual(['6.00', null]);
    expect((await get(`${MAIN}/accounts/bob/entries`, deposit)).body['data']).toHaveLength(2);
  });

  it('lists have what the writer says of it, and what of that fits their filter', async () => {
    const accounts = (await get(`${MAIN}/accounts`, last)).body['data'] as { id: string; posted: string; asOfPosition: string }[];
    expect(accounts).toMatchObject([
      { id: 'alice', posted: '3.00', status: 'frozen', asOfPosition: (await test.head('main')).toString() },
      { id: 'bob' },
    ]);
    expect((await get(`${MAIN}/accounts?status=frozen`)).body['data']).toMatchObject([{ id: 'alice' }]);
    expect((await get(`${MAIN}/accounts?status=open`)).body['data']).toMatchObject([{ id: 'bob' }]);
    expect((await get(`${MAIN}/balances?prefix=al`, last)).body['data']).toMatchObject([{ account: 'alice', posted: '3.00' }]);
  });

  it('lists that lack an account are refused, and pages with more parked accounts than may be asked for', async () => {
    test.reads.parked.set('carol', held + 1n);
    await parked(`${MAIN}/accounts`);
    await parked(`${MAIN}/balances`);
    test.reads.parked.delete('carol');
    const many = Array.from({ length: 21 }, (_, i) => `many-${String(i).padStart(2, '0')}`);
    for (const id of many) await test.post(`${MAIN}/accounts`, { id, currency: 'USD' });
    for (const id of many) test.reads.parked.set(id, 1_000_000n);
    await parked(`${MAIN}/balances?prefix=many`);
    expect((await get(`${MAIN}/balances?prefix=many&limit=20`)).body['data']).toHaveLength(20);
    for (const id of many) test.reads.parked.delete(id);
  });

  it('what the whole ledger makes together stands for where it is held and says so; a token beyond it is refused, not stale', async () => {
    for (const path of [MAIN, `${MAIN}/trial-balance`, `${MAIN}/transactions`, `${MAIN}/transactions/${held}`]) {
      const reply = await get(path);
      expect([path, reply.status, reply.headers.get(HELD)]).toEqual([path, 200, held.toString()]);
      await parked(path, last);
      expect((await get(path, before)).status).toBe(200);
    }
    expect((await get(`${MAIN}/trial-balance`)).body['asOfPosition']).toBe(held.toString());
    // It is in the log: nobody is told that it is not.
    await parked(`${MAIN}/transactions/${last.body['transactionId'] as string}`);
    expect((await get(`${MAIN}/transactions/99999`)).body['code']).toBe('transaction_not_found');
    // Its own last write is no reason to wait for a projection that is held.
    const own = await test.get(`${MAIN}/trial-balance`);
    expect([own.status, own.headers.get(HELD)]).toEqual([200, held.toString()]);
    await parked('/ledgers', last);
    expect((await get('/ledgers', before)).body['data']).toMatchObject([{ id: 'main', position: held.toString() }]);
  });
});
