import { route } from '../../contract/route.ts';
import { Account, body, commandQuery, Reason } from '../../contract/schemas.ts';
import { changeAccount } from '../account-changes.ts';

export const unfreezeAccount = route({
  id: 'unfreezeAccount',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts/{account}/unfreeze',
  tag: 'Accounts',
  summary: "Lift an account's freeze",
  query: commandQuery,
  body: body({ reason: Reason }),
  answers: { 200: Account },
  etag: 'always',
  access: { role: 'admin', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) =>
    changeAccount(call, services, {
      $case: 'unfreezeAccount',
      value: { account: call.params['account'] as string, reason: call.body.reason, expectedVersion: call.expectedVersion },
    }),
});
