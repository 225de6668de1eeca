import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { recordToJson } from '@ledgerflow/contracts';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { createPrincipal } from '../auth/principal.ts';
import { streamEvents, type StreamOptions } from './client.ts';

it('a client that catches up and stops reading is cut off, and holds no more than it was written before', async () => {
  const response = Object.assign(new Writable({ write: () => undefined }), { writeHead: () => undefined });
  let admitted = 1;
  let unread = 0;
  const hub = {
    admit: () => () => void (admitted -= 1),
    subscribe: () => ({ after: () => null, goLive: () => undefined, leave: () => void (unread = response.writableLength) }),
  } as unknown as StreamOptions['hub'];
  let reads = 0;
  const readLog: StreamOptions['writer']['readLog'] = ({ afterPosition }) => {
    reads += 1;
    const records = Array.from({ length: 100 }, (_, i) =>
      recordToJson({ ...GOLDEN_RECORD, position: afterPosition + 1n + BigInt(i), actor: 'x'.repeat(20_000) }),
    );
    return Promise.resolve({ records, headPosition: 1_000n, isComplete: true });
  };
  streamEvents(response as unknown as ServerResponse, {
    hub,
    writer: { readLog },
    ledger: 'main',
    after: 0n,
    head: 1_000n,
    principal: createPrincipal('me', ['viewer'], ['main'], Date.now() + 60_000),
    requestId: '',
    stalledMs: 50,
  });
  await once(response, 'close');
  expect([reads, admitted]).toEqual([1, 0]);
  expect(unread).toBeLessThan(100_000);
}, 10_000);
