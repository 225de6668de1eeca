import {
  formatMicros,
  formatMinor,
  isAccountEvent,
  isSystemAccount,
  parseMinor,
  type AccountEvent,
  type AccountSnapshot,
  type AccountStatus,
  type Details,
  type FreezeScope,
  type LedgerRecord,
} from '@ledgerflow/contracts';

/** One document an account, as it is after the event of its version. Amounts are decimal strings with the decimals of the currency; positions and versions are digits. */
export interface AccountDocument {
  ledger: string;
  id: string;
  number: number;
  currency: string;
  scale: number;
  ownerId: string | null;
  /** The name and the metadata, and the position of the record that gave them: what erasing that record's details takes away. */
  name: string | null;
  namePosition: string | null;
  metadata: Record<string, unknown> | null;
  metadataPosition: string | null;
  status: AccountStatus;
  freezeScope: FreezeScope | null;
  posted: string;
  held: string;
  available: string;
  minBalance: string | null;
  maxBalance: string | null;
  version: string;
  /** Of the record that gave it this version. */
  position: string;
  openedAt: string;
  updatedAt: string;
  /** The node refused its name or metadata: they are left out here and kept as a dead letter. */
  detailsRefused: boolean;
}

export interface AccountChange {
  event: AccountEvent;
  record: LedgerRecord;
}

/** A document that can not be what the log before this said: a version is missing. */
export class DivergedError extends Error {
  override name = 'DivergedError';
}

/** The account events of some records, by account, in the order of the log. */
export function accountChanges(records: readonly LedgerRecord[]): Map<string, AccountChange[]> {
  const changes = new Map<string, AccountChange[]>();
  for (const record of records) {
    for (const event of record.events) {
      if (!isAccountEvent(event)) continue;
      const list = changes.get(event.account);
      if (list === undefined) changes.set(event.account, [{ event, record }]);
      else list.push({ event, record });
    }
  }
  return changes;
}

/** What an account event gives of name and metadata; a system account that a deposit opens on the way gets none of the deposit's details. */
function detailsOf({ event, record }: AccountChange): Pick<Details, 'name' | 'metadata'> {
  const gives =
    event.type === 'MetadataChanged' ||
    (event.type === 'AccountOpened' && record.type === 'AccountOpened' && !isSystemAccount(event.account));
  return (gives ? record.details.find(({ index }) => index === 0)?.body : null) ?? {};
}

function opened({ event, record }: AccountChange, scale: number): AccountDocument {
  return {
    ledger: record.ledger,
    id: event.account,
    number: event.accountNumber,
    currency: event.currency,
    scale,
    ownerId: event.type === 'EntryPosted' ? null : event.data.ownerId,
    name: null,
    namePosition: null,
    metadata: null,
    metadataPosition: null,
    status: 'open',
    freezeScope: null,
    posted: '',
    held: '',
    available: '',
    minBalance: null,
    maxBalance: null,
    version: '0',
    position: '0',
    openedAt: formatMicros(record.recordedAt),
    updatedAt: '',
    detailsRefused: false,
  };
}

function apply(before: AccountDocument, change: AccountChange): AccountDocument {
  const { event, record } = change;
  const { scale } = before;
  const amount = (minor: bigint | null): string | null => (minor === null ? null : formatMinor(minor, scale));
  const position = record.position.toString();
  const { name, metadata } = detailsOf(change);
  return {
    ...before,
    ...(event.type === 'EntryPosted'
      ? {}
      : {
          status: event.data.status,
          freezeScope: event.data.freezeScope,
          minBalance: amount(event.data.minBalance),
          maxBalance: amount(event.data.maxBalance),
        }),
    ...(name === undefined ? {} : { name, namePosition: position }),
    ...(metadata === undefined ? {} : { metadata, metadataPosition: position }),
    ...(name === undefined && metadata === undefined ? {} : { detailsRefused: false }),
    posted: formatMinor(event.postedAfter, scale),
    held: formatMinor(event.heldAfter, scale),
    available: formatMinor(event.postedAfter - event.heldAfter, scale),
    version: event.version.toString(),
    position,
    updatedAt: formatMicros(record.recordedAt),
  };
}

/**
 * The document after some events, on top of the stored one; null when all of them are in it already. Events that it has are passed over, so a batch that was written in part
 * may be folded again. Throws DivergedError when an event is missing in between.
 */
export function foldAccount(stored: AccountDocument | null, changes: readonly AccountChange[]): AccountDocument | null {
  let account = stored;
  let isChanged = false;
  for (const change of changes) {
    const { event, record } = change;
    const version = BigInt(account?.version ?? '0');
    if (event.version <= version) continue;
    if (event.version !== version + 1n)
      throw new DivergedError(
        `record ${record.position} has version ${event.version} of account ${event.account}, the index has version ${version}`,
      );
    if (account === null) {
      const scale = record.scales[event.currency];
      if (scale === undefined) throw new DivergedError(`record ${record.position} does not tell the decimals of ${event.currency}`);
      account = opened(change, scale);
    }
    account = apply(account, change);
    isChanged = true;
  }
  return isChanged ? account : null;
}

/** Without what the node may not like: what is left has ids, amounts and times only. */
export function bareAccount(account: AccountDocument): AccountDocument {
  return { ...account, name: null, namePosition: null, metadata: null, metadataPosition: null, detailsRefused: true };
}

export const hasDetails = (account: AccountDocument): boolean => account.name !== null || account.metadata !== null;

function minor(text: string, scale: number): bigint {
  const amount = parseMinor(text, scale);
  if (amount === null) throw new RangeError('an amount of an account document is not a decimal of its currency');
  return amount;
}

/** What the writer's account digest is made of, read back from the document. */
export function snapshotOf(account: AccountDocument): AccountSnapshot {
  const limit = (text: string | null): bigint | null => (text === null ? null : minor(text, account.scale));
  return {
    account: account.id,
    version: BigInt(account.version),
    posted: minor(account.posted, account.scale),
    held: minor(account.held, account.scale),
    status: account.status,
    freezeScope: account.freezeScope,
    minBalance: limit(account.minBalance),
    maxBalance: limit(account.maxBalance),
  };
}
