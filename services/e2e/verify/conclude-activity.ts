import { BUCKET_MICROS } from '@ledgerflow/read-model/projections';
import type { Conclusion } from './comparison.ts';
import type { Snapshot } from './connections.ts';
import type { Place } from './live.ts';

interface Row extends Record<string, unknown> {
  starts_at: string;
  currency: string;
  type: number;
  found: string | null;
  expected: string | null;
}

const told = (of: string): string =>
  `${of}.transactions || ' transactions with ' || ${of}.entries || ' entries that moved ' || ${of}.volume`;

/** The buckets of one kind beside the sums of the minutes, which were held against the log one by one. */
const DIFFERENT = `select starts_at, currency, type, ${told('b')} as found, ${told('m')} as expected
  from (select starts_at - starts_at % $3::bigint as starts_at, currency, type, sum(transactions) as transactions, sum(entries) as entries, sum(volume) as volume
    from read.ledger_activity where generation = $1 and bucket = 0 group by 1, 2, 3) m
  full join (select * from read.ledger_activity where generation = $1 and bucket = $2) b using (starts_at, currency, type)
  where (b.transactions, b.entries, b.volume) is distinct from (m.transactions, m.entries, m.volume) order by 1, 2, 3 limit 1`;
const COUNT = 'select count(*) as count from read.ledger_activity where generation = $1 and bucket > 0';
const KINDS = ['minute', 'hour', 'day'];

/** The hours and days of the read model's activity. */
export async function concludeActivity(of: Conclusion, { generation, position }: Place, read: Snapshot): Promise<void> {
  const [counted] = await read.client.query<{ count: string }>(COUNT, [generation]);
  of.counts['read activity'] = (of.counts['read activity'] ?? 0) + Number(counted?.count ?? 0);
  for (const [bucket, micros] of BUCKET_MICROS.entries()) {
    if (bucket === 0) continue;
    const [row] = await read.client.query<Row>(DIFFERENT, [generation, bucket, micros.toString()]);
    if (row === undefined) continue;
    const { starts_at: startsAt, currency, type, found, expected } = row;
    const at = new Date(Number(startsAt) / 1_000).toISOString();
    of.findings.add(
      'read activity',
      position,
      null,
      `the read model's activity in the ${KINDS[bucket]} of ${at}, of ${currency} and records of type ${type}, says ${found ?? 'nothing'}, the log says ${expected ?? 'nothing'}`,
    );
  }
  const [unknown] = await read.client.query<{ bucket: number }>(
    'select bucket from read.ledger_activity where generation = $1 and bucket not between 0 and $2::int limit 1',
    [generation, BUCKET_MICROS.length - 1],
  );
  if (unknown !== undefined)
    of.findings.add(
      'read activity',
      position,
      null,
      `the read model has activity in buckets of kind ${unknown.bucket}, which nothing reads`,
    );
}
