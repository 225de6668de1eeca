import { hash } from 'node:crypto';
import { addDigest, DigestSum } from '@ledgerflow/contracts';
import type { Tally } from './projection.ts';

/** Tallies of several ledgers while a batch is applied. */
export class Tallies {
  readonly byGeneration = new Map<number, Tally>();

  add(generation: number, rows: number, digest: bigint): void {
    const tally = this.byGeneration.get(generation);
    if (tally === undefined) this.byGeneration.set(generation, { rows, digest: addDigest(0n, digest) });
    else {
      tally.rows += rows;
      tally.digest = addDigest(tally.digest, digest);
    }
  }
}

/** Digest of a row that has none in the contracts: SHA-256 of its fields as a JSON list. */
export function rowDigest(fields: readonly (string | number)[]): bigint {
  return BigInt(`0x${hash('sha256', JSON.stringify(fields), 'hex')}`);
}

const PAGE_ROWS = 5_000;

/** Reads rows in pages, `read(after, limit)` gives the rows after a row, in a fixed order, and shows each to `see`. Answers how many there were. */
async function eachRow<R>(
  read: (after: R | null, limit: number) => Promise<readonly R[]>,
  see: (rows: readonly R[]) => void,
): Promise<number> {
  let count = 0;
  let rows = await read(null, PAGE_ROWS);
  for (;;) {
    // While a page is summed the database reads the next one.
    const next = rows.length < PAGE_ROWS ? null : read(rows[rows.length - 1] as R, PAGE_ROWS);
    next?.catch(() => undefined);
    see(rows);
    count += rows.length;
    if (next === null) return count;
    rows = await next;
  }
}

/** Sums the digests of rows read in pages. */
export async function sumPages<R>(
  read: (after: R | null, limit: number) => Promise<readonly R[]>,
  digest: (row: R) => bigint,
): Promise<Tally> {
  let sum = 0n;
  const rows = await eachRow(read, (page) => {
    for (const row of page) sum = addDigest(sum, digest(row));
  });
  return { rows, digest: sum };
}

/** The same of rows that have entries: `addEntries` adds those of a row: cheaper than a digest each as a bigint. */
export async function sumEntryPages<R>(
  read: (after: R | null, limit: number) => Promise<readonly R[]>,
  addEntries: (sum: DigestSum, row: R) => void,
): Promise<Tally> {
  let total = 0n;
  const rows = await eachRow(read, (page) => {
    const sum = new DigestSum(total);
    for (const row of page) addEntries(sum, row);
    total = sum.total();
  });
  return { rows, digest: total };
}
