import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TestGateway } from './test/gateway.ts';

const DEPOSITS = '/ledgers/main/accounts/alice/deposits';
const MONEY = { amount: '1', currency: 'USD' };

describe('under faults and load', () => {
  let test: TestGateway;
  afterEach(() => test.stop());

  it('answers 503 when the writer is gone, and the same key has one effect when it is back', async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0' });
    await test.pauseWriter();
    const headers = { 'idempotency-key': 'while away' };
    const lost = await test.post(DEPOSITS, MONEY, headers);
    expect([lost.status, lost.body['code'], lost.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
    await test.resumeWriter();
    const endMs = Date.now() + 20_000;
    let again = await test.post(DEPOSITS, MONEY, headers);
    while (again.status === 503 && Date.now() < endMs) again = await test.post(DEPOSITS, MONEY, headers);
    expect(again.status).toBe(201);
    expect((await test.post(DEPOSITS, MONEY, headers)).text).toBe(again.text);
  }, 60_000);

  it('takes the next writer of a ledger when its first one is gone', async () => {
    test = await TestGateway.start({}, ',127.0.0.1:1,localhost:1');
    for (const ledger of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await test.seed(ledger, { alice: '1' });
      const reply = await test.post(`/ledgers/${ledger}/accounts/alice/deposits`, MONEY);
      expect([ledger, reply.status]).toEqual([ledger, 201]);
    }
  });

  it('refuses early the requests at once that are too many', async () => {
    test = await TestGateway.start({ limits: { concurrentMax: 3 }, consistencyWaitMs: 5_000 });
    await test.seed('main', { alice: '0' });
    test.reads.held = true;
    const write = await test.post(DEPOSITS, MONEY);
    const consistency = { 'ledger-consistency': write.headers.get('ledger-consistency')! };
    const replies = Promise.all(Array.from({ length: 10 }, () => test.get('/ledgers/main/accounts/alice/balance', consistency)));
    const endMs = Date.now() + 4_000;
    let refused = await test.get('/me');
    while (refused.status !== 503 && Date.now() < endMs) refused = await test.get('/me');
    expect([refused.status, refused.body['code'], refused.headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    test.reads.catchUp();
    expect((await replies).filter(({ status }) => status === 200)).toHaveLength(3);
    expect((await test.get('/me')).status).toBe(200);
  });

  it('refuses what exceeds the rate of a principal', async () => {
    test = await TestGateway.start({ limits: { ratePerSecond: 3 } });
    const replies = await Promise.all(Array.from({ length: 30 }, () => test.get('/me')));
    const limited = replies.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(10);
    expect([limited[0]?.body['code'], limited[0]?.headers.get('retry-after')]).toEqual(['rate_limited', '1']);
    expect((await test.get('/me', {}, { subject: 'another' })).status).toBe(200);
  });

  it('answers what is not HTTP and headers that are too large as problems', async () => {
    test = await TestGateway.start();
    const send = async (text: string): Promise<string> => {
      const socket = connect(test.gateway.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.write(text);
      await once(socket, 'close');
      return answer;
    };
    expect(await send('HELLO\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json/);
    expect(await send(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
