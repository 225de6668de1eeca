import { isId, type LedgerRecord, type Micros, parseMicros } from '@ledgerflow/contracts';

/** What tells where a record stands in its log. */
export type Envelope = Pick<
  LedgerRecord,
  'ledger' | 'ledgerNumber' | 'ledgerUuid' | 'epoch' | 'position' | 'previousHash' | 'hash' | 'recordedAt'
>;

export interface AccountRef {
  number: number;
  id: string;
}

/** What a record says of one account, as far as it can be told without knowing the kind of event. */
export interface AccountMark extends AccountRef {
  /** Of its record. */
  position: bigint;
  recordedAt: Micros;
  type: string;
  version: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
  movesMoney: boolean;
}

/** A record whose place and accounts can be told, whatever else is in it. */
export interface Marked {
  envelope: Envelope;
  marks: AccountMark[];
}

const HASH = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INTEGER = /^-?[0-9]{1,39}$/;
/** Events that are of the ledger as a whole; every other kind has to name its account, or nobody could say whom the record concerns. */
const LEDGER_EVENTS: readonly unknown[] = ['LedgerOpened', 'CurrencyAdded'];
const NUMBER_MAX = 2 ** 31 - 1;

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= NUMBER_MAX;

function markOf(event: Record<string, unknown>, of: Pick<AccountMark, 'position' | 'recordedAt'>): AccountMark | null {
  const { type, account, accountNumber, version, postedAfter, heldAfter, amount } = event;
  if (typeof type !== 'string' || typeof account !== 'string' || !isId(account) || !isCount(accountNumber)) return null;
  if (!isText(version, INTEGER) || !isText(postedAfter, INTEGER) || !isText(heldAfter, INTEGER)) return null;
  return {
    ...of,
    number: accountNumber,
    id: account,
    type,
    version: BigInt(version),
    postedAfter: BigInt(postedAfter),
    heldAfter: BigInt(heldAfter),
    movesMoney: amount !== undefined,
  };
}

/**
 * Reads of a record's text no more than its place in the log and the accounts that it touches: for records that this version can not read, such as those with events of a later
 * one. Null when not even that can be told: then nobody knows what depends on it.
 */
export function readMarks(text: string): Marked | null {
  let json: Record<string, unknown> | null;
  try {
    json = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return null;
  }
  if (json === null || typeof json !== 'object') return null;
  const { ledger, ledgerNumber, ledgerUuid, epoch, position, previousHash, hash, recordedAt, events } = json;
  if (typeof ledger !== 'string' || !isCount(ledgerNumber) || !isText(ledgerUuid, UUID) || !isCount(epoch)) return null;
  if (!isText(position, /^[1-9][0-9]{0,18}$/) || !isText(previousHash, HASH) || !isText(hash, HASH) || !Array.isArray(events)) return null;
  const time: Micros | null = typeof recordedAt === 'string' ? parseMicros(recordedAt) : null;
  if (time === null) return null;
  const marks: AccountMark[] = [];
  for (const event of events as (Record<string, unknown> | null)[]) {
    if (event === null || typeof event !== 'object') return null;
    if (LEDGER_EVENTS.includes(event['type'])) continue;
    const mark = markOf(event, { position: BigInt(position), recordedAt: time });
    if (mark === null) return null;
    marks.push(mark);
  }
  if (marks.length === 0) return null;
  const envelope = { ledger, ledgerNumber, ledgerUuid, epoch, position: BigInt(position), previousHash, hash, recordedAt: time };
  return { envelope, marks };
}
