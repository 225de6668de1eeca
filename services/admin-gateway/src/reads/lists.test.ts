import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../test/gateway.ts';

const TOKEN = 'ledger-consistency';
const reader = { subject: 'reader' };

describe('every list honours consistency tokens', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0' });
    await test.seed('other', { alice: '0' });
  });
  beforeEach(() => {
    test.reads.held = false;
    test.reads.catchUp();
  });
  afterAll(() => test.stop());

  const write = async (ledger: string): Promise<string> => {
    const reply = await test.post(`/ledgers/${ledger}/accounts/alice/deposits`, { amount: '1', currency: 'USD' });
    return reply.headers.get(TOKEN)!;
  };

  it.each(['', '/accounts', '/balances', '/accounts/alice', '/accounts/alice/entries', '/transactions', '/trial-balance'])(
    'GET /ledgers/main%s waits for the token, and answers 503 rather than older',
    async (path) => {
      test.reads.held = true;
      const token = await write('main');
      const late = await test.get(`/ledgers/main${path}`, { [TOKEN]: token }, reader);
      expect([late.status, late.body['code']]).toEqual([503, 'not_yet_consistent']);
      const read = test.get(`/ledgers/main${path}`, { [TOKEN]: token }, reader);
      test.reads.catchUp();
      expect((await read).status).toBe(200);
    },
  );

  it('also the look at the ledger that amounts need: a currency that was added a moment ago is known', async () => {
    test.reads.held = true;
    const added = await test.post('/ledgers/main/currencies', { code: 'GEM', scale: 5 });
    const path = '/ledgers/main/transactions?currency=GEM&minAmount=0.123456';
    const read = test.get(path, { [TOKEN]: added.headers.get(TOKEN)! }, reader);
    test.reads.catchUp();
    // Only who knows the currency knows that these are too many decimals.
    expect((await read).body).toMatchObject({ code: 'invalid_amount', field: 'minAmount' });
  });

  it('the list of ledgers those of several ledgers, also of one that was opened a moment ago', async () => {
    test.reads.held = true;
    const opened = await test.post('/ledgers', { id: 'new', currencies: ['USD'] });
    const tokens = [await write('main'), await write('other'), opened.headers.get(TOKEN)!];
    const all = { [TOKEN]: tokens.join(', ') };
    const late = await test.get('/ledgers', all, reader);
    expect([late.status, late.body['code']]).toEqual([503, 'not_yet_consistent']);
    // A token of what the caller may not see, or of what is on another page, is no reason to wait.
    const granted = { ...reader, roles: ['viewer'], ledgers: ['quiet'] };
    expect((await test.get('/ledgers', all, granted)).status).toBe(200);
    expect((await test.get('/ledgers?limit=1', { [TOKEN]: tokens[1]! }, reader)).status).toBe(200);
    const read = test.get('/ledgers', all, reader);
    test.reads.catchUp();
    const ids = ((await read).body['data'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(['main', 'new', 'other']);
    expect((await test.get('/ledgers', { [TOKEN]: 'nonsense' }, reader)).body['code']).toBe('invalid_consistency_token');
  });

  it('what is read from the log those of its ledger, and is never behind', async () => {
    test.reads.held = true;
    const token = await write('main');
    const foreign = await write('other');
    for (const path of ['/events', '/accounts/alice/events', '/events/stream?after=1']) {
      const headers: Record<string, string> = path.includes('stream') ? { accept: 'text/event-stream' } : {};
      const wrong = await test.get(`/ledgers/main${path}`, { ...headers, [TOKEN]: foreign }, reader);
      expect([path, wrong.status, wrong.body['code']]).toEqual([path, 400, 'invalid_consistency_token']);
      if (!path.includes('stream')) expect((await test.get(`/ledgers/main${path}`, { [TOKEN]: token }, reader)).status).toBe(200);
    }
  });
});
