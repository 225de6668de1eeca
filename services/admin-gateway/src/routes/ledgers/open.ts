import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { body, commandQuery, Currency, CurrencyInput, Id, Ledger } from '../../contract/schemas.ts';
import { renderOpenedLedger } from '../../rendering/ledger.ts';

const CURRENCIES_MAX = 200;
const LedgerBody = body({
  id: Id,
  currencies: Type.Optional(
    Type.Array(Type.Union([Currency, CurrencyInput]), {
      maxItems: CURRENCIES_MAX,
      description: 'Codes, or {code, scale} for custom assets; an ISO 4217 currency joins by itself with its first account',
    }),
  ),
});

export const openLedger = route({
  id: 'openLedger',
  method: 'POST',
  path: '/ledgers',
  tag: 'Ledgers',
  summary: 'Open a ledger',
  query: commandQuery,
  body: LedgerBody,
  answers: { 201: Ledger },
  location: 201,
  access: { role: 'admin', ledger: 'every' },
  command: true,
  handle: async (call, { commands }) => {
    const currencies = (call.body.currencies ?? []).map((currency) =>
      typeof currency === 'string' ? { code: currency, scale: undefined } : { code: currency.code, scale: currency.scale },
    );
    const outcome = await commands.run(call, call.body.id, { $case: 'openLedger', value: { currencies } });
    return commands.answer(call, 201, outcome, renderOpenedLedger(outcome.record), {
      location: `/api/v1/ledgers/${outcome.record.ledger}`,
    });
  },
});
