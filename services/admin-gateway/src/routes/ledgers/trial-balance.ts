import { formatMinor } from '@ledgerflow/contracts';
import type { TrialBalance } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { asOfProperties, query, Time } from '../../contract/schemas.ts';
import { type AsOf, asOfCheckpoint } from '../../reads/as-of.ts';
import { heldAt } from '../../reads/parked.ts';

const TrialBalanceAnswer = Type.Object({
  ledger: Type.String(),
  balanced: Type.Boolean({ description: 'Whether debits equal credits in every currency' }),
  currencies: Type.Array(Type.Object({ currency: Type.String(), debits: Type.String(), credits: Type.String() })),
  asOf: Time,
  asOfPosition: Type.String(),
});

const render = (ledger: string, { balanced, totals }: TrialBalance, asOf: AsOf): Record<string, unknown> => ({
  ledger,
  balanced,
  currencies: totals.map(({ currency, scale, debits, credits }) => ({
    currency,
    debits: formatMinor(debits, scale),
    credits: formatMinor(credits, scale),
  })),
  ...asOf,
});

export const getTrialBalance = route({
  id: 'getTrialBalance',
  method: 'GET',
  path: '/ledgers/{ledger}/trial-balance',
  tag: 'Ledgers',
  summary: 'Sums of what accounts lack (debits) and have (credits), by currency, now or at a time',
  query: query(asOfProperties),
  answers: { 200: TrialBalanceAnswer },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, { reads }) => {
    const { at } = call.query;
    const ledger = call.params['ledger'] as string;
    if (at === undefined) {
      const { checkpoint, value } = await reads.now(call, (_, model) => model.trialBalance(ledger));
      return { status: 200, body: render(ledger, value, asOfCheckpoint(checkpoint)), headers: heldAt(checkpoint) };
    }
    const { value, asOf } = await reads.at(call, at, (position, model) => model.trialBalanceAsOf(ledger, position));
    return { status: 200, body: render(ledger, value, asOf) };
  },
});
