import { digestToHex, recordFromJson } from '@ledgerflow/contracts';
import type { Pool } from '@ledgerflow/platform/postgres';
import type { Projection, RowDifference, Witness } from '@ledgerflow/read-model/projections';
import type { LogReader } from '../feed/log-reader.ts';
import type { Filling } from './fill.ts';
import type { Difference, Part } from './store.ts';

/** What the writer says of a ledger at a position. Digests as sums. */
export interface WriterHead {
  position: bigint;
  entryDigest: bigint;
  accountDigest: bigint;
}

/** A generation is not what the log says: the live one stays. */
export class GateRefusedError extends Error {
  override name = 'GateRefusedError';
  readonly difference: Difference;
  constructor(difference: Difference) {
    const where = [
      difference.position === null ? null : `at position ${difference.position}`,
      difference.account === null ? null : `of account ${difference.account}`,
    ].filter((part) => part !== null);
    super(`${difference.projection} ${where.join(' ')}: expected ${difference.expected}, found ${difference.found}`);
    this.difference = difference;
  }
}

export interface GateOptions {
  pool: Pool;
  reader: LogReader;
  ledger: string;
  fillings: readonly Filling[];
  head: WriterHead;
  witness: Witness;
  /** Called between the proofs and on the way of long ones; may throw to end them. */
  onPause: () => Promise<void>;
}

const said = (rows: number, digest: bigint): string => `${rows} rows, digest ${digestToHex(digest)}`;

/**
 * Proves generations that stand at the position of the writer's head: what is stored, read back row by row, has the digest and the count that were kept while it was written, the
 * digest that the writer has, and the rows that the log's own events call for. Throws GateRefusedError with the first differing row.
 */
export async function prove(options: GateOptions): Promise<void> {
  const { ledger, fillings, head, witness } = options;
  if (witness.position !== head.position) throw new Error(`the witness is at ${witness.position}, the head at ${head.position}`);
  for (const { projection, part } of fillings) {
    if (part.position !== head.position) throw new Error(`${part.projection} is at ${part.position}, the head at ${head.position}`);
    const difference = await firstDifference(options, projection, part);
    if (difference !== null) throw new GateRefusedError({ ...difference, projection: projection.name, ledger });
    await options.onPause();
  }
}

async function firstDifference(options: GateOptions, projection: Projection, part: Part): Promise<RowDifference | null> {
  const { pool, head, witness } = options;
  const proven = await projection.prove(pool, part.generation, witness);
  if (proven !== null && projection.locate === undefined) return proven;
  const stored = await projection.recompute(pool, part.generation, (account) => witness.accounts.get(account)?.id ?? '');
  const kept = stored.rows === part.rows && stored.digest === part.digest;
  const expected =
    projection.writerDigest === undefined ? part.digest : projection.writerDigest === 'entries' ? head.entryDigest : head.accountDigest;
  if (proven === null && kept && stored.digest === expected) return null;
  const located = await locate(options, projection, part);
  return (
    located ?? proven ?? { position: null, account: null, expected: said(part.rows, expected), found: said(stored.rows, stored.digest) }
  );
}

/** Reads the log again and holds every row against it, up to the first that differs. */
async function locate(
  { pool, reader, ledger, head, onPause }: GateOptions,
  projection: Projection,
  part: Part,
): Promise<RowDifference | null> {
  if (projection.locate === undefined) return null;
  for (let after = 0n; after < head.position;) {
    for await (const texts of reader.read({ ledger, after, to: head.position })) {
      const records = texts.map((text) => recordFromJson(text));
      const difference = await projection.locate(pool, part.generation, records);
      if (difference !== null) return difference;
      after = records[records.length - 1]?.position ?? after;
      await onPause();
    }
  }
  return null;
}
