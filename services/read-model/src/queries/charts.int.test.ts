import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load, startReadServer, type ReadDatabase, type ReadServer, type TestLedger } from '../testing/index.ts';
import { randomOf } from '../testing/corrected-log.ts';
import { randomLog } from '../testing/random-log.ts';
import type { ActivityFilter, ActivityKey, ActivityRow, DailyBalanceRow, DayFilter } from '../types.ts';
import { dailyBalances } from './daily-balances.ts';
import { listActivity } from './ledger-activity.ts';

const SEED = Number(process.env['CHARTS_SEED'] ?? Date.now() % 2 ** 31);
const DAY_MICROS = 86_400_000_000n;
const LENGTHS = { minute: 60_000_000n, hour: 3_600_000_000n, day: DAY_MICROS } as const;

let server: ReadServer;
let db: ReadDatabase;
let ledger: TestLedger;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  ledger = randomLog('books', 7, 500, randomOf(SEED));
  await load(db.builder, ledger.records.slice(0, 200));
  await load(db.builder, ledger.records.slice(200));
});
afterAll(() => server.stop());

const today = (): number => Number(ledger.now / DAY_MICROS);

/** All pages of an account's days. */
async function days(account: string, filter: DayFilter, limit = 7): Promise<DailyBalanceRow[]> {
  const rows: DailyBalanceRow[] = [];
  let after: number | null = null;
  for (let pages = 0; pages < 200; pages++) {
    const seen = await dailyBalances(db.gateway, 'books', account, filter, { after, limit });
    expect(seen!.checkpoint.position).toBe(ledger.position);
    const { page }: { page: { rows: DailyBalanceRow[]; next: number | null } } = seen!.value!;
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = page.next;
  }
  throw new Error('the pages do not end');
}

/** Day by day, by reading every record. */
function fold(account: string): DailyBalanceRow[] {
  const events = ledger.records.flatMap((record) =>
    record.events.flatMap((event) =>
      'account' in event && event.account === account ? [{ event, record, day: Number(record.recordedAt / DAY_MICROS) }] : [],
    ),
  );
  const rows: DailyBalanceRow[] = [];
  for (let day = events[0]!.day; day <= today(); day++) {
    const last = events.findLast((one) => one.day <= day)!;
    const amounts = events.filter((one) => one.day === day).flatMap(({ event }) => (event.type === 'EntryPosted' ? [event.amount] : []));
    const sum = (of: bigint[]): bigint => of.reduce((a, b) => a + b, 0n);
    rows.push({
      day,
      posted: last.event.postedAfter,
      held: last.event.heldAfter,
      version: last.event.version,
      position: last.record.position,
      entries: BigInt(amounts.length),
      credits: sum(amounts.filter((amount) => amount > 0n)),
      debits: -sum(amounts.filter((amount) => amount < 0n)),
    });
  }
  return rows;
}

async function activity(filter: ActivityFilter, limit = 5): Promise<ActivityRow[]> {
  const rows: ActivityRow[] = [];
  let after: ActivityKey | null = null;
  for (let pages = 0; pages < 1_000; pages++) {
    const seen: Awaited<ReturnType<typeof listActivity>> = await listActivity(db.gateway, 'books', filter, { after, limit });
    rows.push(...seen!.value.rows);
    if (seen!.value.next === null) return rows;
    after = seen!.value.next;
  }
  throw new Error('the pages do not end');
}

function foldActivity({ bucket, from = 0n, to = ledger.now, currency }: ActivityFilter): unknown[] {
  const begin = (time: bigint): bigint => time - (time % LENGTHS[bucket]);
  const rows = new Map<string, { transactions: Set<string>; entries: number; volume: bigint; types: Set<string> }>();
  for (const record of ledger.records)
    for (const event of record.events) {
      const startsAt = begin(record.recordedAt);
      if (event.type !== 'EntryPosted' || startsAt < begin(from) || startsAt > to || (currency ?? event.currency) !== event.currency)
        continue;
      const key = `${startsAt} ${event.currency}`;
      const row = rows.get(key) ?? { transactions: new Set(), entries: 0, volume: 0n, types: new Set() };
      row.transactions.add(`${record.position} ${event.transaction}`);
      row.entries += 1;
      row.volume += event.amount > 0n ? event.amount : 0n;
      row.types.add(record.type);
      rows.set(key, row);
    }
  return Array.from(rows, ([key, { transactions, entries, volume, types }]) => [
    key,
    transactions.size,
    entries,
    volume,
    [...types].sort(),
  ]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

const shown = (rows: ActivityRow[]): unknown[] =>
  rows.map((row) => {
    expect(row.byType.reduce((sum, { transactions }) => sum + transactions, 0n)).toBe(row.transactions);
    expect(row.scale).toBe(row.currency === 'JPY' ? 0 : 2);
    return [
      `${row.startsAt} ${row.currency}`,
      Number(row.transactions),
      Number(row.entries),
      row.volume,
      row.byType.map(({ type }) => type).sort(),
    ];
  });

describe(`what charts show (CHARTS_SEED=${SEED})`, () => {
  it('the closing balance of every day, gaps filled, equals the fold, for every account', async () => {
    for (const account of ledger.accounts.keys()) expect(await days(account, {})).toEqual(fold(account));
  });

  it('from and to are inclusive, and reach beyond the first and the last day', async () => {
    const account = [...ledger.accounts.keys()][0]!;
    const all = fold(account);
    const [first, last] = [all[0]!.day, all.at(-1)!.day];
    const middle = Math.floor((first + last) / 2);
    expect(await days(account, { from: middle })).toEqual(all.filter(({ day }) => day >= middle));
    expect(await days(account, { to: middle })).toEqual(all.filter(({ day }) => day <= middle));
    expect(await days(account, { from: middle, to: middle })).toEqual(all.filter(({ day }) => day === middle));
    expect(await days(account, { from: first - 10_000, to: last + 10_000 }, 1_000)).toEqual(all);
    expect(await days(account, { from: last + 1 })).toEqual([]);
    expect(await days(account, { to: first - 1 })).toEqual([]);
  });

  it('unknown accounts and ledgers have none', async () => {
    expect((await dailyBalances(db.gateway, 'books', 'nobody', {}, { after: null, limit: 1 }))?.value).toBeNull();
    expect(await dailyBalances(db.gateway, 'nowhere', 'user:0', {}, { after: null, limit: 1 })).toBeNull();
    expect(await listActivity(db.gateway, 'nowhere', { bucket: 'day' }, { after: null, limit: 1 })).toBeNull();
  });

  it.each(['minute', 'hour', 'day'] as const)('activity by %s equals the fold, by time and currency', async (bucket) => {
    const middle = ledger.records[250]!.recordedAt;
    for (const filter of [
      { bucket },
      { bucket, from: middle },
      { bucket, to: middle },
      { bucket, from: middle, to: middle },
      { bucket, currency: 'JPY' },
    ])
      expect(shown(await activity(filter))).toEqual(foldActivity(filter));
    expect(shown(await activity({ bucket }, 1_000))).toEqual(foldActivity({ bucket }));
  });

  it('while they are not filled yet they answer with position 0', async () => {
    await db.builder.query(`delete from read.projections where ledger = 7 and projection in ('daily_balances', 'ledger_activity')`);
    const seen = await dailyBalances(db.gateway, 'books', [...ledger.accounts.keys()][0]!, {}, { after: null, limit: 1 });
    expect(seen).toMatchObject({ checkpoint: { position: 0n }, value: { page: { rows: [], next: null } } });
    expect(await listActivity(db.gateway, 'books', { bucket: 'day' }, { after: null, limit: 1 })).toMatchObject({
      checkpoint: { position: 0n },
      value: { rows: [] },
    });
  });
});
