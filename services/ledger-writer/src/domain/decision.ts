import type { Details, LedgerEvent, Micros, RecordType, Refusal, RefusalCode } from '@ledgerflow/contracts';
import type { Account } from './state.ts';

/** What a decision may look at: one ledger as it is just before the command. Reading it changes nothing. */
export interface LedgerState {
  /** False before the first record: nothing but OpenLedger can happen then. */
  readonly isOpen: boolean;
  /** How many accounts were opened; the next one gets this + 1 as its number. */
  readonly accountCount: number;
  account(id: string): Account | undefined;
  /** Decimals of a currency of this ledger. */
  scale(currency: string): number | undefined;
  /** Id of the transaction that used an externalId. */
  transactionOf(externalId: string): string | undefined;
}

/** What the record under decision is going to be, and the settings that rule it. */
export interface DecisionContext {
  ledger: string;
  uuid: string;
  /** Position of the record if the command is accepted. */
  position: bigint;
  /** Stored key of the command (32 hex digits): an account opened without an id is named after it. */
  key: string;
  /** How far before recordedAt an effectiveAt may lie. */
  effectiveWindowMicros: Micros;
}

export interface DecidedTransaction {
  effectiveAt: Micros;
  externalId: string | null;
}

/** Free text of transaction `index`, or of the record itself at 0. */
export interface DecidedDetails {
  index: number;
  body: Details;
}

/** The free text an account's row shows from now on. */
export interface Profile {
  account: string;
  details: Pick<Details, 'name' | 'metadata'>;
}

export interface Accepted {
  kind: 'accepted';
  type: RecordType;
  effectiveAt: Micros;
  events: readonly LedgerEvent[];
  transactions: readonly DecidedTransaction[];
  details: readonly DecidedDetails[];
  profile: Profile | null;
}

export interface Refused {
  kind: 'refused';
  refusal: Refusal;
}

export type Decision = Accepted | Refused;

export function refusal(code: RefusalCode, parameters: Record<string, string> = {}): Refusal {
  return { code, parameters };
}

export function refused(reason: Refusal): Refused {
  return { kind: 'refused', refusal: reason };
}

/** A caller inside the house broke its word (the edge let a malformed command through, the log has a hole): a bug, never a business outcome. */
export class BrokenPromiseError extends Error {
  override name = 'BrokenPromiseError';
}
