import { isSystemAccount, RECORD_TYPE_CODES, termsFromJson, type Details } from '@ledgerflow/contracts';
import type { CheckName } from './checks.ts';
import type { FoldedAccount, StatementEvent } from './fold.ts';
import { checkEntry, checkTerms, LimitWatch } from './limits.ts';
import { ACCOUNT_OPENED, detailsBody, ENTRY, eventData, eventType, Misfit } from './record.ts';
import type { AccountEventRow } from './rows.ts';

const BATCH_POSTED = RECORD_TYPE_CODES.BatchPosted;

/** What the read model is to have of an account. */
export interface FoldView {
  /** Position up to which its summary has the account; -1: not at all. */
  summaryTo: number;
  /** Records whose part of the account its summary lacks, because somebody discarded them. */
  discarded: ReadonlySet<number>;
  /** Position of its trial balance. */
  balanceAt: number;
}

type Profile = Pick<FoldedAccount, 'terms' | 'name' | 'metadata' | 'isProfileErased' | 'updatedAt'>;

/** The fold of one account's events, with what the read model should have of it. */
export class AccountFold {
  account: FoldedAccount | null = null;
  /** The name and metadata that the last event gave; null when none. */
  details: Pick<Details, 'name' | 'metadata'> | null = null;
  isDetailsUnknown = false;
  private before: FoldedAccount | null = null;
  /** What is posted where the trial balance is; null: the account was opened later. */
  posted: bigint | null = null;
  /** What of the summary differs from the log since a record was discarded. */
  private kept: Profile | null = null;
  private readonly view: FoldView;
  private readonly count: (check: CheckName, count?: number) => void;
  private readonly limits = new LimitWatch();
  private row: AccountEventRow | null = null;

  constructor(view: FoldView, count: (check: CheckName, count?: number) => void) {
    this.view = view;
    this.count = count;
  }

  get id(): string | null {
    return this.account?.id ?? null;
  }

  /** The account as the summary should have it; null when it was opened later. */
  seen(): FoldedAccount | null {
    const { account, kept } = this;
    const seen = account !== null && account.position <= this.view.summaryTo ? account : this.before;
    return kept === null || seen === null ? seen : { ...seen, ...kept };
  }

  /** The last event as the statement should have it. */
  get current(): StatementEvent {
    const [, version, position, index, type, transaction, amount, postedAfter, heldAfter, , recordType, recordedAt, effectiveAt, own] =
      this.row!;
    return {
      position,
      index,
      type,
      transaction,
      inBatch: type === ENTRY && recordType === BATCH_POSTED,
      version: version!,
      amount,
      postedAfter: postedAfter!,
      heldAfter: heldAfter!,
      recordedAt: recordedAt!,
      effectiveAt: type === ENTRY && own !== null ? Number(own) : effectiveAt!,
      terms: type === ENTRY ? null : this.account!.terms,
    };
  }

  event(row: AccountEventRow): void {
    const [, version, position, , type, , amount, postedAfter, heldAfter] = row;
    const { account } = this;
    if (version !== (account?.version ?? 0) + 1) throw new Misfit('versions', `version ${(account?.version ?? 0) + 1} is missing`);
    if (account !== null && position < account.position)
      throw new Misfit('versions', `it follows a version at position ${account.position}`);
    if (row[10] === null || row[11] === null || row[12] === null) throw new Misfit('records', `there is no record at position ${position}`);
    this.count('versions');
    // What the read model saw is kept before the first event that it did not see.
    const { summaryTo, balanceAt, discarded } = this.view;
    if (account !== null && this.before === null && position > summaryTo && account.position <= summaryTo) this.before = { ...account };
    const isLeftOut = discarded.has(position) && position <= summaryTo;
    if (isLeftOut && account !== null) this.kept ??= profileOf(account);
    this.row = row;
    if (type === ENTRY) {
      if (account === null) throw new Misfit('versions', 'an entry before the account was opened');
      if (amount === null || postedAfter === null || postedAfter !== account.posted + amount)
        throw new Misfit(
          'balances',
          `${account.posted} and ${amount} make ${account.posted + (amount ?? 0n)}, the event says ${postedAfter}`,
        );
      this.details = null;
      this.isDetailsUnknown = false;
      checkEntry(account.terms, amount);
      this.limits.entry(row, account);
      account.posted = postedAfter;
    } else {
      this.limits.settle();
      this.terms(row);
    }
    const now = this.account!;
    if (heldAfter !== now.held) throw new Misfit('balances', `${now.held} is held, the event says ${heldAfter}`);
    now.version = version;
    now.position = position;
    now.updatedAt = row[11];
    if (position <= balanceAt) this.posted = now.posted;
    if (this.kept !== null && !isLeftOut && position <= summaryTo) this.keep(now, type);
    this.count('balances');
    this.limits.after(now);
    this.count('limits');
  }

  /** After the last event. */
  finish(): void {
    this.limits.settle();
  }

  /** After an event that the summary has: each gives all terms as they are, and of name and metadata what it changes. */
  private keep(now: FoldedAccount, type: number): void {
    const kept = this.kept as Profile;
    kept.updatedAt = now.updatedAt;
    if (type === ENTRY) return;
    kept.terms = now.terms;
    if (this.isDetailsUnknown) kept.isProfileErased = true;
    if (this.details?.name !== undefined) kept.name = this.details.name;
    if (this.details?.metadata !== undefined) kept.metadata = this.details.metadata;
  }

  private terms(row: AccountEventRow): void {
    const [number, , position, index, code, , , postedAfter, , text, , recordedAt] = row;
    const type = eventType(code, `event ${index}`);
    const data = eventData(text, type, `event ${index}`);
    const terms = termsFromJson(data);
    if ((code === ACCOUNT_OPENED) !== (this.account === null)) throw new Misfit('versions', `${type} at version ${row[1]}`);
    this.account ??= {
      number,
      id: data['id'] as string,
      currency: data['currency'] as string,
      version: 0,
      posted: 0n,
      held: 0n,
      terms,
      name: null,
      metadata: null,
      isProfileErased: false,
      ownerAtOpening: terms.ownerId,
      openedAt: recordedAt!,
      updatedAt: 0,
      position,
    };
    if (postedAfter !== this.account.posted) throw new Misfit('balances', `${this.account.posted} is posted, ${type} says ${postedAfter}`);
    checkTerms(type, this.account, terms);
    this.account.terms = terms;
    this.profile(row);
  }

  private profile(row: AccountEventRow): void {
    const account = this.account!;
    const [text, isErased] = [row[14], row[15]];
    this.details = null;
    this.isDetailsUnknown = false;
    // A world account opened on the way has no details: those of the record are the deposit's.
    const gives = row[4] !== ACCOUNT_OPENED || (row[10] === RECORD_TYPE_CODES.AccountOpened && !isSystemAccount(account.id));
    if (!gives || isErased === null) return;
    if (isErased) {
      account.isProfileErased = true;
      this.isDetailsUnknown = true;
      return;
    }
    const { name, metadata } = detailsBody(text ?? 'null', 'the text of its details');
    if (name !== undefined) account.name = name;
    if (metadata !== undefined) account.metadata = metadata;
    if (name !== undefined || metadata !== undefined)
      this.details = { ...(name === undefined ? {} : { name }), ...(metadata === undefined ? {} : { metadata }) };
  }
}

function profileOf({ terms, name, metadata, isProfileErased, updatedAt }: FoldedAccount): Profile {
  return { terms, name, metadata, isProfileErased, updatedAt };
}
