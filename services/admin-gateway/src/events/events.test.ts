import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { TestGateway } from '../test/gateway.ts';

const STREAM = '/api/v1/ledgers/main/events/stream';
const DEADLINE_MS = 20_000;

interface Stream {
  /** Comments and whatever is no record. */
  text: string;
  ids: number[];
  /** Data of the first record. */
  first: Record<string, unknown> | null;
  until(condition: () => boolean): Promise<void>;
  closed: Promise<void>;
  close(): void;
}

function take(stream: Stream, line: string): void {
  if (line.startsWith('id: ')) stream.ids.push(Number(line.slice(4)));
  else if (line.startsWith('data: ')) stream.first ??= JSON.parse(line.slice(6)) as Record<string, unknown>;
  else stream.text += `${line}\n`;
}

describe('server-sent events', () => {
  const metrics = createMetrics('test');
  let test: TestGateway;
  beforeAll(async () => {
    test = await TestGateway.start({ metrics }, '', 50);
    await test.seed('main', { alice: '1000000', bob: '0' });
  });
  afterAll(() => test.stop());

  async function open(headers: Record<string, string> = {}, claims = {}, query = ''): Promise<Stream> {
    const abort = new AbortController();
    const response = await fetch(test.url + STREAM + query, {
      headers: { authorization: `Bearer ${await test.token(claims)}`, ...headers },
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const waiting = new Set<() => void>();
    const stream: Stream = {
      text: '',
      ids: [],
      first: null,
      until: (condition) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error(`not in time; the stream ends with ${stream.text.slice(-200)}`)), DEADLINE_MS);
          const check = (): void => {
            if (!condition()) return;
            clearTimeout(timer);
            waiting.delete(check);
            resolve();
          };
          waiting.add(check);
          check();
        }),
      closed: Promise.resolve(),
      close: () => abort.abort(),
    };
    let rest = '';
    stream.closed = (async () => {
      try {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() as string;
          for (const line of lines) take(stream, line);
          for (const check of waiting) check();
        }
      } catch {
        // Aborted or cut.
      }
    })();
    return stream;
  }

  const deposit = async (): Promise<number> =>
    Number((await test.post('/ledgers/main/accounts/bob/deposits', { amount: '1', currency: 'USD' })).body['position']);
  const gauge = async (name: string): Promise<number | undefined> =>
    (await metrics.getMetricsAsJSON()).find((metric) => metric.name === name)?.values[0]?.value;

  it('bring what comes next, a message a record, to all clients from one upstream', async () => {
    const streams = await Promise.all([open(), open(), open()]);
    await Promise.all(streams.map((stream) => stream.until(() => stream.text.includes(': connected'))));
    const positions = [await deposit(), await deposit()];
    for (const stream of streams) {
      await stream.until(() => stream.ids.length === 2);
      expect(stream.ids).toEqual(positions);
    }
    expect(streams[0]!.first).toMatchObject({
      position: String(positions[0]),
      type: 'FundsDeposited',
      actor: 'tester',
      events: [
        { index: 0, account: '@world:USD' },
        { index: 1, account: 'bob', amount: '1.00' },
      ],
    });
    expect(await gauge('ledgerflow_gateway_event_upstreams')).toBe(1);
    expect(await gauge('ledgerflow_gateway_event_streams')).toBe(3);
    streams.forEach((stream) => stream.close());
    await Promise.all(streams.map((stream) => stream.closed));
    const endMs = Date.now() + DEADLINE_MS;
    while ((await gauge('ledgerflow_gateway_event_upstreams')) !== 0 && Date.now() < endMs)
      await new Promise((resolve) => setImmediate(resolve));
    expect(await gauge('ledgerflow_gateway_event_streams')).toBe(0);
  });

  it('resume after Last-Event-ID without gap or repeat, while records keep coming', async () => {
    const last = await deposit();
    const writing = Promise.all(Array.from({ length: 100 }, deposit));
    const stream = await open({ 'last-event-id': '1' });
    const final = Math.max(...(await writing));
    await stream.until(() => stream.ids.at(-1) === final);
    expect(stream.ids).toEqual(Array.from({ length: final - 1 }, (_, i) => i + 2));
    expect(final).toBeGreaterThan(last);
    stream.close();
  });

  it.each([
    ['account', '?account=account-carol'],
    ['actor', '?actor=somebody'],
    ['type', '?type=AccountFrozen'],
  ])('bring only what is asked for by %s, live and from the log', async (kind, query) => {
    const account = `${kind}-carol`;
    const before = Number(await test.head('main'));
    const live = await open({}, {}, query);
    await live.until(() => live.text.includes(': connected'));
    await deposit();
    const claims = kind === 'actor' ? { subject: 'somebody' } : {};
    const wanted = [await test.post('/ledgers/main/accounts', { id: account, currency: 'USD' }, {}, claims)];
    if (kind === 'type') wanted.splice(0, 1, await test.post(`/ledgers/main/accounts/${account}/freeze`, { reason: 'test' }));
    expect(wanted.map(({ status }) => status)).toEqual([kind === 'type' ? 200 : 201]);
    const position = Number(await test.head('main'));
    await deposit();
    await live.until(() => live.ids.length > 0);
    const again = await open({ 'last-event-id': String(before) }, {}, query);
    await again.until(() => again.ids.length > 0);
    expect([live.ids, again.ids]).toEqual([[position], [position]]);
    live.close();
    again.close();
  });

  it('end when the key of the token is withdrawn', async () => {
    const stream = await open({}, { subject: 'withdrawn' });
    await stream.until(() => stream.text.includes(': connected'));
    const { keys } = test.issuer;
    test.issuer.keys = [];
    await stream.closed;
    test.issuer.keys = keys;
    expect(stream.text).toContain(': the token is not valid any more; resume with Last-Event-ID');
    const endMs = Date.now() + DEADLINE_MS;
    while ((await test.get('/me')).status !== 200 && Date.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
  });

  it('end when the token does', async () => {
    const stream = await open({}, { expiresInSeconds: 1, subject: 'brief' });
    await stream.closed;
    expect(stream.text).toContain(': the token has expired; resume with Last-Event-ID');
  });

  it('cut off a client that does not read, which then resumes where it was', async () => {
    const socket: Socket = connect(test.gateway.port, '127.0.0.1');
    const chunks: string[] = [];
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => chunks.push(chunk));
    socket.on('error', () => undefined);
    const start = await test.head('main');
    socket.write(`GET ${STREAM} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${await test.token()}\r\n\r\n`);
    while (!chunks.join('').includes(': connected')) await once(socket, 'data');
    socket.pause();
    const transactions = Array.from({ length: 1_000 }, () => ({
      postings: [{ from: 'alice', to: 'bob', amount: '0.01', currency: 'USD' }],
    }));
    const streams = (): Promise<number | undefined> => gauge('ledgerflow_gateway_event_streams');
    for (let batches = 0; batches < 60 && (await streams()) === 1; batches++)
      await test.post('/ledgers/main/transactions/batch', { atomic: true, transactions });
    expect(await streams()).toBe(0);
    await deposit();
    socket.resume();
    if (!socket.destroyed) await once(socket, 'close');
    const text = chunks.join('');
    const received = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const end = Number(await test.head('main'));
    expect(received.length).toBeLessThan(end - Number(start));
    const complete = [...text.matchAll(/^id: (\d+)\ndata: .*\n\n/gm)].map(([, id]) => Number(id));
    const from = complete.at(-1) ?? Number(start);
    const resumed = await open({ 'last-event-id': String(from) });
    await resumed.until(() => resumed.ids.at(-1) === end);
    expect(resumed.ids).toEqual(Array.from({ length: end - from }, (_, i) => from + 1 + i));
    resumed.close();
  }, 60_000);

  it('refuse a position that is not there and an unknown ledger', async () => {
    const beyond = await test.get('/ledgers/main/events/stream?after=99999999');
    expect([beyond.status, beyond.body['code'], beyond.body['field']]).toEqual([400, 'invalid_request', 'after']);
    expect((await test.get('/ledgers/nowhere/events/stream')).body['code']).toBe('ledger_not_found');
  });

  it('tell their clients when the server goes away', async () => {
    const stream = await open();
    await stream.until(() => stream.text.includes(': connected'));
    test.gateway.events.stop('the server is going away');
    await stream.closed;
    expect(stream.text).toContain(': the server is going away; resume with Last-Event-ID');
  });
});
