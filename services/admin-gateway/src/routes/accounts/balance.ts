import { parseMicros } from '@ledgerflow/contracts';
import { route } from '../../contract/route.ts';
import { Balance, effectiveProperties, query } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { asOfCheckpoint } from '../../reads/reads.ts';
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
    const notFound = new Problem('account_not_found', { parameters: { account } });
    const effectiveAt = effectiveText === undefined ? null : parseMicros(effectiveText);
    if (at !== undefined) {
      const { value, asOf } = await reads.at(call, at, (ledger, position) =>
        reads.model.getBalanceAsOf(ledger, account, { position, effectiveAt }),
      );
      if (value === null) throw notFound;
      return { status: 200, body: renderBalance(value, asOf) };
    }
    const { checkpoint, value } = await reads.now(call, (ledger) => reads.model.getBalance(ledger, account));
    if (value === null) throw notFound;
    if (effectiveAt === null) return { status: 200, body: renderBalance(value, asOfCheckpoint(checkpoint)) };
    const effective = await reads.model.getBalanceAsOf(call.params['ledger'] as string, account, {
      position: checkpoint.position,
      effectiveAt,
    });
    if (!effective?.value) throw notFound;
    return { status: 200, body: renderBalance(effective.value, asOfCheckpoint(checkpoint)) };
  },
});
