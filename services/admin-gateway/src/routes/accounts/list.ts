import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Account, Currency, list, OwnerId, pageProperties, query } from '../../contract/schemas.ts';
import { asOfCheckpoint } from '../../reads/reads.ts';
import { renderAccount } from '../../rendering/account.ts';
import { pagingById } from '../pages.ts';

const Status = Type.Unsafe<'open' | 'frozen' | 'closed'>({ type: 'string', enum: ['open', 'frozen', 'closed'] });

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
    const { checkpoint, value } = await services.reads.now(call, (ledger) =>
      services.reads.model.listAccounts(ledger, filter, paging.request),
    );
    const asOf = asOfCheckpoint(checkpoint);
    return { status: 200, body: { data: value.rows.map((row) => renderAccount(row, asOf)), nextCursor: paging.cursor(value.next) } };
  },
});
