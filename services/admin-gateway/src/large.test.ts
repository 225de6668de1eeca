import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestGateway } from './test/gateway.ts';

const RECORDS = 300;
/** Makes a record of about 23 KB. */
const POSTINGS = 50;
const DEADLINE_MS = 30_000;

interface Page {
  data: { position: string; events: unknown[] }[];
  nextCursor: string | null;
}

describe('records that are large', () => {
  let test: TestGateway;
  let head: number;
  const write = async (count: number): Promise<void> => {
    const postings = Array.from({ length: POSTINGS }, () => ({ from: 'alice', to: 'bob', amount: '0.01', currency: 'USD' }));
    const reply = await test.post('/ledgers/main/transactions/batch', {
      atomic: false,
      transactions: Array.from({ length: count }, () => ({ postings })),
    });
    if (reply.status !== 201) throw new Error(reply.text);
  };
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '1000000', bob: '0' });
    for (let i = 0; i < RECORDS / 100; i++) await write(100);
    head = Number(await test.head('main'));
  }, 60_000);
  afterAll(() => test.stop());

  async function pages(path: string): Promise<Page[]> {
    const all: Page[] = [];
    for (let cursor: string | null = ''; cursor !== null && all.length < 50;) {
      const reply = await test.get(`${path}?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(reply.status).toBe(200);
      all.push(reply.body as unknown as Page);
      cursor = all.at(-1)!.nextCursor;
    }
    return all;
  }
  const positions = (all: Page[]): number[] => all.flatMap(({ data }) => data.map(({ position }) => Number(position)));

  it("come all in an account's events, in pages that go on", async () => {
    const all = await pages('/ledgers/main/accounts/bob/events');
    expect(positions(all)).toEqual(Array.from({ length: RECORDS + 1 }, (_, i) => head - RECORDS + i));
    expect(all.length).toBeGreaterThan(1);
  });

  it("come all in the ledger's events, in pages of a bounded size", async () => {
    const all = await pages('/ledgers/main/events');
    expect(positions(all)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    expect(Math.max(...all.map(({ data }) => data.length))).toBeLessThan(RECORDS);
  });

  async function read(after: number, until: number): Promise<{ ids: number[]; end: string }> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), DEADLINE_MS);
    const response = await fetch(`${test.url}/api/v1/ledgers/main/events/stream?after=${after}`, {
      headers: { authorization: `Bearer ${await test.token()}` },
      signal: abort.signal,
    });
    const ids: number[] = [];
    let rest = '';
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() as string;
        for (const line of lines) if (line.startsWith('id: ')) ids.push(Number(line.slice(4)));
        if (ids.at(-1) === until) break;
        if (lines.some((line) => line.includes('; resume with'))) return { ids, end: lines.find((line) => line.startsWith(': '))! };
      }
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    return { ids, end: '' };
  }

  it('reach a client that resumes from far behind and reads, from the log', async () => {
    expect(await read(1, head)).toEqual({ ids: Array.from({ length: head - 1 }, (_, i) => i + 2), end: '' });
  });

  it('reach it from what the hub has kept, while another is live', async () => {
    const before = head;
    const live = read(before, before + 100);
    // The tail is open once a record comes through it.
    for (let i = 0; i < 100; i++) await write(1);
    head = Number(await test.head('main'));
    const again = read(before, head + 1);
    await write(1);
    head += 1;
    expect((await live).end).toBe('');
    expect(await again).toEqual({ ids: Array.from({ length: head - before }, (_, i) => before + 1 + i), end: '' });
  });
});
