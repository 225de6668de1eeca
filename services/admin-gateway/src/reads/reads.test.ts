import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../test/gateway.ts';
import { ConsistencyTokens } from './consistency.ts';

const TOKEN = 'ledger-consistency';
const BALANCE = '/ledgers/main/accounts/alice/balance';

describe('consistent reads', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0' });
    await test.seed('other', { alice: '0' });
  });
  beforeEach(() => {
    test.reads.held = false;
    test.reads.stoppedReason = null;
    test.reads.catchUp();
  });
  afterAll(() => test.stop());

  const deposit = (subject?: string) =>
    test.post('/ledgers/main/accounts/alice/deposits', { amount: '1', currency: 'USD' }, {}, { subject });

  it('wait for what their token asks for', async () => {
    test.reads.held = true;
    const write = await deposit();
    const read = test.get(BALANCE, { [TOKEN]: write.headers.get(TOKEN)! }, { subject: 'reader' });
    const early = await test.get(BALANCE, {}, { subject: 'reader' });
    expect(Number(early.body['asOfPosition'])).toBeLessThan(Number(write.body['position']));
    test.reads.catchUp();
    expect((await read).body['asOfPosition']).toBe(write.body['position']);
  });

  it('answer 503 with Retry-After rather than older ones', async () => {
    test.reads.held = true;
    const write = await deposit();
    const read = await test.get(BALANCE, { [TOKEN]: write.headers.get(TOKEN)! });
    expect([read.status, read.body['code'], read.headers.get('retry-after')]).toEqual([503, 'not_yet_consistent', '1']);
  });

  it("without a token wait a little for the caller's own last write through this process, then answer what is there", async () => {
    test.reads.held = true;
    const write = await deposit('writer');
    const own = test.get(BALANCE, {}, { subject: 'writer' });
    const others = await test.get(BALANCE, {}, { subject: 'reader' });
    expect(others.body['asOfPosition']).not.toBe(write.body['position']);
    test.reads.catchUp();
    expect((await own).body['asOfPosition']).toBe(write.body['position']);
    await deposit('writer');
    expect((await test.get(BALANCE, {}, { subject: 'writer' })).body['asOfPosition']).toBe(write.body['position']);
  });

  it('refuse tokens of other ledgers and of an epoch before', async () => {
    const write = await deposit();
    const other = await test.get('/ledgers/other/accounts/alice/balance', { [TOKEN]: write.headers.get(TOKEN)! });
    expect([other.status, other.body['code']]).toEqual([400, 'invalid_consistency_token']);
    const old = new ConsistencyTokens('a-secret-for-tests-of-32-characters!').issue('main', { epoch: 0, position: 1n });
    const superseded = await test.get(BALANCE, { [TOKEN]: old });
    expect([superseded.status, superseded.body['code']]).toEqual([409, 'epoch_superseded']);
    const future = new ConsistencyTokens('a-secret-for-tests-of-32-characters!').issue('main', { epoch: 2, position: 1n });
    expect((await test.get(BALANCE, { [TOKEN]: future })).body['code']).toBe('not_yet_consistent');
  });

  it('of the past say the time and position they stand for, and stay the same', async () => {
    const first = await deposit();
    const at = first.body['recordedAt'] as string;
    const before = await test.get(`${BALANCE}?at=${at}`);
    expect(before.body).toMatchObject({ asOf: at, asOfPosition: first.body['position'] });
    await deposit();
    const after = await test.get(`${BALANCE}?at=${at}`);
    expect(after.text).toBe(before.text);
    const account = await test.get(`/ledgers/main/accounts/alice?at=${at}`);
    expect(account.body).toMatchObject({ id: 'alice', status: 'open', posted: before.body['posted'], asOf: at });
    const trial = await test.get(`/ledgers/main/trial-balance?at=${at}`);
    expect(trial.body).toMatchObject({
      balanced: true,
      currencies: [{ currency: 'USD', debits: before.body['posted'], credits: before.body['posted'] }],
      asOf: at,
    });
    expect((await test.get(`${BALANCE}?at=2001-01-01T00:00:00Z`)).body['code']).toBe('account_not_found');
  });

  it('wait until the position of the past is applied', async () => {
    test.reads.held = true;
    const write = await deposit();
    const late = await test.get(`${BALANCE}?at=${String(write.body['recordedAt'])}`);
    expect([late.status, late.body['code']]).toEqual([503, 'not_yet_consistent']);
    const read = test.get(`${BALANCE}?at=${String(write.body['recordedAt'])}`);
    test.reads.catchUp();
    expect((await read).body['asOfPosition']).toBe(write.body['position']);
  });

  it('of a ledger at which the read side has stopped are refused, those of a past that it has too', async () => {
    const first = await deposit();
    expect((await test.get(`${BALANCE}?at=${String(first.body['recordedAt'])}`)).status).toBe(200);
    test.reads.held = true;
    test.reads.stoppedReason = 'a record does not fit';
    for (const path of ['', '/accounts', '/accounts/alice', '/accounts/alice/entries', '/balances', '/transactions', '/trial-balance']) {
      const now = await test.get(`/ledgers/main${path}`, {}, { subject: 'reader' });
      expect([path, now.status, now.body['code'], now.headers.get('retry-after')]).toEqual([path, 503, 'projection_parked', '1']);
    }
    const later = await deposit();
    // The first is resolved on the read side, the other by the writer.
    for (const { body } of [first, later]) {
      const past = await test.get(`${BALANCE}?at=${String(body['recordedAt'])}`);
      expect([past.status, past.body['code']]).toEqual([503, 'projection_parked']);
    }
  });

  it('on the effective axis count backdated money from its time', async () => {
    await test.post('/ledgers/main/accounts', { id: 'late', currency: 'USD', initialBalance: '1' });
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    await test.post('/ledgers/main/accounts/late/deposits', { amount: '5', currency: 'USD', effectiveAt: yesterday });
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect((await test.get(`/ledgers/main/accounts/late/balance?effectiveAt=${hourAgo}`)).body['posted']).toBe('5.00');
    expect((await test.get(`/ledgers/main/accounts/late?effectiveAt=${hourAgo}`)).body['posted']).toBe('5.00');
    expect((await test.get('/ledgers/main/accounts/late/balance')).body['posted']).toBe('6.00');
  });
});
