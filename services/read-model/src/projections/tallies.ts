import { hash } from 'node:crypto';
import { addDigest } from '@ledgerflow/contracts';
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

/** Sums the digests of rows read in pages: `read(after, limit)` gives the rows after a row, in a fixed order. */
export async function sumPages<R>(
  read: (after: R | null, limit: number) => Promise<readonly R[]>,
  digest: (row: R) => bigint,
): Promise<Tally> {
  const tally: Tally = { rows: 0, digest: 0n };
  let after: R | null = null;
  for (;;) {
    const rows: readonly R[] = await read(after, PAGE_ROWS);
    for (const row of rows) tally.digest = addDigest(tally.digest, digest(row));
    tally.rows += rows.length;
    if (rows.length < PAGE_ROWS) return tally;
    after = rows[rows.length - 1] as R;
  }
}
