import { setTimeout as delay } from 'node:timers/promises';
import { isAccountEvent, type LedgerRecord } from '@ledgerflow/contracts';
import type { WriterLog } from '../feed/writer-log.ts';
import type { AccountDocument } from '../documents/account.ts';
import { checkpointFrom, type CheckpointDocument } from '../documents/checkpoint.ts';
import { documentId } from '../documents/ids.ts';
import type { TransactionDocument } from '../documents/transaction.ts';
import type { Generation, Generations } from '../indices/generations.ts';
import type { BulkWriter, WriteOperation, WriteOutcome } from '../node/bulk.ts';
import type { SearchNode } from '../node/client.ts';
import { readDocuments, refresh, scanDocuments } from '../node/documents.ts';
import { parseAll } from '../sink/admit.ts';
import { deadLetterId, type DeadLetter } from '../sink/dead-letters.ts';

const ROUNDS_MAX = 20;
const REACHED_TIMEOUT_MS = 60_000;
const REACHED_POLL_MS = 200;

export interface EraseOptions {
  node: SearchNode;
  bulk: BulkWriter;
  generations: Generations;
  writerLog: WriterLog;
}

/** It can not be done now; the message says what has to happen first. */
export class EraseError extends Error {
  override name = 'EraseError';
}

async function readRecord({ writerLog }: EraseOptions, ledger: string, position: bigint) {
  for await (const batch of writerLog.read(ledger, position - 1n, position)) {
    const [prepared] = parseAll(batch).get(ledger)?.records ?? [];
    if (prepared?.record.position === position) return prepared;
  }
  throw new EraseError(`ledger ${ledger} has no readable record ${position}`);
}

/** A generation that is not so far yet could get the details from a batch that was read before they were erased. */
async function untilReached({ node }: EraseOptions, generation: Generation, ledger: string, position: bigint): Promise<void> {
  for (const deadline = Date.now() + REACHED_TIMEOUT_MS; ; await delay(REACHED_POLL_MS)) {
    const [stored] = await readDocuments<CheckpointDocument>(node, [{ index: generation.index('checkpoints'), id: ledger }]);
    if (stored && checkpointFrom(stored.source).position >= position) return;
    if (Date.now() > deadline)
      throw new EraseError(`generation ${generation.number} has not reached ${position} of ${ledger} yet: run this again when it has`);
  }
}

function withoutDetails(account: AccountDocument, position: string): AccountDocument | null {
  const { namePosition, metadataPosition } = account;
  if (namePosition !== position && metadataPosition !== position) return null;
  return {
    ...account,
    ...(namePosition === position ? { name: null, namePosition: null } : {}),
    ...(metadataPosition === position ? { metadata: null, metadataPosition: null } : {}),
  };
}

/** On the condition that nobody wrote the account since it was read: a batch that carries the old name on finds that it was changed, and reads it again. */
async function eraseAccounts({ node, bulk }: EraseOptions, generation: Generation, record: LedgerRecord): Promise<number> {
  const position = record.position.toString();
  const ids = [...new Set(record.events.flatMap((event) => (isAccountEvent(event) ? [documentId(record.ledger, event.account)] : [])))];
  let left = ids;
  let erased = 0;
  for (let round = 1; left.length > 0; round++) {
    if (round > ROUNDS_MAX) throw new EraseError(`${left.length} accounts are written all the time: run this again`);
    const stored = await readDocuments<AccountDocument>(
      node,
      left.map((id) => ({ index: generation.index('accounts'), id })),
    );
    const operations = left.flatMap((id, at): WriteOperation[] => {
      const found = stored[at];
      const document = found ? withoutDetails(found.source, position) : null;
      if (!found || document === null) return [];
      const condition = { type: 'unchanged', seqNo: found.seqNo, primaryTerm: found.primaryTerm } as const;
      return [{ alias: generation.writeAlias('accounts'), id, condition, document: JSON.stringify(document) }];
    });
    const outcomes = await bulk.write(operations);
    assertTaken(outcomes);
    left = operations.filter((_, at) => outcomes[at]?.type === 'conflict').map(({ id }) => id);
    erased += operations.length - left.length;
  }
  return erased;
}

function assertTaken(outcomes: readonly WriteOutcome[]): void {
  for (const outcome of outcomes) if (outcome.type === 'refused') throw new EraseError(`the node refused a document: ${outcome.reason}`);
}

/** Dead letters keep what was refused, an account's with details of other records than the one that was refused: those go too. */
async function eraseDeadLetters(
  { node, bulk }: EraseOptions,
  generation: Generation,
  record: LedgerRecord,
  transactions: readonly string[],
): Promise<void> {
  const position = record.position.toString();
  const accounts = record.events.flatMap((event) => (isAccountEvent(event) ? [event.account] : []));
  const ids = [...new Set([...transactions, ...accounts])].map((id) => documentId(record.ledger, id));
  const index = generation.index('dead-letters');
  await refresh(node, [index]);
  const operations: WriteOperation[] = [];
  const query = { terms: { documentId: ids } };
  for await (const page of scanDocuments<DeadLetter>(node, index, { query, sort: ['documentId', 'kind', 'position'] })) {
    for (const letter of page) {
      if (letter.document === null) continue;
      const { namePosition, metadataPosition } = JSON.parse(letter.document) as Partial<AccountDocument>;
      if (![letter.position, namePosition, metadataPosition].includes(position)) continue;
      const document = JSON.stringify({ ...letter, document: null });
      operations.push({ alias: generation.writeAlias('dead-letters'), id: deadLetterId(letter), condition: { type: 'any' }, document });
    }
  }
  assertTaken(await bulk.write(operations));
}

/** Those that the generation has; what it does not have it must not get. */
async function holds(
  { node }: EraseOptions,
  generation: Generation,
  ledger: string,
  transactions: readonly TransactionDocument[],
): Promise<TransactionDocument[]> {
  const stored = await readDocuments(
    node,
    transactions.map(({ id }) => ({ index: generation.index('transactions'), id: documentId(ledger, id) })),
  );
  return transactions.filter((_, at) => stored[at] !== null);
}

/**
 * Takes the details of one record out of every generation, after they were erased from the log, which is what says so: its documents are made again from the record as it is
 * now. Answers how many documents were written. May be done again at any time.
 */
export async function erase(options: EraseOptions, ledger: string, position: bigint): Promise<number> {
  const { bulk, generations } = options;
  const { record, transactions } = await readRecord(options, ledger, position);
  if (record.details.some(({ body }) => body !== null))
    throw new EraseError(`record ${position} of ${ledger} still has its details in the log: erase them there first`);
  let written = 0;
  const live = (await generations.live())?.number ?? 0;
  for (const generation of await generations.list()) {
    // One that was live before does not go on: what it has not reached it will not get.
    if (generation.number >= live) await untilReached(options, generation, ledger, position);
    const operations = (await holds(options, generation, ledger, transactions)).map((transaction): WriteOperation => ({
      alias: generation.writeAlias('transactions'),
      id: documentId(ledger, transaction.id),
      // Also over the same version; a batch that has the details still is of that version and comes too late.
      condition: { type: 'notNewer', version: position },
      document: JSON.stringify(transaction),
    }));
    assertTaken(await bulk.write(operations));
    written += operations.length + (await eraseAccounts(options, generation, record));
    await eraseDeadLetters(
      options,
      generation,
      record,
      transactions.map(({ id }) => id),
    );
  }
  return written;
}
