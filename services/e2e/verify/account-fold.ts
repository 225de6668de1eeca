import { isSystemAccount, RECORD_TYPE_CODES, termsFromJson, type Details } from '@ledgerflow/contracts';
import type { CheckName } from './checks.ts';
import type { FoldedAccount, StatementEvent } from './fold.ts';
import { checkEntry, checkTerms, LimitWatch } from './limits.ts';
import { ACCOUNT_OPENED, detailsBody, ENTRY, eventData, eventType, Misfit } from './record.ts';
import type { AccountEventRow } from './rows.ts';

const BATCH_POSTED = RECORD_TYPE_CODES.BatchPosted;

/** The fold of one account's events, with the state it had at the read model's checkpoint. */
export class AccountFold {
  account: FoldedAccount | null = null;
  /** The name and metadata that the last event gave; null when none. */
  details: Pick<Details, 'name' | 'metadata'> | null = null;
  isDetailsUnknown = false;
  private before: FoldedAccount | null = null;
  private readonly checkpoint: number;
  private readonly count: (check: CheckName, count?: number) => void;
  private readonly limits = new LimitWatch();
  private row: AccountEventRow | null = null;

  constructor(checkpoint: number | null, count: (check: CheckName, count?: number) => void) {
    this.checkpoint = checkpoint ?? -1;
    this.count = count;
  }

  get id(): string | null {
    return this.account?.id ?? null;
  }

  /** The account as it was at the checkpoint; null when it was opened later. */
  seen(): FoldedAccount | null {
    const { account } = this;
    return account !== null && account.position <= this.checkpoint ? account : this.before;
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
    if (account !== null && this.before === null && position > this.checkpoint && account.position <= this.checkpoint)
      this.before = { ...account };
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
    this.count('balances');
    this.limits.after(now);
    this.count('limits');
  }

  /** After the last event. */
  finish(): void {
    this.limits.settle();
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
