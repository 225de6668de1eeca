import { accountChanges, bareAccount, foldAccount, hasDetails, type AccountChange, type AccountDocument } from '../documents/account.ts';
import { documentId } from '../documents/ids.ts';
import { bareTransaction, hasDetails as hasTransactionDetails, type TransactionDocument } from '../documents/transaction.ts';
import type { Generation } from '../indices/generations.ts';
import type { WriteCondition, WriteOperation } from '../node/bulk.ts';
import type { SearchNode } from '../node/client.ts';
import { readDocuments, type Stored } from '../node/documents.ts';
import { NodeUnavailableError } from '../node/errors.ts';
import type { Prepared } from './admit.ts';
import type { Parkable, ParkingWriter } from './parking.ts';

/** How often accounts that somebody else wrote in between are read and folded again. */
const CONFLICT_ROUNDS_MAX = 5;

interface PendingAccount {
  ledger: string;
  id: string;
  changes: AccountChange[];
}

/** Turns admitted records into stored documents. What is there already is left as it is, so a batch may be written again whatever became of it before. */
export class DocumentsWriter {
  private readonly options: { node: SearchNode; parking: ParkingWriter; generation: Generation };

  constructor(options: { node: SearchNode; parking: ParkingWriter; generation: Generation }) {
    this.options = options;
  }

  /** Answers, for ledgers that can not go on, why. Everything else of the batch is acknowledged by the node when this returns. */
  async write(batch: ReadonlyMap<string, readonly Prepared[]>): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    const transactions: TransactionDocument[] = [];
    const accounts: PendingAccount[] = [];
    for (const [ledger, records] of batch) {
      for (const prepared of records) transactions.push(...prepared.transactions);
      for (const [id, changes] of accountChanges(records.map(({ record }) => record))) accounts.push({ ledger, id, changes });
    }
    await Promise.all([this.writeTransactions(transactions), this.writeAccounts(accounts, failures)]);
    return failures;
  }

  /** The version is the position: a conflict says that it is there. Nothing else hangs on a transaction, so one that is refused is parked and the ledger goes on. */
  private async writeTransactions(transactions: readonly TransactionDocument[]): Promise<void> {
    const { generation, parking } = this.options;
    const alias = generation.writeAlias('transactions');
    const items = transactions.map((transaction): Parkable => {
      const { ledger, id, position } = transaction;
      const operation = (document: TransactionDocument): WriteOperation => ({
        alias,
        id: documentId(ledger, id),
        condition: { type: 'older', version: BigInt(position) },
        document: JSON.stringify(document),
      });
      return {
        operation: operation(transaction),
        bare: hasTransactionDetails(transaction) ? operation(bareTransaction(transaction)) : null,
        subject: { ledger, kind: 'transactions', documentId: documentId(ledger, id), position },
      };
    });
    const outcomes = await parking.write(items);
    await parking.parkWhole(items.flatMap((item, at) => (outcomes[at]?.type === 'refused' ? [{ item, outcome: outcomes[at] }] : [])));
  }

  /**
   * Each on top of the stored document, on the condition that it is still that one. An account that is refused without its details too would have another balance than
   * the ledger says from now on, so its ledger stops.
   */
  private async writeAccounts(accounts: readonly PendingAccount[], failures: Map<string, string>): Promise<void> {
    const { node, generation, parking } = this.options;
    const index = generation.index('accounts');
    let left = [...accounts];
    for (let round = 1; left.length > 0; round++) {
      if (round > CONFLICT_ROUNDS_MAX)
        throw new NodeUnavailableError(`${left.length} accounts are written by somebody else all the time`, null);
      const stored = await readDocuments<AccountDocument>(
        node,
        left.map(({ ledger, id }) => ({ index, id: documentId(ledger, id) })),
      );
      const written: PendingAccount[] = [];
      const items = left.flatMap((account, at) => {
        const item = this.accountItem(account, stored[at] as Stored<AccountDocument> | null, failures);
        if (item === null) return [];
        written.push(account);
        return [item];
      });
      const outcomes = await parking.write(items);
      left = written.filter((_, at) => outcomes[at]?.type === 'conflict');
      outcomes.forEach((outcome, at) => {
        const { ledger, id } = written[at] as PendingAccount;
        if (outcome.type === 'refused') failures.set(ledger, `the document of account ${id} was refused: ${outcome.reason}`);
      });
    }
  }

  /** Null when the stored document has it all, or can not be gone on from. */
  private accountItem(
    { ledger, id, changes }: PendingAccount,
    stored: Stored<AccountDocument> | null,
    failures: Map<string, string>,
  ): Parkable | null {
    let account: AccountDocument | null;
    try {
      account = foldAccount(stored?.source ?? null, changes);
    } catch (error) {
      failures.set(ledger, (error as Error).message);
      return null;
    }
    if (account === null) return null;
    const condition: WriteCondition =
      stored === null ? { type: 'create' } : { type: 'unchanged', seqNo: stored.seqNo, primaryTerm: stored.primaryTerm };
    const operation = (document: AccountDocument): WriteOperation => ({
      alias: this.options.generation.writeAlias('accounts'),
      id: documentId(ledger, id),
      condition,
      document: JSON.stringify(document),
    });
    return {
      operation: operation(account),
      bare: hasDetails(account) ? operation(bareAccount(account)) : null,
      subject: { ledger, kind: 'accounts', documentId: documentId(ledger, id), position: account.position },
    };
  }
}
