import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { commandQuery, CurrencyInput, Time } from '../../contract/schemas.ts';
import { renderAddedCurrency } from '../../rendering/ledger.ts';

export const addCurrency = route({
  id: 'addCurrency',
  method: 'POST',
  path: '/ledgers/{ledger}/currencies',
  tag: 'Ledgers',
  summary: 'Add a currency or a custom asset with its decimals',
  query: commandQuery,
  body: CurrencyInput,
  answers: { 201: Type.Object({ code: Type.String(), scale: Type.Integer(), position: Type.String(), recordedAt: Time }) },
  access: { role: 'admin', ledger: 'path' },
  command: true,
  handle: async (call, { commands }) => {
    const { code, scale } = call.body;
    const outcome = await commands.run(call, call.params['ledger'] as string, { $case: 'addCurrency', value: { code, scale } });
    return commands.answer(call, 201, outcome, renderAddedCurrency(outcome.record));
  },
});
