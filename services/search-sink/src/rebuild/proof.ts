import { DigestSum, digestToHex } from '@ledgerflow/contracts';
import type { Head } from '@ledgerflow/contracts/grpc';
import { snapshotOf, type AccountDocument } from '../documents/account.ts';
import type { Checkpoint } from '../documents/checkpoint.ts';
import { entryIdentities, type TransactionDocument } from '../documents/transaction.ts';
import type { Generation } from '../indices/generations.ts';
import type { SearchNode } from '../node/client.ts';
import { countDocuments, scanDocuments } from '../node/documents.ts';

/** A sum of digests stays exact for 2^21 terms. */
const TERMS_MAX = 1_000_000;

/** Adds up the digests of all that a scan gives, in sums that stay exact. */
async function sumOf<T>(pages: AsyncIterable<T[]>, add: (sum: DigestSum, document: T) => number): Promise<bigint> {
  let sum = new DigestSum(0n);
  let terms = 0;
  for await (const page of pages) {
    for (const document of page) terms += add(sum, document);
    if (terms >= TERMS_MAX) [sum, terms] = [new DigestSum(sum.total()), 0];
  }
  return sum.total();
}

/**
 * Why the refreshed documents of a ledger are not what its log says at the head's position: [] when they are. The counts are those of the records that were read; the digests are
 * recomputed from the documents alone and compared with the writer's own.
 */
export async function differences(
  node: SearchNode,
  generation: Generation,
  checkpoint: Checkpoint | undefined,
  head: Head,
): Promise<string[]> {
  if (
    checkpoint === undefined ||
    checkpoint.position !== head.position ||
    checkpoint.recordHash !== Buffer.from(head.recordHash).toString('hex')
  )
    return [`the index is at ${checkpoint?.position ?? 0n}, the log at ${head.position}, or their records differ there`];
  const found: string[] = [];
  const query = { term: { ledger: head.ledger } };
  for (const kind of ['accounts', 'transactions'] as const) {
    const count = await countDocuments(node, generation.index(kind), query);
    if (count !== checkpoint[kind]) found.push(`there are ${count} ${kind}, the log has ${checkpoint[kind]}`);
  }
  const accounts = scanDocuments<AccountDocument>(node, generation.index('accounts'), { query, sort: ['id'] });
  const accountDigest = await sumOf(accounts, (sum, account) => {
    sum.addAccount(snapshotOf(account));
    return 1;
  });
  const transactions = scanDocuments<TransactionDocument>(node, generation.index('transactions'), { query, sort: ['position', 'index'] });
  const entryDigest = await sumOf(transactions, (sum, transaction) => {
    for (const entry of entryIdentities(transaction)) sum.addEntry(entry);
    return transaction.entries.length;
  });
  for (const [what, digest, wanted] of [
    ['accounts', accountDigest, head.accountDigest],
    ['entries', entryDigest, head.entryDigest],
  ] as const) {
    const [is, shouldBe] = [digestToHex(digest), Buffer.from(wanted).toString('hex')];
    if (is !== shouldBe) found.push(`the digest of the ${what} is ${is}, the writer's ${shouldBe}`);
  }
  return found;
}
