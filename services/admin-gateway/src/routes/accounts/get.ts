import { parseMicros } from '@ledgerflow/contracts';
import type { AccountRow } from '@ledgerflow/read-model';
import { type Call, route } from '../../contract/route.ts';
import { Account, effectiveProperties, query } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { asOfCheckpoint } from '../../reads/reads.ts';
import { renderAccount } from '../../rendering/account.ts';
import type { Services } from '../../services.ts';

const notFound = (account: string): Problem => new Problem('account_not_found', { parameters: { account } });

/** The balance effective at a time instead of the one recorded; both were read at one position, which never changes. */
async function onEffectiveAxis(
  row: AccountRow,
  ledger: string,
  position: bigint,
  effectiveAt: string | undefined,
  { reads }: Services,
): Promise<AccountRow> {
  if (effectiveAt === undefined) return row;
  const seen = await reads.model.getPastBalance({
    ledger,
    account: row.account,
    place: { position },
    effectiveAt: parseMicros(effectiveAt),
  });
  const balance = seen?.value.balance ?? null;
  if (balance === null) throw notFound(row.account);
  return { ...row, posted: balance.posted, held: balance.held };
}

export const getAccount = route({
  id: 'getAccount',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}',
  tag: 'Accounts',
  summary: 'An account, now or as it was; ETag is its version now',
  query: query(effectiveProperties),
  answers: { 200: Account },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call: Call<{ at?: string; effectiveAt?: string }>, services) => {
    const { reads } = services;
    const { at, effectiveAt } = call.query;
    const account = call.params['account'] as string;
    const ledger = call.params['ledger'] as string;
    if (at === undefined) {
      const { checkpoint, value } = await reads.now(call, () => reads.model.getAccount(ledger, account));
      if (value === null) throw notFound(account);
      const row = await onEffectiveAxis(value, ledger, checkpoint.position, effectiveAt, services);
      return { status: 200, body: renderAccount(row, asOfCheckpoint(checkpoint)), headers: { etag: `"${value.version}"` } };
    }
    const { value, asOf } = await reads.at(call, at, (_, position) => reads.model.getAccountAsOf(ledger, account, position));
    if (value === null) throw notFound(account);
    const row = await onEffectiveAxis(value, ledger, BigInt(asOf.asOfPosition), effectiveAt, services);
    return { status: 200, body: renderAccount(row, asOf) };
  },
});
