import type { ReadStreamRequest, RecordBatch } from '@ledgerflow/contracts/grpc';
import { requireGateway, requireGrant, requirePrincipal } from './callers.ts';
import { streaming } from './calls.ts';
import type { WriterContext } from './context.ts';
import { batchOf, lastVersion, requirePlace } from './log-pages.ts';

/** Records of one account may lie anywhere in the log and be large, so pages are small. */
const STREAM_PAGE_MAX = 100;

/** ReadStream: from the gateway, for whoever may read the ledger. */
export function readStream({ directory, store, ...context }: WriterContext) {
  return streaming<ReadStreamRequest, RecordBatch>(context, 'ReadStream', async (call, outlet) => {
    requireGateway(call);
    const { ledger, account, limit } = call.request;
    requireGrant({ kind: 'principal', principal: requirePrincipal(call.request.principal) }, ledger);
    const place = await requirePlace(directory, ledger);
    const head = (await store.readHead(place))?.position ?? 0n;
    let after = call.request.afterVersion;
    let left = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
    while (left > 0 && !outlet.isGone) {
      const asked = Math.min(left, STREAM_PAGE_MAX);
      const page = await store.readStream(place, account, after, asked);
      if (page.length > 0) await outlet.send(batchOf(ledger, page, head));
      if (page.length < asked) return;
      after = lastVersion(page, account);
      left -= page.length;
    }
  });
}
