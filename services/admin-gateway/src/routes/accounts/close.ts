import { route } from '../../contract/route.ts';
import { Account, body, commandQuery, Reason } from '../../contract/schemas.ts';
import { changeAccount } from '../account-changes.ts';

export const closeAccount = route({
  id: 'closeAccount',
  method: 'POST',
  path: '/ledgers/{ledger}/accounts/{account}/close',
  tag: 'Accounts',
  summary: 'Close an account for good; its balance must be zero',
  query: commandQuery,
  body: body({ reason: Reason }),
  answers: { 200: Account },
  etag: 'always',
  access: { role: 'admin', ledger: 'path' },
  command: true,
  ifMatch: true,
  handle: (call, services) =>
    changeAccount(call, services, {
      $case: 'closeAccount',
      value: { account: call.params['account'] as string, reason: call.body.reason, expectedVersion: call.expectedVersion },
    }),
});
