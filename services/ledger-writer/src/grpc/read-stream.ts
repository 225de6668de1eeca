import type { ReadStreamRequest, RecordBatch } from '@ledgerflow/contracts/grpc';
import { requireGrant, requireReader } from './callers.ts';
import { cutShort, streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { batchOf, lastVersion, PAGE_BYTES_MAX, requirePlace } from './log-pages.ts';

/** Records of one account may lie anywhere in the log, so pages are small. */
const STREAM_PAGE_MAX = 100;

/** ReadStream: the builder of any ledger; the gateway of what its principal may read. Memory: one page. */
export function readStream({ directory, store, ...context }: WriterContext) {
  return streaming<ReadStreamRequest, RecordBatch>(context, 'ReadStream', async (call, outlet) => {
    const { ledger, account, limit, principal } = call.request;
    requireGrant(requireReader(call, 'readStream', principal), ledger);
    const place = await requirePlace(directory, ledger);
    const head = (await store.readHead(place))?.position ?? 0n;
    let after = call.request.afterVersion;
    let left = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
    while (left > 0) {
      if (outlet.isGone) throw cutShort();
      const page = await store.readStream(place, account, after, Math.min(left, STREAM_PAGE_MAX), PAGE_BYTES_MAX);
      if (page.length === 0) return;
      if (!(await outlet.send(batchOf(ledger, page, head)))) throw cutShort();
      after = lastVersion(page, account);
      left -= page.length;
    }
  });
}
