import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { BLOCK_LEVEL_BITS, BLOCK_LEVEL_MAX, blockBits } from '../projections/account-statement/corrections.ts';
import {
  below,
  CORRECTED_ACCOUNTS,
  CORRECTED_LEDGER,
  CorrectedLog,
  randomOf,
  type CorrectedAccount,
  type Random,
} from '../testing/corrected-log.ts';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import { getBalancesAsOf, type PastBalanceQuestion } from './balance-as-of.ts';

/** In the names of the tests; give it back to see a failure again. */
const SEED = Number(process.env['AS_OF_SEED'] ?? Date.now() % 2 ** 31);
const QUESTIONS = 300;
const QUESTIONS_A_STATEMENT = 50;
const TOP_SIZE = 2 ** blockBits(BLOCK_LEVEL_MAX);
/** One more than there can be of another level. */
const TOP_BLOCKS = 2 ** BLOCK_LEVEL_BITS;
/** Every level below the highest has as many blocks as it can have, and the last few are in none: 81,919. */
const CORRECTIONS = (TOP_BLOCKS + 1) * TOP_SIZE - 1;
/** How many blocks of a level a number of corrections can be made of at most. */
const BLOCKS_MAX = Array.from({ length: BLOCK_LEVEL_MAX + 1 }, (_, level) =>
  level === BLOCK_LEVEL_MAX ? TOP_BLOCKS : 2 ** BLOCK_LEVEL_BITS - 1,
);
/** The highest level of migration 003. */
const STORED_LEVEL_MAX = 8;

let server: ReadServer;
let db: ReadDatabase;
const log = new CorrectedLog(CORRECTIONS, randomOf(SEED));
const lastTime = log.times.at(-1) as number;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  await log.store(db.builder, randomOf(SEED + 1));
  // What an earlier version may have left: levels that are not read any more, here with sums that would be noticed.
  await db.builder.query(
    `insert into read.correction_blocks (generation, account, level, block, effective_at, ordinal, sum_after)
     select c.ledger, 1, level, block, 0, 1, 1e20 from read.checkpoints c, generate_series($1::int, $2) as level, generate_series(0, 3) as block where c.id = $3`,
    [BLOCK_LEVEL_MAX + 1, Math.max(BLOCK_LEVEL_MAX + 1, STORED_LEVEL_MAX), CORRECTED_LEDGER],
  );
}, 120_000);
afterAll(() => server.stop());

type Place = { position: number } | { recordedAt: number } | null;
interface Asked {
  account: CorrectedAccount;
  place: Place;
  effectiveAt: number;
}

function toQuestion({ account, place, effectiveAt }: Asked): PastBalanceQuestion {
  const at = place === null ? null : 'position' in place ? { position: BigInt(place.position) } : { recordedAt: BigInt(place.recordedAt) };
  return { ledger: CORRECTED_LEDGER, account, place: at, effectiveAt: BigInt(effectiveAt) };
}

function expected({ account, place, effectiveAt }: Asked) {
  const position = place === null ? log.position : 'position' in place ? place.position : log.positionAt(place.recordedAt);
  if (position === null) return { position, balance: null };
  const folded = log.fold(account, position, effectiveAt);
  return { position: BigInt(position), balance: folded === null ? null : { account, currency: 'USD', scale: 2, held: 0n, ...folded } };
}

async function expectEqualToFold(asked: readonly Asked[]): Promise<void> {
  for (let at = 0; at < asked.length; at += QUESTIONS_A_STATEMENT) {
    const part = asked.slice(at, at + QUESTIONS_A_STATEMENT);
    const answers = await getBalancesAsOf(db.gateway, part.map(toQuestion));
    // The question beside the answer, so that a failure says what was asked.
    expect(part.map((asks, i) => ({ ...asks, ...answers[i]?.value }))).toEqual(part.map((asks) => ({ ...asks, ...expected(asks) })));
  }
}

const anyPosition = (random: Random): number => 1 + below(random, log.position);
const anyTime = (random: Random): number => log.times[below(random, log.position)] as number;
const anyAccount = (random: Random): CorrectedAccount => {
  const chance = random();
  return chance < 0.9 ? 'many' : chance < 0.97 ? 'few' : 'none';
};

/** A time of an entry or of a record, just before it, any between them, or before and after everything. */
function anyEffectiveTime(random: Random): number {
  const first = (log.times[0] as number) - 20 * 3_600_000_000;
  const chance = random();
  if (chance < 0.4) return (log.entries.many[below(random, log.entries.many.length)]?.effectiveAt as number) - below(random, 2);
  if (chance < 0.6) return anyTime(random) - below(random, 2);
  if (chance < 0.95) return first + below(random, lastTime - first);
  return chance < 0.98 ? 0 : lastTime * 2;
}

/** Positions at which the corrections fill blocks of each level, and one more or less. */
function positionsAtBlockEnds(): number[] {
  const positions = log.entries.many.filter(({ isCorrection }) => isCorrection).map(({ position }) => position);
  const counts = BLOCKS_MAX.map((_, level) => 2 ** blockBits(level)).flatMap((size) => [size, 2 * size, 3 * size]);
  const around = counts.flatMap((count) => [count - 1, count, count + 1]).filter((count) => count <= CORRECTIONS);
  return around.map((count) => positions[count - 1] as number);
}

/** How many blocks of each level the corrections up to a position are made of. */
function blockCounts(position: number): number[] {
  const corrections = log.correctionCount('many', position);
  return BLOCKS_MAX.map((_, level) => {
    const blocks = Math.floor(corrections / 2 ** blockBits(level));
    return level === BLOCK_LEVEL_MAX ? blocks : blocks % 2 ** BLOCK_LEVEL_BITS;
  });
}

describe(`balances of an account with blocks of every level (AS_OF_SEED=${SEED})`, () => {
  it('has them: as many of each as there can be, and levels above the highest that are not read', async () => {
    expect(blockCounts(log.position)).toEqual(BLOCKS_MAX);
    const { rows } = await db.builder.query<{ level: number; blocks: number }>(
      `select level, count(distinct block)::int as blocks from read.correction_blocks where account = 1 group by level order by level`,
    );
    expect(rows.slice(0, BLOCK_LEVEL_MAX + 2).map(({ blocks }) => blocks)).toEqual([
      ...BLOCKS_MAX.map((_, level) => Math.floor(CORRECTIONS / 2 ** blockBits(level))),
      4,
    ]);
  });

  it('at the present, at many effective times', async () => {
    const random = randomOf(SEED + 2);
    await expectEqualToFold(
      Array.from({ length: QUESTIONS }, () => ({ account: anyAccount(random), place: null, effectiveAt: anyEffectiveTime(random) })),
    );
  });

  it('at past positions, which use every number of blocks of every level', async () => {
    const random = randomOf(SEED + 3);
    const ends = positionsAtBlockEnds().map((position) => ({
      account: 'many' as const,
      place: { position },
      effectiveAt: anyEffectiveTime(random),
    }));
    const anywhere = Array.from({ length: QUESTIONS }, () => ({
      account: anyAccount(random),
      place: { position: anyPosition(random) },
      effectiveAt: anyEffectiveTime(random),
    }));
    const asked = [...ends, ...anywhere];
    const used = asked.filter(({ account }) => account === 'many').map(({ place }) => blockCounts(place.position));
    const numbers = BLOCKS_MAX.map((_, level) => new Set(used.map((counts) => counts[level])));
    expect(numbers).toEqual(BLOCKS_MAX.map((most) => new Set(Array(most + 1).keys())));
    await expectEqualToFold(asked);
  });

  it('as recorded by a time, of what was effective by another', async () => {
    const random = randomOf(SEED + 4);
    const anywhere = Array.from({ length: QUESTIONS }, () => {
      // On a record's time, just before and after it; some before the first record and after the last.
      const recordedAt =
        random() < 0.05 ? (log.times[0] as number) - 1 : random() < 0.05 ? lastTime + 1 : anyTime(random) + below(random, 3) - 1;
      return { account: anyAccount(random), place: { recordedAt }, effectiveAt: anyEffectiveTime(random) };
    });
    const bounds = [log.times[0] as number, lastTime].flatMap((time) =>
      [-1, 0, 1].map((off) => ({ account: 'many' as const, place: { recordedAt: time + off }, effectiveAt: anyEffectiveTime(random) })),
    );
    await expectEqualToFold([...bounds, ...anywhere]);
  });

  it('before the first entry, at each end of the log', async () => {
    const opened = log.events.many[0] as number;
    const first = Math.min(...log.entries.many.map(({ effectiveAt }) => effectiveAt));
    const asked = [0, first - 1, first].flatMap((effectiveAt) =>
      [null, { position: opened - 1 }, { position: opened }, { position: opened + 2 }, { position: log.position }].map((place) => ({
        account: 'many' as const,
        place,
        effectiveAt,
      })),
    );
    await expectEqualToFold(asked);
    const [now] = await getBalancesAsOf(db.gateway, [toQuestion({ account: 'many', place: null, effectiveAt: first - 1 })]);
    expect(now?.value.balance?.posted).toBe(0n);
  });

  it('of accounts and ledgers that are not known, among others that are', async () => {
    const effectiveAt = BigInt(lastTime);
    for (const place of [null, { position: BigInt(log.position) }, { recordedAt: BigInt(lastTime) }]) {
      const known = CORRECTED_ACCOUNTS.map((account) => ({ ledger: CORRECTED_LEDGER, account, place, effectiveAt }));
      const answers = await getBalancesAsOf(db.gateway, [
        { ledger: CORRECTED_LEDGER, account: 'nobody', place, effectiveAt },
        { ledger: 'nowhere', account: 'many', place, effectiveAt },
        ...known,
      ]);
      expect(answers[0]?.value).toEqual({ position: BigInt(log.position), balance: null });
      expect(answers[1]).toBeNull();
      const posted = CORRECTED_ACCOUNTS.map((account) => log.fold(account, log.position, lastTime)?.posted);
      expect(answers.slice(2).map((answer) => answer?.value.balance?.posted)).toEqual(posted);
    }
  });
});

it('takes entries of one transaction, and of equal effective times, together', async () => {
  const ledger = new TestLedger('equal', 2);
  ledger.open('a');
  ledger.open('b');
  const toB = (amount: bigint) => ({ from: 'a', to: 'b', amount });
  const plain = ledger.transfer('a', 'b', 1n);
  // Two entries of b in one transaction, and one of the same record that takes effect at once.
  const batch = ledger.post('BatchPosted', [
    { postings: [toB(10n), toB(20n)], effectiveAfterMicros: plain.recordedAt - ledger.now - ledger.stepMicros },
    { postings: [toB(400n)] },
  ]);
  // A later record of the same effective time, and one that takes effect a microsecond before it.
  const same = ledger.transfer('a', 'b', 3_000n, { effectiveAfterMicros: plain.recordedAt - ledger.now - ledger.stepMicros });
  const before = ledger.transfer('a', 'b', 50_000n, { effectiveAfterMicros: plain.recordedAt - ledger.now - ledger.stepMicros - 1n });
  await load(db.builder, ledger.records);
  expect([batch.transactions[0]?.effectiveAt, same.effectiveAt, before.effectiveAt]).toEqual([
    plain.recordedAt,
    plain.recordedAt,
    plain.recordedAt - 1n,
  ]);

  const ask = async (at: LedgerRecord | null, effectiveAt: bigint): Promise<(bigint | undefined)[]> => {
    const places = at === null ? [null] : [{ position: at.position }, { recordedAt: at.recordedAt }];
    const answers = await Promise.all(
      places.map((place) => getBalancesAsOf(db.gateway, [{ ledger: ledger.id, account: 'b', place, effectiveAt }])),
    );
    return [...new Set(answers.map(([answer]) => answer?.value.balance?.posted))];
  };
  const time = plain.recordedAt;
  expect(await ask(plain, time)).toEqual([1n]);
  expect(await ask(batch, time)).toEqual([31n]);
  expect(await ask(batch, time - 1n)).toEqual([0n]);
  expect(await ask(batch, batch.recordedAt - 1n)).toEqual([31n]);
  expect(await ask(batch, batch.recordedAt)).toEqual([431n]);
  expect(await ask(same, time)).toEqual([3_031n]);
  expect(await ask(before, time)).toEqual([53_031n]);
  expect(await ask(before, time - 1n)).toEqual([50_000n]);
  expect(await ask(before, time - 2n)).toEqual([0n]);
  expect(await ask(null, time)).toEqual([53_031n]);
  expect(await ask(null, before.recordedAt)).toEqual([53_431n]);
});
