import type { ReadLogRequest, RecordBatch } from '@ledgerflow/contracts/grpc';
import { requireGrant, requireReader } from './callers.ts';
import { cutShort, streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { batchOf, PAGE_BYTES_MAX, PAGE_RECORDS_MAX, positionAfter, requirePlace } from './log-pages.ts';

/** ReadLog: the builder any ledger; the gateway what its principal may read. While a page is sent the next one is read. Memory: two pages. */
export function readLog({ directory, store, ...context }: WriterContext) {
  return streaming<ReadLogRequest, RecordBatch>(context, 'ReadLog', async (call, outlet) => {
    const { ledger, principal, afterPosition, toPosition, limit } = call.request;
    requireGrant(requireReader(call, 'readLog', principal), ledger);
    const place = await requirePlace(directory, ledger);
    const head = (await store.readHead(place))?.position ?? 0n;
    const end = toPosition > 0n && toPosition < head ? toPosition : head;
    let after = afterPosition;
    let left = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
    const readPage = (): Promise<string[]> => {
      if (after >= end || left <= 0) return Promise.resolve([]);
      return store.readLog(place, after, end, Math.min(left, PAGE_RECORDS_MAX), PAGE_BYTES_MAX);
    };
    let page = await readPage();
    while (page.length > 0) {
      if (outlet.isGone) throw cutShort();
      after = positionAfter(after, page);
      left -= page.length;
      const next = readPage();
      // Thrown where it is awaited; until then nobody has to catch it.
      next.catch(() => undefined);
      if (!(await outlet.send(batchOf(ledger, page, head)))) throw cutShort();
      page = await next;
    }
  });
}
