import { formatMicros, formatMinor, parseMicros } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { list, pageProperties, query, spanProperties, Time } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { heldAt } from '../../reads/parked.ts';
import { pagingByEvent } from '../pages.ts';

const EntryLine = Type.Object({
  position: Type.String(),
  index: Type.Integer(),
  transactionId: Type.String(),
  account: Type.String(),
  currency: Type.String(),
  amount: Type.String(),
  balanceAfter: Type.String(),
  heldAfter: Type.String(),
  version: Type.String(),
  recordedAt: Time,
  effectiveAt: Time,
});

const Order = Type.Unsafe<'asc' | 'desc'>({
  type: 'string',
  enum: ['asc', 'desc'],
  default: 'asc',
  description: 'asc: oldest first; desc: newest first',
});

const bound = (time: string | undefined): bigint | undefined => (time === undefined ? undefined : (parseMicros(time) ?? undefined));

export const listEntries = route({
  id: 'listEntries',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}/entries',
  tag: 'Accounts',
  summary:
    "An account's entries, oldest first unless order says otherwise, each with the balance after it; from and to bound recordedAt, inclusive",
  query: query({ ...pageProperties, ...spanProperties, order: Type.Optional(Order) }),
  answers: { 200: list(EntryLine) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const account = call.params['account'] as string;
    const paging = pagingByEvent(call, services, 'listEntries');
    const { from, to, order } = call.query;
    const filter = { fromTime: bound(from), toTime: bound(to), newestFirst: order === 'desc' };
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) =>
      model.listEntries(ledger, account, filter, paging.request),
    );
    if (value === null) throw new Problem('account_not_found', { parameters: { account } });
    const { currency, scale, page } = value;
    const data = page.rows.map((row) => ({
      position: row.position.toString(),
      index: row.index,
      transactionId: row.transactionId,
      account,
      currency,
      amount: formatMinor(row.amount ?? 0n, scale),
      balanceAfter: formatMinor(row.postedAfter, scale),
      heldAfter: formatMinor(row.heldAfter, scale),
      version: row.version.toString(),
      recordedAt: formatMicros(row.recordedAt),
      effectiveAt: formatMicros(row.effectiveAt),
    }));
    return { status: 200, body: { data, nextCursor: paging.cursor(page.next) }, headers: heldAt(checkpoint) };
  },
});
