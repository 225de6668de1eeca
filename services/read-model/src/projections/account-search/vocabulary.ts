import { subtractDigest } from '@ledgerflow/contracts';
import type { Queryable } from '@ledgerflow/platform/postgres';
import { run, statement } from '../../statement.ts';
import { numbers, texts } from '../columns.ts';
import { ProjectionError, type Tally } from '../projection.ts';
import { rowDigest, sumPages, type Tallies } from '../tallies.ts';
import { encoded } from './text.ts';

/** Primary key. A word that is in use gets a new count, which no index holds. */
const COUNT = statement(`insert into read.account_words as w (generation, word, spelling, accounts)
  select * from unnest($1::int[], $2::text[], $3::text[], $4::bigint[])
  on conflict (generation, word) do update set accounts = w.accounts + excluded.accounts returning generation, word, accounts`);

/** Words that nobody has any more may have been somebody's name. */
const FORGET = statement(
  `delete from read.account_words w using unnest($1::int[], $2::text[]) as k(generation, word) where w.generation = k.generation and w.word = k.word`,
);

interface StoredWord {
  generation: number;
  word: string;
  accounts: string;
}

const digest = (word: string, accounts: bigint): bigint => (accounts === 0n ? 0n : rowDigest(['word', word, accounts.toString()]));

/** How many accounts more, or fewer, have each word after a batch. */
export class WordCounts {
  readonly byGeneration = new Map<number, Map<string, number>>();

  add(generation: number, vocabulary: ReadonlySet<string>, accounts: 1 | -1): void {
    let counts = this.byGeneration.get(generation);
    if (counts === undefined) this.byGeneration.set(generation, (counts = new Map()));
    for (const word of vocabulary) counts.set(word, (counts.get(word) ?? 0) + accounts);
  }

  changes(): { generation: number; word: string; accounts: number }[] {
    return Array.from(this.byGeneration, ([generation, counts]) =>
      Array.from(counts, ([word, accounts]) => ({ generation, word, accounts })).filter(({ accounts }) => accounts !== 0),
    ).flat();
  }
}

/** Writes the counts, and adds what the rows gained to the tallies. */
export async function countWords(db: Queryable, counts: WordCounts, tallies: Tallies): Promise<void> {
  const changes = counts.changes();
  if (changes.length === 0) return;
  const { rows } = await run<StoredWord>(db, COUNT, [
    numbers(changes.map((c) => c.generation)),
    texts(changes.map((c) => c.word)),
    texts(changes.map((c) => encoded(c.word))),
    numbers(changes.map((c) => c.accounts)),
  ]);
  const gone: StoredWord[] = [];
  for (const row of rows) {
    const now = BigInt(row.accounts);
    const before = now - BigInt(counts.byGeneration.get(row.generation)?.get(row.word) as number);
    if (now < 0n || before < 0n)
      throw new ProjectionError('account_search', row.generation, `${row.accounts} accounts have the word ${row.word}`);
    tallies.add(
      row.generation,
      (now === 0n ? 0 : 1) - (before === 0n ? 0 : 1),
      subtractDigest(digest(row.word, now), digest(row.word, before)),
    );
    if (now === 0n) gone.push(row);
  }
  if (gone.length > 0) await run(db, FORGET, [numbers(gone.map((w) => w.generation)), texts(gone.map((w) => w.word))]);
}

export function recomputeWords(db: Queryable, generation: number): Promise<Tally> {
  return sumPages<StoredWord>(
    async (last, limit) => {
      const sql = 'select generation, word, accounts from read.account_words where generation = $1 and word > $2 order by word limit $3';
      return (await db.query<StoredWord>(sql, [generation, last?.word ?? '', limit])).rows;
    },
    (row) => digest(row.word, BigInt(row.accounts)),
  );
}
