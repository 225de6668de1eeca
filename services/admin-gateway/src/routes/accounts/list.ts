import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Account, Currency, list, OwnerId, pageProperties, query } from '../../contract/schemas.ts';
import { asOfCheckpoint } from '../../reads/as-of.ts';
import { currentRows } from '../../reads/current-accounts.ts';
import { heldAt } from '../../reads/parked.ts';
import type { ShownAccount } from '../../reads/strong.ts';
import { renderAccount } from '../../rendering/account.ts';
import { pagingById } from '../pages.ts';

const Status = Type.Unsafe<'open' | 'frozen' | 'closed'>({ type: 'string', enum: ['open', 'frozen', 'closed'] });

/** Of a filter what a record may change of an account. */
function stillFits({ status, q }: { status?: string; q?: string }): (row: ShownAccount) => boolean {
  const part = q?.toLowerCase();
  return (row) =>
    (status === undefined || row.status === status) &&
    (part === undefined || row.account.toLowerCase().includes(part) || (row.name ?? '').toLowerCase().includes(part));
}

export const listAccounts = route({
  id: 'listAccounts',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts',
  tag: 'Accounts',
  summary: 'Accounts in order of id',
  query: query({
    ...pageProperties,
    status: Type.Optional(Status),
    currency: Type.Optional(Currency),
    ownerId: Type.Optional(OwnerId),
    q: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Part of the id or the name' })),
    prefix: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'Beginning of the id; system accounts are listed only with one that begins with @',
      }),
    ),
  }),
  answers: { 200: list(Account) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const paging = pagingById(call, services, 'listAccounts');
    const { limit: _limit, cursor: _cursor, ...filter } = call.query;
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) => model.listAccounts(ledger, filter, paging.request));
    const rows = await currentRows(services.reads, call, value.rows, asOfCheckpoint(checkpoint), stillFits(filter));
    return {
      status: 200,
      body: { data: rows.map(({ row, asOf }) => renderAccount(row, asOf)), nextCursor: paging.cursor(value.next) },
      headers: heldAt(checkpoint),
    };
  },
});
