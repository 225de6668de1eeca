import type { GetAccountRequest, GetAccountResponse } from '@ledgerflow/contracts/grpc';
import { mayRead } from '../application/authorise.ts';
import type { AccountReading } from '../application/store.ts';
import { requireCaller, requirePrincipal } from './callers.ts';
import { unary } from './calls.ts';
import type { WriterContext } from './context.ts';

function viewOf({ account, name, metadata, scale, head }: AccountReading): NonNullable<GetAccountResponse['account']> {
  return {
    id: account.account,
    number: account.number,
    currency: account.currency,
    scale,
    posted: account.posted.toString(),
    held: account.held.toString(),
    minBalance: account.minBalance?.toString(),
    maxBalance: account.maxBalance?.toString(),
    version: account.version,
    status: account.status,
    freezeScope: account.freezeScope ?? undefined,
    ownerId: account.ownerId ?? undefined,
    name: name ?? undefined,
    metadata: metadata === null ? undefined : JSON.stringify(metadata),
    position: head.position,
    epoch: head.epoch,
    recordedAt: head.recordedAt,
  };
}

const nothing = (code: string): GetAccountResponse => ({ account: undefined, code });

/** GetAccount: from the gateway, for whoever may read the ledger. */
export function getAccount({ directory, store, ...context }: WriterContext) {
  return unary<GetAccountRequest, GetAccountResponse>(context, 'GetAccount', async (call) => {
    requireCaller(call, 'getAccount');
    const { ledger, account } = call.request;
    if (!mayRead(requirePrincipal(call.request.principal), ledger)) return nothing('forbidden');
    const place = await directory.find(ledger);
    if (place === null) return nothing('ledger_not_found');
    const reading = await store.readAccount(place, account);
    if (reading !== null) return { account: viewOf(reading), code: '' };
    return nothing((await store.readHead(place)) === null ? 'ledger_not_found' : 'account_not_found');
  });
}
