import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDigest, type LedgerRecord } from '@ledgerflow/contracts';
import { startReadServer, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import { below, randomOf } from '../testing/corrected-log.ts';
import { randomLog } from '../testing/random-log.ts';
import { accountSearch } from './account-search/apply.ts';
import { lexemesOf, levelOf, namingOf, vocabularyOf } from './account-search/lexemes.ts';
import { metadataText } from './account-search/project.ts';
import { dailyBalances } from './daily-balances/apply.ts';
import { ledgerActivity } from './ledger-activity/apply.ts';
import { bucketStart } from './ledger-activity/project.ts';
import { ProjectionError, type Projection, type Tally } from './projection.ts';

const SEED = Number(process.env['PROJECTIONS_SEED'] ?? Date.now() % 2 ** 31);
const RECORDS = 400;
const PROJECTIONS: Projection[] = [accountSearch as Projection, dailyBalances as Projection, ledgerActivity as Projection];

let server: ReadServer;
let db: ReadDatabase;
beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
});
afterAll(() => server.stop());

const random = randomOf(SEED);
/** The second is applied in the same batches, as a builder does with several ledgers. */
const logs = [randomLog('first', 1, RECORDS, random), randomLog('second', 2, RECORDS, random)];

/** Applies to generations `base` + ledger in random batches; answers the tallies as they were kept. */
async function applyInCuts(projection: Projection, base: number): Promise<Map<number, Tally>> {
  const kept = new Map<number, Tally>();
  let at = 0;
  while (at < RECORDS) {
    const end = Math.min(RECORDS, at + 1 + below(random, random() < 0.3 ? 4 : 120));
    const batch = logs.map(({ number, records }) => ({
      generation: base + number,
      changes: records.slice(at, end).map((record) => projection.project(record)),
    }));
    for (const [generation, gain] of await projection.apply(db.builder, batch)) {
      const before = kept.get(generation) ?? { rows: 0, digest: 0n };
      kept.set(generation, { rows: before.rows + gain.rows, digest: addDigest(before.digest, gain.digest) });
    }
    at = end;
  }
  return kept;
}

const rowsOf = async <R extends object>(sql: string, generation: number): Promise<R[]> =>
  (await db.builder.query<R>(sql, [generation])).rows;

describe(`the projections of charts and searches (PROJECTIONS_SEED=${SEED})`, () => {
  it.each(PROJECTIONS.map((projection) => [projection.name, projection] as const))(
    '%s: the digest kept is that of the rows, whatever the cuts',
    async (_name, projection) => {
      const first = await applyInCuts(projection, 10);
      const second = await applyInCuts(projection, 20);
      for (const { number } of logs) {
        const recomputed = await projection.recompute(db.builder, 10 + number, 0);
        expect(first.get(10 + number)).toEqual(recomputed);
        expect(second.get(20 + number)).toEqual(recomputed);
        expect(recomputed.rows).toBeGreaterThan(0);
      }
    },
  );

  it.each(logs.map((log) => [log.id, log] as const))(
    'ledger_activity of %s is the fold of its entries',
    async (_id, { number, records }) => {
      const fold = new Map<string, { transactions: Set<string>; entries: number; volume: bigint }>();
      for (const record of records)
        for (const event of record.events)
          for (let bucket = 0; event.type === 'EntryPosted' && bucket < 3; bucket++) {
            const key = `${bucket} ${bucketStart(record.recordedAt, bucket)} ${event.currency} ${record.type}`;
            const of = fold.get(key) ?? { transactions: new Set(), entries: 0, volume: 0n };
            of.transactions.add(`${record.position} ${event.transaction}`);
            of.entries += 1;
            of.volume += event.amount > 0n ? event.amount : 0n;
            fold.set(key, of);
          }
      const rows = await rowsOf<Record<'bucket' | 'starts_at' | 'currency' | 'type' | 'transactions' | 'entries' | 'volume', string>>(
        'select * from read.ledger_activity where generation = $1',
        10 + number,
      );
      const types = new Map(records.map((record) => [ledgerActivity.project(record).type, record.type]));
      const stored = rows.map((row) => [
        `${row.bucket} ${row.starts_at} ${row.currency} ${types.get(Number(row.type))}`,
        [Number(row.transactions), Number(row.entries), BigInt(row.volume)],
      ]);
      const expected = Array.from(fold, ([key, { transactions, entries, volume }]) => [key, [transactions.size, entries, volume]]);
      const byKey = (a: unknown[], b: unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1);
      expect(stored.sort(byKey)).toEqual(expected.sort(byKey));
    },
  );

  it.each(logs.map((log) => [log.id, log] as const))('daily_balances of %s is the fold of its events', async (_id, { number, records }) => {
    const fold = new Map<string, bigint[]>();
    for (const record of records)
      for (const event of record.events) {
        if (!('accountNumber' in event)) continue;
        const key = `${event.accountNumber} ${record.recordedAt / 86_400_000_000n}`;
        const [, , , , entries, credits, debits] = fold.get(key) ?? [0n, 0n, 0n, 0n, 0n, 0n, 0n];
        const amount = event.type === 'EntryPosted' ? event.amount : 0n;
        fold.set(key, [
          event.postedAfter,
          event.heldAfter,
          event.version,
          record.position,
          (entries as bigint) + (event.type === 'EntryPosted' ? 1n : 0n),
          (credits as bigint) + (amount > 0n ? amount : 0n),
          (debits as bigint) + (amount < 0n ? -amount : 0n),
        ]);
      }
    const rows = await rowsOf<Record<string, string>>('select * from read.daily_balances where generation = $1', 10 + number);
    const columns = ['posted', 'held', 'version', 'position', 'entries', 'credits', 'debits'];
    expect(
      Object.fromEntries(rows.map((row) => [`${row['account']} ${row['day']}`, columns.map((name) => BigInt(row[name] as string))])),
    ).toEqual(Object.fromEntries(fold));
  });

  it.each(logs.map((log) => [log.id, log] as const))(
    'account_search of %s has the texts and words of its accounts',
    async (_id, { number, records }) => {
      const generation = 10 + number;
      const fold = new Map<
        number,
        { id: string; currency: string; status: string; ownerId: string | null; name: string | null; metadata: string | null }
      >();
      for (const record of records)
        for (const event of record.events) {
          if (!('accountNumber' in event) || event.type === 'EntryPosted') continue;
          const before = fold.get(event.accountNumber);
          const gives = event.type === 'AccountOpened' || event.type === 'MetadataChanged' ? record.details[0]?.body : undefined;
          fold.set(event.accountNumber, {
            id: event.account,
            currency: event.currency,
            ownerId: before === undefined ? event.data.ownerId : before.ownerId,
            status: event.data.status,
            name: gives?.name ?? before?.name ?? null,
            metadata: gives?.metadata === undefined ? (before?.metadata ?? null) : metadataText(gives.metadata),
          });
        }
      const expected = Array.from(fold, ([account, texts]) => ({
        account,
        ...texts,
        naming: namingOf(texts),
        level: levelOf(generation, account).toString(),
      }));
      const rows = await rowsOf(
        'select account, id, currency, owner_id as "ownerId", status, name, metadata, naming, level from read.account_search where generation = $1 order by account',
        generation,
      );
      expect(rows).toEqual(expected.sort((a, b) => a.account - b.account));
      const words = new Map<string, number>();
      for (const texts of fold.values()) for (const word of vocabularyOf(texts)) words.set(word, (words.get(word) ?? 0) + 1);
      const stored = await rowsOf<{ word: string; accounts: string }>(
        'select word, accounts from read.account_words where generation = $1',
        generation,
      );
      expect(new Map(stored.map(({ word, accounts }) => [word, Number(accounts)]))).toEqual(words);
      const { rows: lexemes } = await db.builder.query<{ account: number; same: boolean }>(
        `select s.account, s.lexemes = l.text::tsvector as same from read.account_search s
       join unnest($2::int[], $3::text[]) as l(account, text) using (account) where s.generation = $1`,
        [generation, expected.map(({ account }) => account), expected.map((one) => lexemesOf(BigInt(one.level), one))],
      );
      expect(lexemes).toHaveLength(expected.length);
      expect(lexemes.filter(({ same }) => !same)).toEqual([]);
    },
  );

  it.each(PROJECTIONS.filter(({ scope }) => scope === 'account').map((projection) => [projection.name, projection] as const))(
    '%s: accounts applied apart make the same rows as together',
    async (_name, projection) => {
      if (projection.scope !== 'account') throw new Error('unreachable');
      const { records } = logs[0]!;
      for (const parity of [0, 1])
        await projection.apply(db.builder, [
          {
            generation: 30,
            changes: records.map((record) => projection.ofAccounts(projection.project(record), (account) => account % 2 === parity)),
          },
        ]);
      expect(await projection.recompute(db.builder, 30, 0)).toEqual(await projection.recompute(db.builder, 11, 0));
    },
  );

  it('rows that contradict the log are refused', async () => {
    const { records, number } = logs[0]!;
    const opening = records.find(({ type }) => type === 'AccountOpened') as LedgerRecord;
    const refused = (projection: Projection, generation: number, record: LedgerRecord) =>
      expect(projection.apply(db.builder, [{ generation, changes: [projection.project(record)] }])).rejects.toThrow(ProjectionError);
    await refused(accountSearch as Projection, 10 + number, opening);
    await refused(
      accountSearch as Projection,
      99,
      records.find(({ type }) => type === 'AccountFrozen' || type === 'AccountUpdated') as LedgerRecord,
    );
    await refused(dailyBalances as Projection, 10 + number, records.at(-1) as LedgerRecord);
  });
});
