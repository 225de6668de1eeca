import { type Micros, parseMicros } from '@ledgerflow/contracts';
import { type Call, route } from '../../contract/route.ts';
import { Account, effectiveProperties, query } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { asOfCheckpoint } from '../../reads/as-of.ts';
import type { Place } from '../../reads/consistency.ts';
import { currentAccount } from '../../reads/current-accounts.ts';
import { heldAt } from '../../reads/parked.ts';
import { effectiveBalance } from '../../reads/past-balance.ts';
import type { ShownAccount } from '../../reads/strong.ts';
import { renderAccount } from '../../rendering/account.ts';
import type { Services } from '../../services.ts';

const notFound = (account: string): Problem => new Problem('account_not_found', { parameters: { account } });

/** The account at a place with the balance effective at a time instead of the one recorded; both are of one position, which never changes. */
async function onEffectiveAxis(
  { reads }: Services,
  call: Call,
  row: ShownAccount,
  place: Place,
  effectiveAt: string | undefined,
): Promise<ShownAccount> {
  if (effectiveAt === undefined) return row;
  const ledger = call.params['ledger'] as string;
  const { position } = place;
  const { value } = await reads.atPlace(ledger, place, (model) =>
    model.getPastBalance({ ledger, account: row.account, place: { position }, effectiveAt: parseMicros(effectiveAt) }),
  );
  if (value.balance === null) throw notFound(row.account);
  return { ...row, posted: value.balance.posted, held: value.balance.held };
}

/** The account as it is known now with the balance effective at a time: as of the position that the balance is of, which may lie before the account's while a projection is held. */
async function effectiveNow({ reads }: Services, call: Call, account: string, effectiveAt: Micros) {
  const { value, checkpoint } = await effectiveBalance(reads, call, account, effectiveAt);
  if (value === null) throw notFound(account);
  const ledger = call.params['ledger'] as string;
  const { value: row } = await reads.atPlace(ledger, checkpoint, (model) => model.getAccountAsOf(ledger, account, checkpoint.position));
  if (row === null) throw notFound(account);
  return { row: { ...row, posted: value.posted, held: value.held }, asOf: asOfCheckpoint(checkpoint), headers: heldAt(checkpoint) };
}

export const getAccount = route({
  id: 'getAccount',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}',
  tag: 'Accounts',
  summary: 'An account, now or as it was; ETag is its version now',
  query: query(effectiveProperties),
  answers: { 200: Account },
  etag: 'now',
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call: Call<{ at?: string; effectiveAt?: string }>, services) => {
    const { reads } = services;
    const { at, effectiveAt } = call.query;
    const account = call.params['account'] as string;
    if (at === undefined) {
      const found =
        effectiveAt === undefined
          ? await currentAccount(reads, call, (model, ...of) => model.getAccount(...of))
          : await effectiveNow(services, call, account, parseMicros(effectiveAt) as Micros);
      if (found === null) throw notFound(account);
      const { row, asOf, headers } = found;
      return { status: 200, body: renderAccount(row, asOf), headers: { ...headers, etag: `"${row.version}"` } };
    }
    const { value, asOf, place } = await reads.at(call, at, (position, model) =>
      model.getAccountAsOf(call.params['ledger'] as string, account, position),
    );
    if (value === null) throw notFound(account);
    return { status: 200, body: renderAccount(await onEffectiveAxis(services, call, value, place, effectiveAt), asOf) };
  },
});
