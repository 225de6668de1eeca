import { encoded, vocabularyOf } from '@ledgerflow/read-model/projections';
import type { Conclusion } from './comparison.ts';
import type { Snapshot } from './connections.ts';
import type { Place } from './live.ts';
import { bucketOf, differingBucket, WordTally } from './word-tally.ts';

const PAGE = 5_000;

interface Word extends Record<string, unknown> {
  word: string;
  spelling: string;
  accounts: string;
}

async function* wordsOf(read: Snapshot, generation: number): AsyncGenerator<Word> {
  for (let after = ''; ;) {
    const rows = await read.client.query<Word>(
      `select word, spelling, accounts from read.account_words where generation = $1 and word > $2 order by word limit ${PAGE}`,
      [generation, after],
    );
    yield* rows;
    const last = rows[rows.length - 1];
    if (last === undefined) return;
    after = last.word;
  }
}

interface Texts extends Record<string, unknown> {
  account: number;
  id: string;
  owner_id: string | null;
  name: string | null;
  metadata: string | null;
}

/** How many documents have each word of a bucket. They were all found right. */
async function recount(read: Snapshot, generation: number, bucket: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after = 0; ;) {
    const rows = await read.client.query<Texts>(
      `select account, id, owner_id, name, metadata from read.account_search where generation = $1 and account > $2 order by account limit ${PAGE}`,
      [generation, after],
    );
    for (const { id, owner_id: ownerId, name, metadata } of rows)
      for (const word of vocabularyOf({ id, ownerId, name, metadata, currency: '', status: '' }))
        if (bucketOf(word) === bucket) counts.set(word, (counts.get(word) ?? 0) + 1);
    const last = rows[rows.length - 1];
    if (last === undefined) return counts;
    after = last.account;
  }
}

/** The table of words beside the words of the documents, in constant memory: by sums, and only when those differ by counting the words of one bucket. */
export async function concludeWords(of: Conclusion, { generation, position }: Place, read: Snapshot): Promise<void> {
  const { words } = of.accounts;
  // A document differs: that comes before the words.
  if (words === null) return;
  const say = (word: string, found: string, expected: string): void =>
    of.findings.add('read words', position, null, `the read model's search says of the word ${word} ${found}, the log says ${expected}`);
  const stored = new WordTally();
  let checked = 0;
  for await (const { word, spelling, accounts } of wordsOf(read, generation)) {
    checked += 1;
    stored.add(word, Number(accounts));
    if (spelling !== encoded(word)) return say(word, `spelling ${spelling}`, `spelling ${encoded(word)}`);
    if (Number(accounts) < 1) return say(word, `${accounts} accounts`, 'nothing, or more than none');
  }
  of.counts['read words'] = (of.counts['read words'] ?? 0) + checked;
  const bucket = differingBucket(words, stored);
  if (bucket === null) return;
  const expected = await recount(read, generation, bucket);
  for await (const { word, accounts } of wordsOf(read, generation)) {
    if (bucketOf(word) !== bucket) continue;
    const count = expected.get(word) ?? 0;
    expected.delete(word);
    if (count !== Number(accounts)) return say(word, `${accounts} accounts`, `${count} accounts`);
  }
  for (const [word, count] of expected) return say(word, 'nothing', `${count} accounts`);
}
