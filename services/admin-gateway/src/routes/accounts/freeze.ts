import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Account, body, commandQuery, Reason } from '../../contract/schemas.ts';
import { changeAccount } from '../account-changes.ts';

const Scope = Type.Unsafe<'all' | 'debits'>({
  type: 'string',
  enum: ['all', 'debits'],
  description: 'all (default) refuses debits and credits, debits only debits',
});

export const freezeAccount = route({
  id: 'freezeAccount',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts/{account}/freeze',
  tag: 'Accounts',
  summary: 'Freeze an account',
  query: commandQuery,
  body: body({ reason: Reason, scope: Type.Optional(Scope) }),
  answers: { 200: Account },
  etag: 'always',
  access: { role: 'admin', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) =>
    changeAccount(call, services, {
      $case: 'freezeAccount',
      value: {
        account: call.params['account'] as string,
        reason: call.body.reason,
        scope: call.body.scope ?? 'all',
        expectedVersion: call.expectedVersion,
      },
    }),
});
