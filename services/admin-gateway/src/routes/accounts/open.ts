import { Type } from 'typebox';
import { limitOf, metadataText } from '../../commands/terms.ts';
import { route } from '../../contract/route.ts';
import { Account, body, commandQuery, Currency, FreeText, Id, InitialBalance, Limit, Metadata, OwnerId } from '../../contract/schemas.ts';
import { renderChangedAccount } from '../../rendering/account.ts';

const AccountBody = body({
  id: Type.Optional(Id),
  currency: Currency,
  name: Type.Optional(FreeText),
  ownerId: Type.Optional(OwnerId),
  initialBalance: Type.Optional(InitialBalance),
  minBalance: Type.Optional(Limit),
  maxBalance: Type.Optional(Limit),
  metadata: Type.Optional(Metadata),
});

export const openAccount = route({
  id: 'openAccount',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts',
  tag: 'Accounts',
  summary: 'Open an account',
  query: commandQuery,
  body: AccountBody,
  answers: { 201: Account },
  etag: 'always',
  location: 201,
  access: { role: 'admin', ledger: 'path' },
  command: true,
  handle: async (call, { commands }) => {
    const { id, currency, name, ownerId, initialBalance, minBalance, maxBalance, metadata } = call.body;
    const outcome = await commands.run(call, call.params['ledger'] as string, {
      $case: 'openAccount',
      value: {
        id,
        currency,
        name,
        ownerId,
        initialBalance,
        minBalance: limitOf(minBalance),
        maxBalance: limitOf(maxBalance),
        metadata: metadataText(metadata),
      },
    });
    const account = renderChangedAccount(outcome.record, id);
    const location = `/api/v1/ledgers/${outcome.record.ledger}/accounts/${String(account.body['id'])}`;
    return commands.answer(call, 201, outcome, account.body, { etag: `"${account.version}"`, location });
  },
});
