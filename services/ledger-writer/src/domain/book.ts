import type { LedgerRecord, Micros, Refusal } from '@ledgerflow/contracts';
import { isAccountEvent } from '@ledgerflow/contracts';
import type { LedgerState, Profile } from './decision.ts';
import { evolve } from './evolve.ts';
import type { ChainEnd } from './record.ts';
import { type DraftRecord, type Sealed, sealBatch, type TouchedAccount } from './sealing.ts';
import type { Account, AccountWrite, BatchView, BatchWrites, StoredOutcome, StoredRefusal, Submission } from './state.ts';

interface ChangedAccount extends TouchedAccount {
  details: AccountWrite['details'];
}

/** What a key stands for while its batch is decided: a record of this very batch has its text only when the batch is sealed. */
export type BookedOutcome = StoredOutcome | { kind: 'draft'; fingerprint: string; draft: number };

/**
 * One ledger while a batch is decided: what was read under the head lock, with what the batch has done so far over it. Only touched accounts are copied.
 * A record is added after it was decided, built and found to fit, so nothing ever has to be taken back.
 */
export class Book implements LedgerState {
  accountCount: number;
  readonly end: ChainEnd;
  private readonly view: BatchView;
  private readonly touched = new Map<string, ChangedAccount>();
  private readonly scales = new Map<string, number>();
  private readonly externalIds = new Map<string, string>();
  private readonly outcomes = new Map<string, BookedOutcome>();
  private readonly records: LedgerRecord[] = [];
  private readonly drafts: DraftRecord[] = [];
  private readonly refusals: StoredRefusal[] = [];
  private sealed: Sealed | null = null;

  constructor(view: BatchView) {
    const { ledger, number, uuid, epoch, position } = view.head;
    this.view = view;
    this.end = { ledger, number, uuid, epoch, position };
    this.accountCount = view.head.accountCount;
  }

  get isOpen(): boolean {
    return this.end.position > 0n;
  }

  /** recorded_at of the next record: one microsecond after the one before. */
  get now(): Micros {
    return this.view.now + BigInt(this.records.length);
  }

  account(id: string): Account | undefined {
    const touched = this.touched.get(id);
    return touched === undefined ? this.view.accounts.get(id) : touched.account;
  }

  readonly scale = (currency: string): number | undefined => this.view.currencies.get(currency) ?? this.scales.get(currency);

  transactionOf(externalId: string): string | undefined {
    return this.externalIds.get(externalId) ?? this.view.externalIds.get(externalId);
  }

  outcomeOf(key: string): BookedOutcome | undefined {
    return this.outcomes.get(key) ?? this.view.outcomes.get(key);
  }

  /** A record that is only looked at. Answers its number among the drafts. */
  foresee(record: LedgerRecord): number {
    return this.drafts.push({ record, isDry: true }) - 1;
  }

  /** Answers the record's number among the drafts. */
  add(record: LedgerRecord, profile: Profile | null): number {
    for (const event of record.events) {
      if (event.type === 'LedgerOpened') continue;
      if (!isAccountEvent(event)) {
        this.scales.set(event.data.code, event.data.scale);
        continue;
      }
      const touched = this.touched.get(event.account);
      if (touched === undefined) {
        const before = this.view.accounts.get(event.account);
        this.touched.set(event.account, { before, account: evolve(before, event), details: null });
      } else {
        touched.account = evolve(touched.account, event);
      }
      if (event.type === 'AccountOpened') this.accountCount += 1;
    }
    for (const { id, externalId } of record.transactions) if (externalId !== null) this.externalIds.set(externalId, id);
    if (profile !== null) {
      const touched = this.touched.get(profile.account) as ChangedAccount;
      touched.details = { ...touched.details, ...profile.details };
    }
    this.records.push(record);
    const draft = this.drafts.push({ record, isDry: false }) - 1;
    this.outcomes.set(record.key, { kind: 'draft', fingerprint: record.fingerprint, draft });
    this.end.position = record.position;
    return draft;
  }

  addRefusal({ key, fingerprint, actor }: Submission, refusal: Refusal): void {
    this.refusals.push({ key, fingerprint, actor, refusal, recordedAt: this.now });
    this.outcomes.set(key, { kind: 'refusal', fingerprint, refusal });
  }

  /** After the last decision. */
  readonly seal = (): Sealed => (this.sealed ??= sealBatch(this.view, this.drafts, this.touched.values(), this.accountCount));

  /** All the batch did, or null when it did nothing. */
  writes(): BatchWrites | null {
    if (this.records.length === 0 && this.refusals.length === 0) return null;
    const accounts: AccountWrite[] = [];
    for (const { before, account, details } of this.touched.values()) accounts.push({ account, opened: before === undefined, details });
    return {
      records: this.records,
      accounts,
      currencies: [...this.scales].map(([code, scale]) => ({ code, scale })),
      refusals: this.refusals,
      seal: this.seal,
    };
  }
}
