import type { ReadLogRequest, RecordBatch } from '@ledgerflow/contracts/grpc';
import { requireGrant, requireReader } from './callers.ts';
import { cutShort, streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { batchOf, PAGE_BYTES_MAX, PAGE_RECORDS_MAX, positionAfter, requirePlace } from './log-pages.ts';

/** ReadLog: the builder any ledger; the gateway what its principal may read. Memory: one page. */
export function readLog({ directory, store, ...context }: WriterContext) {
  return streaming<ReadLogRequest, RecordBatch>(context, 'ReadLog', async (call, outlet) => {
    const { ledger, principal, afterPosition, toPosition, limit } = call.request;
    requireGrant(requireReader(call, principal), ledger);
    const place = await requirePlace(directory, ledger);
    const head = (await store.readHead(place))?.position ?? 0n;
    const end = toPosition > 0n && toPosition < head ? toPosition : head;
    let after = afterPosition;
    let left = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
    while (after < end && left > 0) {
      if (outlet.isGone) throw cutShort();
      const page = await store.readLog(place, after, end, Math.min(left, PAGE_RECORDS_MAX), PAGE_BYTES_MAX);
      if (page.length === 0) return;
      after = positionAfter(after, page);
      left -= page.length;
      if (!(await outlet.send(batchOf(ledger, page, head)))) throw cutShort();
    }
  });
}
