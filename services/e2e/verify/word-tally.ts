/** Buckets of words: a table of so many numbers, however many words there are. */
const BUCKETS = 65_536;
const HASH_BASE = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** FNV-1a over UTF-16 units, from a seed. */
function hashOf(word: string, seed: number): number {
  let hash = (HASH_BASE ^ seed) >>> 0;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), HASH_PRIME) >>> 0;
  return hash;
}

/** Which words some documents have, and how many documents each: by buckets of words the number of uses, and a sum of hashes. */
export interface WordSums {
  uses: Float64Array;
  sums: Float64Array;
}

export const bucketOf = (word: string): number => hashOf(word, 0) & (BUCKETS - 1);

/** Sums in constant memory. Those of the same words and counts are equal; that those of others are is as unlikely as that two hashes of 48 bits are equal. */
export class WordTally implements WordSums {
  readonly uses = new Float64Array(BUCKETS);
  readonly sums = new Float64Array(BUCKETS);

  add(word: string, documents: number): void {
    const bucket = bucketOf(word);
    this.uses[bucket]! += documents;
    // Exact below 2^53: for two million documents in a bucket.
    this.sums[bucket]! += hashOf(word, 1) * documents;
  }
}

/** The first bucket that differs; null when none does. */
export function differingBucket(a: WordSums, b: WordSums): number | null {
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    if (a.uses[bucket] !== b.uses[bucket] || a.sums[bucket] !== b.sums[bucket]) return bucket;
  return null;
}
