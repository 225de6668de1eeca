import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../../test/gateway.ts';

const ENTRIES = '/ledgers/main/accounts/alice/entries';
interface Entry {
  version: string;
  recordedAt: string;
}

describe('the entries of an account', () => {
  let test: TestGateway;
  const versions = (data: unknown): number[] => (data as Entry[]).map(({ version }) => Number(version));
  beforeAll(async () => {
    test = await TestGateway.start();
    await test.seed('main', { alice: '0' });
    for (let i = 0; i < 7; i++) await test.post('/ledgers/main/accounts/alice/deposits', { amount: '1', currency: 'USD' });
  });
  afterAll(() => test.stop());

  it.each([
    ['', [2, 3, 4, 5, 6, 7, 8]],
    ['&order=asc', [2, 3, 4, 5, 6, 7, 8]],
    ['&order=desc', [8, 7, 6, 5, 4, 3, 2]],
  ])('come page by page in the order asked for by "%s"', async (order, expected) => {
    const seen: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 4; pages++) {
      const { body } = await test.get(`${ENTRIES}?limit=3${order}${cursor}`);
      seen.push(...versions(body['data']));
      if (body['nextCursor'] === null) break;
      cursor = `&cursor=${body['nextCursor'] as string}`;
    }
    expect(seen).toEqual(expected);
  });

  it('go on only in the order in which they began, and in no third one', async () => {
    const { body } = await test.get(`${ENTRIES}?limit=3&order=desc`);
    const turned = await test.get(`${ENTRIES}?limit=3&order=asc&cursor=${body['nextCursor'] as string}`);
    expect([turned.status, turned.body['code']]).toEqual([400, 'invalid_cursor']);
    expect((await test.get(`${ENTRIES}?order=newest`)).body).toMatchObject({ status: 400, code: 'invalid_request', field: 'order' });
  });

  it.each(['asc', 'desc'])('are bounded by times that count themselves (%s)', async (order) => {
    const { data } = (await test.get(ENTRIES)).body as { data: Entry[] };
    const at = (i: number): string => data[i]!.recordedAt;
    const some = await test.get(`${ENTRIES}?order=${order}&from=${at(2)}&to=${at(4)}`);
    expect(versions(some.body['data']).sort((a, b) => a - b)).toEqual([4, 5, 6]);
  });
});
