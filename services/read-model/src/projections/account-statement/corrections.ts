import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers } from '../columns.ts';
import type { EntryChange } from './project.ts';

/**
 * The geometry of the blocks; the SQL that balances are read by is made of these numbers too. A block of level 0 has 2^BLOCK_ENTRY_BITS corrections, one of the next
 * level 2^BLOCK_LEVEL_BITS of those. Blocks are stored: other bits, or a higher maximum, need a migration that makes them anew from `corrections`. A lower maximum needs
 * none: what is stored above it (migration 003 wrote levels up to 8) is not read.
 */
export const BLOCK_ENTRY_BITS = 4;
export const BLOCK_LEVEL_BITS = 2;
/**
 * The correction that fills a block of this level fills one of each level below: 21,840 rows in the transaction that moves the checkpoint, 0.15 s. With 8 it was 1.4 million
 * rows and 10 to 14 s an account, and a batch that exceeds the builder's transaction_timeout (60 s) is tried again for ever.
 */
export const BLOCK_LEVEL_MAX = 5;

/** Corrections in a block of a level, as a power of two. */
export function blockBits(level: number): number {
  return BLOCK_ENTRY_BITS + BLOCK_LEVEL_BITS * level;
}

/** The last correction of each account: one probe of the primary key an account. */
const LAST = statement(`select k.generation, k.account, c.ordinal, c.sum_after from unnest($1::int[], $2::int[]) as k(generation, account)
  join lateral (select ordinal, sum_after from read.corrections o where o.generation = k.generation and o.account = k.account order by ordinal desc limit 1) c on true`);

const INSERT =
  statement(`insert into read.corrections (generation, account, ordinal, position, event_index, effective_at, amount, sum_after)
  select * from unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[], $7::numeric[], $8::numeric[])`);

/** From the entries themselves, whatever the level: a block costs a range of the primary key and a sort. */
const INSERT_BLOCKS = statement(`insert into read.correction_blocks (generation, account, level, block, effective_at, ordinal, sum_after)
  select b.generation, b.account, b.level, b.block, c.effective_at, c.ordinal,
    sum(c.amount) over (partition by b.generation, b.account, b.level, b.block order by c.effective_at, c.ordinal rows unbounded preceding)
  from unnest($1::int[], $2::int[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[]) as b(generation, account, level, block, first, last)
  join lateral (select o.effective_at, o.ordinal, o.amount from read.corrections o
    where o.generation = b.generation and o.account = b.account and o.ordinal between b.first and b.last) c on true`);

type GenerationEntry = EntryChange & { generation: number };

interface LastCorrection {
  generation: number;
  account: number;
  ordinal: string;
  sum_after: string;
}

interface Block extends BlockRange {
  generation: number;
  account: number;
}

/** One block of an account: the corrections of these ordinals. */
export interface BlockRange {
  level: number;
  block: number;
  first: number;
  last: number;
}

/** The blocks that are full once an account's corrections go from `before` to `now`, in the order of their rows; one by one, for of a long account all together would be many. */
export function* completedBlocks(before: number, now: number): Generator<BlockRange, void> {
  for (let level = 0; level <= BLOCK_LEVEL_MAX; level++) {
    const size = 2 ** blockBits(level);
    const end = Math.floor(now / size);
    for (let block = Math.floor(before / size); block < end; block++)
      yield { level, block, first: block * size + 1, last: (block + 1) * size };
  }
}

/** Keeps `read.corrections` and its blocks: the entries of a batch that take effect at another time than they are recorded, in the order of the log. */
export async function applyCorrections(db: Queryable, entries: readonly GenerationEntry[]): Promise<void> {
  const late = entries.filter(({ effectiveAt, recordedAt }) => effectiveAt !== recordedAt);
  if (late.length === 0) return;
  const accounts = new Map(late.map(({ generation, accountNumber }) => [`${generation} ${accountNumber}`, { generation, accountNumber }]));
  const keys = [...accounts.values()];
  const { rows } = await run<LastCorrection>(db, LAST, [numbers(keys.map((k) => k.generation)), numbers(keys.map((k) => k.accountNumber))]);
  const before = new Map(
    rows.map((row) => [`${row.generation} ${row.account}`, { ordinal: Number(row.ordinal), sum: BigInt(row.sum_after) }]),
  );
  const states = new Map(
    keys.map((key) => {
      const name = `${key.generation} ${key.accountNumber}`;
      return [
        name,
        { ...key, from: before.get(name)?.ordinal ?? 0, ordinal: before.get(name)?.ordinal ?? 0, sum: before.get(name)?.sum ?? 0n },
      ];
    }),
  );
  const numbered = late.map((entry) => {
    const state = states.get(`${entry.generation} ${entry.accountNumber}`) as { ordinal: number; sum: bigint };
    state.ordinal += 1;
    state.sum += entry.amount;
    return { ...entry, ordinal: state.ordinal, sumAfter: state.sum };
  });
  const blocks = [...states.values()].flatMap(({ generation, accountNumber, from, ordinal }): Block[] =>
    Array.from(completedBlocks(from, ordinal), (block) => ({ generation, account: accountNumber, ...block })),
  );
  const inserted = run(db, INSERT, [
    numbers(numbered.map((r) => r.generation)),
    numbers(numbered.map((r) => r.accountNumber)),
    numbers(numbered.map((r) => r.ordinal)),
    numbers(numbered.map((r) => r.position)),
    numbers(numbered.map((r) => r.index)),
    numbers(numbered.map((r) => r.effectiveAt)),
    numbers(numbered.map((r) => r.amount)),
    numbers(numbered.map((r) => r.sumAfter)),
  ]);
  const built =
    blocks.length === 0
      ? null
      : run(db, INSERT_BLOCKS, [
          numbers(blocks.map((b) => b.generation)),
          numbers(blocks.map((b) => b.account)),
          numbers(blocks.map((b) => b.level)),
          numbers(blocks.map((b) => b.block)),
          numbers(blocks.map((b) => b.first)),
          numbers(blocks.map((b) => b.last)),
        ]);
  await Promise.all([inserted, built]);
}
