import { parseMicros, parseMinor } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { type Call, route } from '../../contract/route.ts';
import { Amount, Currency, ExternalId, FreeText, Id, list, pageProperties, query, spanProperties } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { currentLedger } from '../../reads/current-ledgers.ts';
import { heldAt } from '../../reads/parked.ts';
import { renderTransaction } from '../../rendering/transaction.ts';
import type { Services } from '../../services.ts';
import { pagingByEvent } from '../pages.ts';
import { Transaction } from './answer.ts';

const bound = (time: string | undefined): bigint | undefined => (time === undefined ? undefined : (parseMicros(time) ?? undefined));

/** Amount bounds in minor units; the ledger knows the currency's decimals. Null: the ledger has no such currency, so nothing matches. As new as the token asks: the currency may be. */
async function amountBounds(
  call: Call,
  currency: string,
  bounds: { minAmount?: string | undefined; maxAmount?: string | undefined },
  { reads }: Services,
) {
  const { value } = await currentLedger(reads, call);
  const scale = value.currencies.find(({ code }) => code === currency)?.scale;
  if (scale === undefined) return null;
  const minor = (name: 'minAmount' | 'maxAmount'): bigint | undefined => {
    const text = bounds[name];
    if (text === undefined) return undefined;
    const amount = parseMinor(text, scale);
    if (amount === null) throw new Problem('invalid_amount', { detail: `The amount has more decimals than ${currency}`, field: name });
    return amount;
  };
  return { minAmount: minor('minAmount'), maxAmount: minor('maxAmount') };
}

export const listTransactions = route({
  id: 'listTransactions',
  method: 'GET',
  path: '/ledgers/{ledger}/transactions',
  tag: 'Transactions',
  summary: 'Transactions, newest first; from and to bound recordedAt, inclusive; amounts need a currency',
  query: query({
    ...pageProperties,
    account: Type.Optional(Id),
    reference: Type.Optional(FreeText),
    externalId: Type.Optional(ExternalId),
    ...spanProperties,
    currency: Type.Optional(Currency),
    minAmount: Type.Optional(Amount),
    maxAmount: Type.Optional(Amount),
  }),
  answers: { 200: list(Transaction) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const { account, reference, externalId, from, to, currency, minAmount, maxAmount } = call.query;
    const amounts = minAmount !== undefined || maxAmount !== undefined;
    if (amounts && currency === undefined) throw new Problem('invalid_request', { detail: 'Amounts need a currency', field: 'currency' });
    const paging = pagingByEvent(call, services, 'listTransactions');
    const bounds = amounts ? await amountBounds(call, currency as string, { minAmount, maxAmount }, services) : {};
    const filter = { account, reference, externalId, fromTime: bound(from), toTime: bound(to), currency, ...bounds };
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) => model.listTransactions(ledger, filter, paging.request));
    return {
      status: 200,
      body: { data: value.rows.map(renderTransaction), nextCursor: paging.cursor(value.next) },
      headers: heldAt(checkpoint),
    };
  },
});
