import { describe, expect, it } from '@jest/globals';
import { createLedgerFlow, type StreamOptions, type TokenFunction } from './index.ts';
import { problem, scripted, silence, type Step } from './scripted.fixture.ts';

const record = (position: number): string => `id: ${position}\ndata: {"position":"${position}","type":"T"}\n\n`;
const HELLO = 'retry: 1\n: connected\n\n';

/** A connection that says these and ends, breaks, or stays open without a word. */
function connection(texts: string[], end: 'ends' | 'breaks' | 'stays' = 'ends', headers: Record<string, string> = {}): Step {
  return (_sent, signal) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const text of texts) controller.enqueue(new TextEncoder().encode(text));
        if (end === 'ends') controller.close();
        signal.addEventListener('abort', () => controller.error(signal.reason), { once: true });
      },
      pull(controller) {
        if (end === 'breaks') controller.error(new TypeError('terminated'));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', ...headers } });
  };
}

function stream(steps: Step[], options: StreamOptions & { after?: string } = {}, credentials: string | TokenFunction = 't') {
  const network = scripted(...steps);
  const ledgerflow = createLedgerFlow({ baseUrl: 'http://api.test', credentials, fetch: network.fetch });
  const { after, ...rest } = options;
  return { sent: network.sent, ledgerflow, records: ledgerflow.streamEvents({ ledger: 'l', after }, rest) };
}

async function take(records: AsyncIterable<{ position: string }>, count: number): Promise<string[]> {
  const positions: string[] = [];
  for await (const { position } of records) if (positions.push(position) === count) break;
  return positions;
}

describe('a stream of events', () => {
  it('goes on behind the last record after its connection ended, broke or was silent', async () => {
    const steps = [
      connection([HELLO, record(1) + record(2)]),
      connection([HELLO, record(3), 'id: 4\nda'], 'breaks'),
      connection([HELLO, record(4)], 'stays'),
      connection([HELLO, record(5)]),
    ];
    const { sent, records } = stream(steps, { after: '0', silentMsMax: 50 });
    expect(await take(records, 5)).toEqual(['1', '2', '3', '4', '5']);
    expect(sent.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2', '3', '4']);
    expect(sent[0]?.url).toBe('http://api.test/api/v1/ledgers/l/events/stream?after=0');
  });

  it('loses nothing between its beginning and its first record', async () => {
    const { sent, records } = stream([connection([HELLO], 'breaks', { 'ledger-position': '41' }), connection([HELLO, record(42)])]);
    expect(await take(records, 1)).toEqual(['42']);
    expect(sent[1]?.headers['last-event-id']).toBe('41');
  });

  it('is not silent while there are heartbeats', async () => {
    const beats = Array.from({ length: 4 }, () => ': heartbeat\n\n');
    const slow: Step = (_sent, signal) => {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, 30));
          const next = beats.pop() ?? record(1);
          if (!signal.aborted) controller.enqueue(new TextEncoder().encode(next));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const { sent, records } = stream([slow], { silentMsMax: 100 });
    expect(await take(records, 1)).toEqual(['1']);
    expect(sent).toHaveLength(1);
  });

  it('leaves its connection with the loop', async () => {
    const aborted: boolean[] = [];
    const open: Step = (sent, signal) => {
      signal.addEventListener('abort', () => aborted.push(true));
      return (connection([HELLO, record(1)], 'stays') as (sent: unknown, signal: AbortSignal) => Response)(sent, signal);
    };
    expect(await take(stream([open]).records, 1)).toEqual(['1']);
    expect(aborted).toEqual([true]);
  });

  it("ends with the caller's signal, for its reason", async () => {
    const stop = new AbortController();
    const { records } = stream([connection([HELLO], 'stays')], { signal: stop.signal });
    const next = records.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('ends at a problem that another try does not mend', async () => {
    const { sent, records } = stream([problem(403, 'forbidden')]);
    await expect(records.next()).rejects.toMatchObject({ code: 'forbidden', operation: 'streamEvents' });
    expect(sent).toHaveLength(1);
  });

  it('gives up after so long without a connection', async () => {
    const reasons: string[] = [];
    const { records } = stream([connection([HELLO, record(1)]), ...Array.from({ length: 50 }, () => silence)], {
      silentMsMax: 20,
      giveUpMs: 60,
      onReconnect: (reason) => reasons.push(reason),
    });
    expect((await records.next()).value).toMatchObject({ position: '1' });
    await expect(records.next()).rejects.toMatchObject({ name: 'LedgerFlowUnreachable' });
    expect(reasons[0]).toBe('the gateway ended the stream');
  });

  it('gives up so long after its connection ended, however long that was up', async () => {
    const long: Step = (_sent, signal) => {
      const texts = [HELLO, record(1), ': heartbeat\n\n', ': heartbeat\n\n', ': heartbeat\n\n'];
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((done) => setTimeout(done, 20));
          if (signal.aborted) return;
          const text = texts.shift();
          if (text === undefined) controller.close();
          else controller.enqueue(new TextEncoder().encode(text));
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
    const { sent, records } = stream([long, connection([HELLO, record(2)])], { giveUpMs: 60 });
    expect(await take(records, 2)).toEqual(['1', '2']);
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['a page', () => new Response('<h1>', { headers: { 'content-type': 'text/html' } })],
    ['a stream without a byte', () => new Response('', { headers: { 'content-type': 'text/event-stream' } })],
  ])('gives up when what answers is %s', async (_what, answer) => {
    const { sent, records } = stream(
      Array.from({ length: 50 }, () => () => answer()),
      { giveUpMs: 60 },
    );
    await expect(records.next()).rejects.toMatchObject({ name: 'LedgerFlowUnreachable' });
    expect(sent.length).toBeLessThan(50);
  });

  it.each(['data: {"pos\n\n', 'data: 7\n\n', 'data: null\n\n'])(
    'ends at what is no record, after what came before it: %j',
    async (text) => {
      const { sent, records } = stream([connection([HELLO, record(1) + text])]);
      expect((await records.next()).value).toMatchObject({ position: '1' });
      await expect(records.next()).rejects.toMatchObject({ name: 'LedgerFlowError', operation: 'streamEvents' });
      expect(sent).toHaveLength(1);
    },
  );

  it('goes on behind what a heartbeat has told of a filtered stream', async () => {
    const { sent, records } = stream([
      connection([HELLO, record(1), 'id: 41\n: heartbeat 41\n\n'], 'breaks'),
      connection([HELLO, record(42)]),
    ]);
    expect(await take(records, 2)).toEqual(['1', '42']);
    expect(sent[1]?.headers['last-event-id']).toBe('41');
  });

  it('gives up at once when it is asked to wait longer than it would', async () => {
    const { sent, records } = stream([problem(503, 'unavailable', {}, { 'retry-after': '99999999' })]);
    await expect(records.next()).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent).toHaveLength(1);
  });

  it('forgets the tokens of a ledger that was restored', async () => {
    const { ledgerflow, records } = stream([problem(409, 'epoch_superseded')]);
    ledgerflow.consistency.set('l', 'old');
    await expect(records.next()).rejects.toMatchObject({ code: 'epoch_superseded' });
    expect(ledgerflow.consistency.get('l')).toBeNull();
  });

  it('sends nothing for a ledger that is none', async () => {
    const network = scripted();
    const ledgerflow = createLedgerFlow({ baseUrl: 'http://api.test', credentials: 't', fetch: network.fetch });
    await expect(ledgerflow.streamEvents({ ledger: '..' }).next()).rejects.toThrow(TypeError);
    expect(network.sent).toEqual([]);
  });

  it('has a token renewed once for each time it is refused, whatever comes between', async () => {
    const refused: (string | null)[] = [];
    const source: TokenFunction = ({ refusedToken }) => `t${refused.push(refusedToken)}`;
    const { records } = stream([problem(401, 'unauthenticated'), problem(503, 'unavailable'), connection([HELLO, record(1)])], {}, source);
    expect(await take(records, 1)).toEqual(['1']);
    expect(refused).toEqual([null, 't1', null]);
  });

  it('asks again for a token that was not to be had, unless it never will be', async () => {
    let asked = 0;
    const source: TokenFunction = () => {
      asked += 1;
      if (asked === 1) throw new Error('the provider is away');
      if (asked === 2) return 't';
      throw Object.assign(new Error('signed out'), { isFinal: true });
    };
    const { sent, records } = stream([connection([HELLO, record(1)])], {}, source);
    expect((await records.next()).value).toMatchObject({ position: '1' });
    await expect(records.next()).rejects.toThrow('no token for streamEvents: signed out');
    expect([asked, sent.length]).toEqual([3, 1]);
  });

  it('gives up waiting for a token', async () => {
    const { records } = stream([], { silentMsMax: 10, giveUpMs: 15 }, () => new Promise(() => undefined));
    await expect(records.next()).rejects.toThrow('no token for streamEvents');
  });

  it('asks for another token when its own has expired', async () => {
    const asked: boolean[] = [];
    const source: TokenFunction = ({ isRefused }) => `t${asked.push(isRefused)}`;
    const { records } = stream(
      [connection([HELLO, record(1)]), problem(401, 'unauthenticated'), connection([HELLO, record(2)])],
      {},
      source,
    );
    expect(await take(records, 2)).toEqual(['1', '2']);
    expect(asked).toEqual([false, false, true]);
  });
});
