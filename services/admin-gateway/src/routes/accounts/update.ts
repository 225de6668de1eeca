import { Type } from 'typebox';
import { limitOf, metadataText } from '../../commands/terms.ts';
import { route } from '../../contract/route.ts';
import { Account, commandQuery, FreeText, Limit, Metadata } from '../../contract/schemas.ts';
import { changeAccount } from '../account-changes.ts';

const ChangesBody = Type.Object(
  { name: Type.Optional(FreeText), metadata: Type.Optional(Metadata), minBalance: Type.Optional(Limit), maxBalance: Type.Optional(Limit) },
  { additionalProperties: false, minProperties: 1 },
);

export const updateAccount = route({
  id: 'updateAccount',
  method: 'PATCH',
  path: '/ledgers/{ledger}/accounts/{account}',
  tag: 'Accounts',
  summary: "Change an account's name, metadata or limits; what is absent stays",
  query: commandQuery,
  body: ChangesBody,
  answers: { 200: Account },
  etag: 'always',
  access: { role: 'admin', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) => {
    const { name, metadata, minBalance, maxBalance } = call.body;
    return changeAccount(call, services, {
      $case: 'updateAccount',
      value: {
        account: call.params['account'] as string,
        name,
        metadata: metadataText(metadata),
        minBalance: limitOf(minBalance),
        maxBalance: limitOf(maxBalance),
        expectedVersion: call.expectedVersion,
      },
    });
  },
});
