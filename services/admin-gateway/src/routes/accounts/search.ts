import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Account, Currency, list, OwnerId, pageProperties, query } from '../../contract/schemas.ts';
import { asOfCheckpoint } from '../../reads/as-of.ts';
import type { ShownAccount } from '../../reads/strong.ts';
import { heldAt } from '../../reads/parked.ts';
import { currentRows } from '../../reads/current-accounts.ts';
import { renderAccount } from '../../rendering/account.ts';
import { pagingByKey } from '../keyed-pages.ts';

const Status = Type.Unsafe<'open' | 'frozen' | 'closed'>({ type: 'string', enum: ['open', 'frozen', 'closed'] });

/** Not below /accounts: an account may have the id `search`. */
export const searchAccounts = route({
  id: 'searchAccounts',
  method: 'GET',
  path: '/ledgers/{ledger}/account-search',
  tag: 'Accounts',
  summary: 'Accounts by words of their id, name, owner and metadata, the best match first',
  query: query({
    ...pageProperties,
    q: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Words or beginnings of words; with few matches, words that look like them too',
    }),
    status: Type.Optional(Status),
    currency: Type.Optional(Currency),
    ownerId: Type.Optional(OwnerId),
  }),
  answers: {
    200: Type.Object({
      ...list(Account).properties,
      isSample: Type.Boolean({ description: 'More accounts match than are ranked: these are the best of a fair sample. Add a word' }),
    }),
  },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const paging = pagingByKey(call, services, 'searchAccounts', {
      read: (key) => ({ score: Number(key['score']), id: String(key['id']) }),
      write: ({ score, id }) => ({ score, id }),
    });
    const { limit: _limit, cursor: _cursor, q, ...filter } = call.query;
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) =>
      model.searchAccounts(ledger, q, filter, paging.request),
    );
    const hasStatus = ({ status }: ShownAccount): boolean => filter.status === undefined || status === filter.status;
    const rows = await currentRows(services.reads, call, value.rows, asOfCheckpoint(checkpoint), hasStatus);
    return {
      status: 200,
      body: {
        data: rows.map(({ row, asOf }) => renderAccount(row, asOf)),
        nextCursor: paging.cursor(value.next),
        isSample: value.isSample,
      },
      headers: heldAt(checkpoint),
    };
  },
});
