import { type Micros, parseMicros } from '@ledgerflow/contracts';
import { route } from '../../contract/route.ts';
import { Balance, effectiveProperties, query } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { asOfCheckpoint } from '../../reads/as-of.ts';
import { currentAccount } from '../../reads/current-accounts.ts';
import { heldAt } from '../../reads/parked.ts';
import { effectiveBalance, recordedBalance } from '../../reads/past-balance.ts';
import { renderBalance } from '../../rendering/account.ts';

export const getBalance = route({
  id: 'getBalance',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}/balance',
  tag: 'Accounts',
  summary: "An account's balance: now, as recorded at a time, as effective at a time, or both",
  query: query(effectiveProperties),
  answers: { 200: Balance },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, { reads }) => {
    const { at, effectiveAt: effectiveText } = call.query;
    const account = call.params['account'] as string;
    // Made only when it is thrown: an error looks its stack up.
    const notFound = (): Problem => new Problem('account_not_found', { parameters: { account } });
    const effectiveAt = effectiveText === undefined ? null : parseMicros(effectiveText);
    if (at === undefined && effectiveAt === null) {
      const found = await currentAccount(reads, call, (model, ledger, id) => model.getBalance(ledger, id));
      if (found === null) throw notFound();
      return { status: 200, body: renderBalance(found.row, found.asOf), headers: found.headers };
    }
    if (at === undefined) {
      const { value, checkpoint } = await effectiveBalance(reads, call, account, effectiveAt as Micros);
      if (value === null) throw notFound();
      return { status: 200, body: renderBalance(value, asOfCheckpoint(checkpoint)), headers: heldAt(checkpoint) };
    }
    const { value, asOf } = await recordedBalance(reads, call, account, at, effectiveAt);
    if (value === null) throw notFound();
    return { status: 200, body: renderBalance(value, asOf) };
  },
});
