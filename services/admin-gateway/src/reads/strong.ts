import { formatMicros } from '@ledgerflow/contracts';
import type { AccountView } from '@ledgerflow/contracts/grpc';
import type { AccountRow } from '@ledgerflow/read-model';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../http/problem.ts';
import type { WriterCalls } from '../writer/calls.ts';
import type { AsOf } from './as-of.ts';
import type { Place } from './consistency.ts';

/** An account as an answer shows it. */
export type ShownAccount = Omit<AccountRow, 'openedAt' | 'updatedAt' | 'parkedSince'>;

/** An account as the writer has it, at the ledger's head. */
export interface StrongAccount {
  row: ShownAccount;
  asOf: AsOf;
  place: Place;
}

const amount = (value: string | undefined): bigint | null => (value === undefined ? null : BigInt(value));

function rowOf(view: AccountView): ShownAccount {
  return {
    account: view.id,
    accountNumber: view.number,
    currency: view.currency,
    scale: view.scale,
    posted: BigInt(view.posted),
    held: BigInt(view.held),
    version: view.version,
    ownerId: view.ownerId ?? null,
    status: view.status as ShownAccount['status'],
    freezeScope: (view.freezeScope ?? null) as ShownAccount['freezeScope'],
    minBalance: amount(view.minBalance),
    maxBalance: amount(view.maxBalance),
    name: view.name ?? null,
    metadata: view.metadata === undefined ? null : (JSON.parse(view.metadata) as Record<string, unknown>),
  };
}

/** On whose behalf, and for which request. */
export interface Caller {
  principal: Principal;
  requestId: string;
}

/** Strong reads: what the writer knows, for accounts of which the read side lacks records. */
export class StrongReads {
  private readonly writer: Pick<WriterCalls, 'getAccount'>;

  constructor(writer: Pick<WriterCalls, 'getAccount'>) {
    this.writer = writer;
  }

  /** Null: the ledger has no such account. Throws the Problems ledger_not_found and forbidden, and those of a writer that does not answer. */
  async account({ principal, requestId }: Caller, ledger: string, account: string): Promise<StrongAccount | null> {
    const { account: view, code } = await this.writer.getAccount({ principal: principal.forWriter, ledger, account }, requestId);
    if (view !== undefined) {
      const { position, recordedAt, epoch } = view;
      return {
        row: rowOf(view),
        asOf: { asOf: formatMicros(recordedAt), asOfPosition: position.toString() },
        place: { epoch, position },
      };
    }
    if (code === 'account_not_found') return null;
    if (code === 'ledger_not_found') throw new Problem('ledger_not_found', { parameters: { ledger } });
    if (code === 'forbidden') throw new Problem('forbidden');
    throw new Problem('internal', { detail: `The writer could not read the account: ${code}` });
  }
}
