import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Micros } from '@ledgerflow/contracts';
import { load, loadParked, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import type { PastBalance, Seen } from '../types.ts';
import { getAccountAsOf } from './account-as-of.ts';
import { getBalancesAsOf, type PastBalanceQuestion } from './balance-as-of.ts';
import { getBalance } from './balance.ts';
import { getAccount } from './get-account.ts';
import { getLedger } from './ledgers.ts';
import { listAccounts } from './list-accounts.ts';
import { listBalances } from './list-balances.ts';
import { listEntries } from './list-entries.ts';
import { listTransactions } from './list-transactions.ts';
import { trialBalance, trialBalanceAsOf } from './trial-balance.ts';

const SEED = Number(process.env['PARKED_SEED'] ?? randomInt(2 ** 31));
const PAGE = { after: null, limit: 1000 };
const NO_PAGE = { after: null, limit: 1000 };
/** The number of `parked` and of `late`. */
const PARKED = 3;
const LATE = 5;
const BOOKS = 'books';

let server: ReadServer;
let db: ReadDatabase;
/** The same log, all of it applied. */
let truth: ReadDatabase;
let ledger: TestLedger;
/** The last position before the first parked record. */
let held: bigint;

/** Numbers from 0 below the limit, the same for the same seed. */
let state = SEED;
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return (((state >>> 8) % limit) + limit) % limit;
}

const HOUR = 3_600_000_000n;

function move(): void {
  const accounts = ['@world:USD', 'a', 'b'];
  const from = below(3);
  const to = (from + 1 + below(2)) % 3;
  const corrected = below(3) === 0 ? { effectiveAfterMicros: BigInt(below(48) - 40) * HOUR } : {};
  ledger.transfer(accounts[from] as string, accounts[to] as string, BigInt(1 + below(1_000)), corrected);
}

beforeAll(async () => {
  server = await startReadServer();
  [db, truth] = [await server.create(), await server.create()];
  ledger = new TestLedger(BOOKS, 7);
  ledger.stepMicros = HOUR / 4n;
  ledger.open('@world:USD');
  ledger.open('a');
  ledger.open('parked', { details: { name: 'Before' } });
  ledger.open('b');
  for (let i = 0; i < 120; i++) move();
  ledger.transfer('@world:USD', 'parked', 700n);
  held = ledger.position;
  await load(db.builder, ledger.records);
  ledger.transfer('@world:USD', 'parked', 11n);
  ledger.open('late');
  ledger.setTerms('parked', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' });
  for (let i = 0; i < 80; i++) move();
  await loadParked(
    db.builder,
    ledger.records.slice(Number(held)),
    new Map([
      [PARKED, 'parked'],
      [LATE, 'late'],
    ]),
  );
  await load(truth.builder, ledger.records);
}, 120_000);
afterAll(() => server.stop());

const timeOf = (position: bigint): Micros => ledger.records[Number(position) - 1]!.recordedAt;
const anyPosition = (): bigint => BigInt(1 + below(Number(ledger.position)));
const anyTime = (): Micros => timeOf(1n) + BigInt(below(Number((timeOf(ledger.position) - timeOf(1n)) / 1_000_000n) + 3_600)) * 1_000_000n;

describe(`a ledger of which an account is parked (PARKED_SEED=${SEED})`, () => {
  it('says from where on an account is not known, and shows it as it was before', async () => {
    const parked = await getBalance(db.gateway, BOOKS, 'parked');
    expect(parked).toMatchObject({
      checkpoint: { position: ledger.position, appliedPosition: ledger.position, parkedSince: held + 1n },
      projections: ['account_summary'],
      value: { posted: 700n },
    });
    expect(await getAccount(db.gateway, BOOKS, 'late')).toMatchObject({ checkpoint: { parkedSince: held + 2n }, value: null });
    for (const account of ['a', 'b', '@world:USD', 'nobody'])
      expect((await getAccount(db.gateway, BOOKS, account))?.checkpoint).toMatchObject({ position: ledger.position, parkedSince: null });
    expect((await getAccountAsOf(db.gateway, BOOKS, 'parked', held))?.checkpoint.parkedSince).toBe(held + 1n);
  });

  it('other accounts flow: what they have and had is that of the whole log', async () => {
    for (const account of ['a', 'b', '@world:USD']) {
      expect(await getBalance(db.gateway, BOOKS, account)).toEqual(await getBalance(truth.gateway, BOOKS, account));
      for (let i = 0; i < 20; i++) {
        const position = anyPosition();
        const questions = (place: PastBalanceQuestion['place']): PastBalanceQuestion[] => [
          { ledger: BOOKS, account, place, effectiveAt: null },
        ];
        const [here] = await getBalancesAsOf(db.gateway, questions({ position }));
        const [there] = await getBalancesAsOf(truth.gateway, questions({ position }));
        expect(here).toEqual(there);
        const byTime = (await getBalancesAsOf(db.gateway, questions({ recordedAt: timeOf(position) })))[0]?.value;
        if (position > held) expect(byTime?.position).toBeNull();
        else expect(byTime).toEqual(there?.value);
      }
    }
  });

  it('lists the entries of other accounts between any two times', async () => {
    for (let i = 0; i < 40; i++) {
      const [one, other] = [anyTime(), anyTime()].sort((a, b) => (a < b ? -1 : 1));
      const filter = { ...(below(4) === 0 ? {} : { fromTime: one as Micros }), ...(below(4) === 0 ? {} : { toTime: other as Micros }) };
      const account = ['a', 'b'][below(2)] as string;
      const here = await listEntries(db.gateway, BOOKS, account, filter, NO_PAGE);
      expect(here).toEqual(await listEntries(truth.gateway, BOOKS, account, filter, NO_PAGE));
    }
  });

  it('on the effective axis answers what was known at the position that it names', async () => {
    const ask = async (from: ReadDatabase, question: PastBalanceQuestion): Promise<Seen<PastBalance>> =>
      (await getBalancesAsOf(from.gateway, [question]))[0] as Seen<PastBalance>;
    const positions = new Set<bigint>();
    for (let i = 0; i < 150; i++) {
      const question = { ledger: BOOKS, account: ['a', 'b', '@world:USD'][below(3)] as string, effectiveAt: anyTime() };
      const now = await ask(db, { ...question, place: null });
      const { position } = now.checkpoint;
      positions.add(position);
      expect(now.value).toEqual((await ask(truth, { ...question, place: { position } })).value);
      expect(now.projections.includes('log_times')).toBe(position === held);
      const asked = anyPosition();
      const then = await ask(db, { ...question, place: { position: asked } });
      if (then.checkpoint.position >= asked)
        expect(then.value).toEqual((await ask(truth, { ...question, place: { position: asked } })).value);
    }
    // Times that are known, and times beyond those: both kinds came.
    expect(positions).toEqual(new Set([held, ledger.position]));
  });

  it('what the whole ledger makes together stands for where it is held', async () => {
    const place = { position: held, appliedPosition: ledger.position };
    for (const seen of [
      await getLedger(db.gateway, BOOKS),
      await trialBalance(db.gateway, BOOKS),
      await listTransactions(db.gateway, BOOKS, {}, PAGE),
      await listTransactions(db.gateway, BOOKS, { account: 'a' }, PAGE),
    ])
      expect(seen?.checkpoint).toMatchObject(place);
    const ofParked = await listTransactions(db.gateway, BOOKS, { account: 'parked' }, PAGE);
    expect(ofParked?.checkpoint).toMatchObject({ ...place, parkedSince: held + 1n });
    expect(ofParked?.value.rows).toHaveLength(1);
    expect((await trialBalanceAsOf(db.gateway, BOOKS, held))?.checkpoint).toMatchObject({ position: held, parkedSince: held + 1n });
    expect((await trialBalanceAsOf(db.gateway, BOOKS, held))?.value).toEqual((await trialBalanceAsOf(truth.gateway, BOOKS, held))?.value);
    expect((await trialBalanceAsOf(truth.gateway, BOOKS, held))?.checkpoint.parkedSince).toBeNull();
  });

  it('lists mark accounts that are parked, name them whatever the filter says of what may have changed, and tell of those that they lack', async () => {
    const marks = async (filter: Parameters<typeof listAccounts>[2]): Promise<unknown> => {
      const seen = await listAccounts(db.gateway, BOOKS, filter, PAGE);
      const mayBeLate = 'late'.startsWith(filter.prefix ?? '');
      expect(seen?.checkpoint.parkedSince).toBe(mayBeLate ? held + 2n : null);
      return Object.fromEntries((seen?.value.rows ?? []).map(({ account, parkedSince }) => [account, parkedSince]));
    };
    const all = { a: null, b: null, parked: held + 1n };
    expect(await marks({})).toEqual(all);
    expect(await marks({ status: 'open' })).toEqual(all);
    expect(await marks({ status: 'frozen' })).toEqual({ parked: held + 1n });
    expect(await marks({ q: 'after' })).toEqual({ parked: held + 1n });
    expect(await marks({ q: 'after', prefix: 'a' })).toEqual({});
    expect(await marks({ status: 'frozen', currency: 'JPY' })).toEqual({});
    expect((await listAccounts(db.gateway, BOOKS, {}, { after: 'm', limit: 10 }))?.checkpoint.parkedSince).toBeNull();
    const balances = await listBalances(db.gateway, BOOKS, 'p', PAGE);
    expect(balances?.value.rows).toMatchObject([{ account: 'parked', posted: 700n, parkedSince: held + 1n }]);
    const whole = await listAccounts(truth.gateway, BOOKS, { status: 'frozen' }, PAGE);
    expect(whole).toMatchObject({ checkpoint: { parkedSince: null }, value: { rows: [{ account: 'parked', parkedSince: null }] } });
  });

  it('a ledger whose first record is parked is known, and has nothing to show', async () => {
    const first = new TestLedger('first', 8);
    const [record] = first.records;
    await load(db.builder, first.records);
    await db.builder.query('delete from read.ledgers where generation = $1', [record!.ledgerNumber]);
    await db.builder.query(`update read.projections set position = 0, recorded_at = 0 where ledger = $1 and projection = 'ledgers'`, [
      record!.ledgerNumber,
    ]);
    expect(await getLedger(db.gateway, 'first')).toMatchObject({ checkpoint: { position: 0n, appliedPosition: 1n }, value: null });
  });
});
