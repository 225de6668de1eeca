import { formatMicros, formatMinor, parseMicros } from '@ledgerflow/contracts';
import type { ActivityBucket, ActivityKey } from '@ledgerflow/read-model';
import { Type } from 'typebox';
import { route } from '../../contract/route.ts';
import { Currency, list, pageProperties, query, Time } from '../../contract/schemas.ts';
import { heldAt } from '../../reads/parked.ts';
import { pagingByKey } from '../keyed-pages.ts';

const Bucket = Type.Unsafe<ActivityBucket>({ type: 'string', enum: ['minute', 'hour', 'day'] });

const Activity = Type.Object({
  startsAt: Time,
  currency: Type.String(),
  transactions: Type.Integer({ description: 'Transactions that moved the currency' }),
  entries: Type.Integer(),
  volume: Type.String({ description: 'What moved: the sum of the positive entries' }),
  byType: Type.Unsafe<Record<string, number>>({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'Type of record → transactions; may grow',
  }),
});

const bound = (time: string | undefined): bigint | undefined => (time === undefined ? undefined : (parseMicros(time) ?? undefined));

export const listActivity = route({
  id: 'listActivity',
  method: 'GET',
  path: '/ledgers/{ledger}/activity',
  tag: 'Ledgers',
  summary: 'What moved in each minute, hour or day (UTC, by recordedAt) and currency, oldest first; where nothing moved there is no bucket',
  query: query({
    ...pageProperties,
    bucket: Bucket,
    from: Type.Optional({ ...Time, description: 'In the first bucket (inclusive)' }),
    to: Type.Optional({ ...Time, description: 'In the last bucket (inclusive)' }),
    currency: Type.Optional(Currency),
  }),
  answers: { 200: list(Activity) },
  access: { role: 'viewer', ledger: 'path' },
  handle: async (call, services) => {
    const { bucket, currency } = call.query;
    const paging = pagingByKey<ActivityKey>(call, services, 'listActivity', {
      read: (key) => ({ startsAt: BigInt(key['startsAt'] as string), currency: String(key['currency']) }),
      write: ({ startsAt, currency: code }) => ({ startsAt: startsAt.toString(), currency: code }),
    });
    const [from, to] = [bound(call.query.from), bound(call.query.to)];
    const filter = {
      bucket,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(currency === undefined ? {} : { currency }),
    };
    const { checkpoint, value } = await services.reads.now(call, (ledger, model) => model.listActivity(ledger, filter, paging.request));
    const data = value.rows.map((row) => ({
      startsAt: formatMicros(row.startsAt),
      currency: row.currency,
      transactions: Number(row.transactions),
      entries: Number(row.entries),
      volume: formatMinor(row.volume, row.scale),
      byType: Object.fromEntries(row.byType.map(({ type, transactions }) => [type, Number(transactions)])),
    }));
    return { status: 200, body: { data, nextCursor: paging.cursor(value.next) }, headers: heldAt(checkpoint) };
  },
});
