import type { ResolveTimeRequest, ResolveTimeResponse } from '@ledgerflow/contracts/grpc';
import { mayRead } from '../application/authorise.ts';
import { requireCaller, requirePrincipal } from './callers.ts';
import { unary } from './calls.ts';
import type { WriterContext } from './context.ts';

const nothing = (code: string): ResolveTimeResponse => ({ position: 0n, epoch: 0, code });

/** Years 1 to 9999 is what the log can hold; times outside are before the first record or still to come. */
const TIME_MIN = -62_135_596_800_000_000n;
const TIME_MAX = 253_402_300_799_999_999n;

/** ResolveTime: from the gateway, for whoever may read the ledger. */
export function resolveTime({ directory, store, ...context }: WriterContext) {
  return unary<ResolveTimeRequest, ResolveTimeResponse>(context, 'ResolveTime', async (call) => {
    requireCaller(call, 'resolveTime');
    const { ledger, time } = call.request;
    if (!mayRead(requirePrincipal(call.request.principal), ledger)) return nothing('forbidden');
    if (time > TIME_MAX) return nothing('time_in_future');
    const place = await directory.find(ledger);
    if (place === null || (await store.readHead(place)) === null) return nothing('ledger_not_found');
    const resolved = await store.resolveTime(place, time < TIME_MIN ? TIME_MIN : time);
    return resolved === null ? nothing('time_in_future') : { ...resolved, code: '' };
  });
}
