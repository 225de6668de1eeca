import type { LedgerRecord, Micros, Refusal } from '@ledgerflow/contracts';
import { accountDigest, addDigest, entryDigest, Frontier, isAccountEvent, subtractDigest } from '@ledgerflow/contracts';
import type { LedgerState, Profile } from './decision.ts';
import { evolve } from './evolve.ts';
import type { ChainEnd } from './record.ts';
import type { Account, AccountWrite, BatchView, Head, StoredOutcome, StoredRefusal, Submission } from './state.ts';

interface TouchedAccount {
  before: Account | undefined;
  account: Account;
  details: AccountWrite['details'];
}

/** What a batch has written so far; the shape of the store's BatchWrites. */
export interface BookWrites {
  head: Head;
  records: LedgerRecord[];
  recordTexts: string[];
  accounts: AccountWrite[];
  currencies: { code: string; scale: number }[];
  refusals: StoredRefusal[];
}

/**
 * One ledger while a batch is decided: what was read under the head lock, with what the batch has done so far over it. Only touched accounts are copied.
 * A record is added after it was decided, built and found to fit, so nothing ever has to be taken back.
 */
export class Book implements LedgerState {
  accountCount: number;
  readonly end: ChainEnd;
  private readonly view: BatchView;
  private readonly touched = new Map<string, TouchedAccount>();
  private readonly scales = new Map<string, number>();
  private readonly externalIds = new Map<string, string>();
  private readonly outcomes = new Map<string, StoredOutcome>();
  private readonly records: LedgerRecord[] = [];
  private readonly recordTexts: string[] = [];
  private readonly refusals: StoredRefusal[] = [];
  private entryDigest: bigint;

  constructor(view: BatchView) {
    const { ledger, number, uuid, epoch, position, recordHash } = view.head;
    this.view = view;
    this.end = { ledger, number, uuid, epoch, position, recordHash };
    this.accountCount = view.head.accountCount;
    this.entryDigest = view.head.entryDigest;
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

  outcomeOf(key: string): StoredOutcome | undefined {
    return this.outcomes.get(key) ?? this.view.outcomes.get(key);
  }

  add(record: LedgerRecord, text: string, profile: Profile | null): void {
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
      if (event.type === 'EntryPosted') this.entryDigest = addDigest(this.entryDigest, entryDigest(event));
      else if (event.type === 'AccountOpened') this.accountCount += 1;
    }
    for (const { id, externalId } of record.transactions) if (externalId !== null) this.externalIds.set(externalId, id);
    if (profile !== null) {
      const touched = this.touched.get(profile.account) as TouchedAccount;
      touched.details = { ...touched.details, ...profile.details };
    }
    this.records.push(record);
    this.recordTexts.push(text);
    this.outcomes.set(record.key, { kind: 'record', fingerprint: record.fingerprint, position: record.position, record: text });
    this.end.position = record.position;
    this.end.recordHash = record.hash;
  }

  addRefusal({ key, fingerprint, actor }: Submission, refusal: Refusal): void {
    this.refusals.push({ key, fingerprint, actor, refusal, recordedAt: this.now });
    this.outcomes.set(key, { kind: 'refusal', fingerprint, refusal });
  }

  private headAfter(): Head {
    const { head, now } = this.view;
    if (this.records.length === 0) return head;
    const frontier = new Frontier(head.position, head.frontier);
    for (const record of this.records) frontier.append(record.hash);
    let sum = head.accountDigest;
    for (const { before, account } of this.touched.values()) {
      if (before !== undefined) sum = subtractDigest(sum, accountDigest(before));
      sum = addDigest(sum, accountDigest(account));
    }
    return {
      ledger: head.ledger,
      number: head.number,
      uuid: head.uuid,
      epoch: head.epoch,
      position: this.end.position,
      recordedAt: now + BigInt(this.records.length - 1),
      recordHash: this.end.recordHash,
      frontier: frontier.toBytes(),
      entryDigest: this.entryDigest,
      accountDigest: sum,
      accountCount: this.accountCount,
    };
  }

  /** All the batch did, or null when it did nothing. */
  writes(): BookWrites | null {
    if (this.records.length === 0 && this.refusals.length === 0) return null;
    const accounts: AccountWrite[] = [];
    for (const { before, account, details } of this.touched.values()) accounts.push({ account, opened: before === undefined, details });
    return {
      head: this.headAfter(),
      records: this.records,
      recordTexts: this.recordTexts,
      accounts,
      currencies: [...this.scales].map(([code, scale]) => ({ code, scale })),
      refusals: this.refusals,
    };
  }
}
