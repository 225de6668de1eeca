import { formatMinor } from '@ledgerflow/contracts';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { list, pageProperties, query } from '../../contract/schemas.ts';
import { Problem } from '../../http/problem.ts';
import { heldAt } from '../../reads/parked.ts';
import { pagingByKey } from '../keyed-pages.ts';

const DAY_MS = 86_400_000;

const DAY_DETAIL = 'The day is not one of the calendar, written YYYY-MM-DD';

const Day = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
  examples: ['2026-11-21'],
  'x-problem': 'invalid_time',
  'x-detail': DAY_DETAIL,
});

const DailyBalance = Type.Object({
  date: Type.String({ description: 'The day, UTC' }),
  posted: Type.String(),
  held: Type.String(),
  available: Type.String(),
  entries: Type.Integer({ description: 'Entries of the day' }),
  credits: Type.String({ description: 'Sum of what came in on the day' }),
  debits: Type.String({ description: 'Sum of what went out on the day, positive' }),
  version: Type.String({ description: "The account's version at the end of the day" }),
  position: Type.String({ description: "Position of the account's last record up to the end of the day" }),
});

const textOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Days since 1970-01-01. */
function dayOf(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // The 30th of February is read as a day of March, or not at all.
  if (Number.isNaN(ms) || textOf(ms / DAY_MS) !== text) throw new Problem('invalid_time', { detail: DAY_DETAIL, field });
  return ms / DAY_MS;
}

export const listDailyBalances = route({
  id: 'listDailyBalances',
  method: 'GET',
  path: '/ledgers/{ledger}/accounts/{account}/daily-balances',
  tag: 'Accounts',
  summary: "An account's closing balance of every day (UTC, by recordedAt), oldest first; from and to are inclusive",
  query: query({
    ...pageProperties,
    from: Type.Optional({ ...Day, description: 'The first day (inclusive), of the calendar, UTC' }),
    to: Type.Optional({ ...Day, description: 'The last day (inclusive), of the calendar, UTC' }),
  }),
  answers: { 200: list(DailyBalance) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const account = call.params['account'] as string;
    const [from, to] = [dayOf(call.query.from, 'from'), dayOf(call.query.to, 'to')];
    const filter = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const paging = pagingByKey<number>(call, services, 'listDailyBalances', {
      read: (key) => Number(key['day']),
      write: (day) => ({ day }),
    });
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) =>
      model.dailyBalances(ledger, account, filter, paging.request),
    );
    if (value === null) throw new Problem('account_not_found', { parameters: { account } });
    const { scale, page } = value;
    const data = page.rows.map((row) => ({
      date: textOf(row.day),
      posted: formatMinor(row.posted, scale),
      held: formatMinor(row.held, scale),
      available: formatMinor(row.posted - row.held, scale),
      entries: Number(row.entries),
      credits: formatMinor(row.credits, scale),
      debits: formatMinor(row.debits, scale),
      version: row.version.toString(),
      position: row.position.toString(),
    }));
    return { status: 200, body: { data, nextCursor: paging.cursor(page.next) }, headers: heldAt(checkpoint) };
  },
});
