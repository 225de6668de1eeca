import {
  EVENT_TYPE_CODES,
  RECORD_TYPE_CODES,
  termsFromJson,
  transactionId,
  type AccountTermsEventType,
  type Details,
  type EventType,
  type LedgerEvent,
  type LedgerRecord,
  type RecordDetails,
  type RecordTransaction,
  type RecordType,
} from '@ledgerflow/contracts';
import type { CheckName } from './checks.ts';
import type { DetailsRow, EventRow, RecordRow } from './rows.ts';

/** Rows that do not make the record they claim to be. */
export class Misfit extends Error {
  override name = 'Misfit';
  readonly check: CheckName;
  readonly account: string | null;
  /** Where it is, if it was seen only later. */
  readonly position: number | null;
  constructor(check: CheckName, message: string, account: string | null = null, position: number | null = null) {
    super(message);
    this.check = check;
    this.account = account;
    this.position = position;
  }
}

/**
 * What a step threw, as a difference: Misfit, or RangeError and SyntaxError, by which integers and the binary encoding refuse values that no LedgerFlow writes. Anything
 * else is no matter of the data and is thrown on.
 */
export function asMisfit(error: unknown): Misfit {
  if (error instanceof Misfit) return error;
  if (error instanceof RangeError || error instanceof SyntaxError)
    return new Misfit('records', `it holds a value that cannot be: ${error.message}`);
  throw error;
}

export interface AccountName {
  id: string;
  currency: string;
}

/** What the rows of one ledger leave out. */
export interface RecordContext {
  ledger: string;
  number: number;
  uuid: string;
  principal(number: number): string | undefined;
  account(number: number): AccountName | undefined;
}

function reversed<K extends string>(codes: Readonly<Record<K, number>>): ReadonlyMap<number, K> {
  return new Map((Object.entries(codes) as [K, number][]).map(([name, code]) => [code, name]));
}

const RECORD_TYPES = reversed<RecordType>(RECORD_TYPE_CODES);
const EVENT_TYPES = reversed<EventType>(EVENT_TYPE_CODES);
export const ENTRY = EVENT_TYPE_CODES.EntryPosted;
export const ACCOUNT_OPENED = EVENT_TYPE_CODES.AccountOpened;

export function eventType(code: number, where: string): EventType {
  const type = EVENT_TYPES.get(code);
  if (type === undefined) throw new Misfit('records', `${where} has the unknown type ${code}`);
  return type;
}

export function parseJson(text: string, check: CheckName, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Misfit(check, `${where} is no JSON: ${text.slice(0, 40)}`);
  }
}

const TERMS_MEMBERS = ['freezeScope', 'maxBalance', 'minBalance', 'ownerId', 'status'];
const OPENING_MEMBERS = ['currency', 'freezeScope', 'id', 'maxBalance', 'minBalance', 'ownerId', 'status'];

/** The JSON members of an event that moves no money; there must be no others, because no hash would cover them. */
export function eventData(text: string | null, type: EventType, where: string): Record<string, unknown> {
  const data = text === null ? null : (parseJson(text, 'records', `the data of ${where}`) as Record<string, unknown> | null);
  const expected = type === 'AccountOpened' ? OPENING_MEMBERS : type === 'CurrencyAdded' ? ['code', 'scale'] : TERMS_MEMBERS;
  const members = data === null || typeof data !== 'object' ? '' : Object.keys(data).sort().join(',');
  if (members !== expected.join(','))
    throw new Misfit('records', `the data of ${where} has the members "${members}" instead of "${expected.join(',')}"`);
  for (const [member, value] of Object.entries(data as object))
    if (!isPossible(member, value))
      throw new Misfit('records', `the data of ${where} cannot have ${member} ${JSON.stringify(value).slice(0, MEMBER_SHOWN_MAX)}`);
  return data as Record<string, unknown>;
}

const MEMBER_SHOWN_MAX = 60;
const LIMIT = /^-?\d{1,38}$/;

/** Whether a member of an event's data has the type that it has in every event. */
function isPossible(member: string, value: unknown): boolean {
  switch (member) {
    case 'status':
      return value === 'open' || value === 'frozen' || value === 'closed';
    case 'freezeScope':
      return value === null || value === 'all' || value === 'debits';
    case 'minBalance':
    case 'maxBalance':
      return value === null || (typeof value === 'string' && LIMIT.test(value));
    case 'ownerId':
      return value === null || typeof value === 'string';
    case 'scale':
      return Number.isSafeInteger(value);
    default:
      return typeof value === 'string';
  }
}

/** The text of details that is not erased. */
export function detailsBody(text: string, where: string): Details {
  const body = parseJson(text, 'details', where);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Misfit('details', `${where} is no JSON object`);
  return body as Details;
}

function eventOf(row: EventRow, context: RecordContext): LedgerEvent {
  const [, index, code, number, version, transaction, amount, postedAfter, heldAfter, data] = row;
  const where = `event ${index}`;
  const type = eventType(code, where);
  if (type === 'LedgerOpened' || type === 'CurrencyAdded') {
    if (number !== null || version !== null || transaction !== null || amount !== null || postedAfter !== null || heldAfter !== null)
      throw new Misfit('records', `${where}, ${type}, names an account or amounts`);
    if (type === 'CurrencyAdded') return { type, data: eventData(data, type, where) as { code: string; scale: number } };
    if (data !== null) throw new Misfit('records', `${where}, ${type}, has data of its own`);
    return { type, data: { id: context.ledger, uuid: context.uuid } };
  }
  const account = number === null ? undefined : context.account(number);
  if (account === undefined) throw new Misfit('records', `${where} is of account number ${number}, which the log never opened`);
  if (version === null || postedAfter === null || heldAfter === null)
    throw new Misfit('records', `${where} has no version or no balances`, account.id);
  const base = {
    account: account.id,
    accountNumber: number as number,
    currency: account.currency,
    version: BigInt(version),
    postedAfter,
    heldAfter,
  };
  if (type === 'EntryPosted') {
    if (transaction === null || amount === null || data !== null)
      throw new Misfit('records', `${where} is an entry without an amount or transaction, or with data`, account.id);
    return { type, ...base, transaction, amount };
  }
  if (transaction !== null || amount !== null) throw new Misfit('records', `${where}, ${type}, has an amount or a transaction`, account.id);
  return { type: type satisfies AccountTermsEventType, ...base, data: termsFromJson(eventData(data, type, where)) };
}

function eventsOf(rows: readonly EventRow[], context: RecordContext): LedgerEvent[] {
  if (rows.length === 0) throw new Misfit('records', 'it has no events');
  const events: LedgerEvent[] = [];
  for (const row of rows) {
    if (row[1] !== events.length)
      throw new Misfit('records', `event ${events.length} is missing or there twice (the next one is ${row[1]})`);
    events.push(eventOf(row, context));
  }
  return events;
}

/** How many transactions the entries say there are; they come in order. */
function transactionCount(events: readonly LedgerEvent[]): number {
  let last = -1;
  for (const event of events) {
    if (event.type !== 'EntryPosted' || event.transaction === last) continue;
    if (event.transaction !== last + 1) throw new Misfit('records', `transaction ${last + 1} has no entries in its place`, event.account);
    last = event.transaction;
  }
  return last + 1;
}

/** Null in the row means: as many as the entries tell, each at the record's effective time, without an external id; anything else is written out. */
function transactionsOf(row: RecordRow, type: RecordType, count: number): RecordTransaction[] {
  const [position, effectiveAt] = [BigInt(row[0]), BigInt(row[2])];
  const text = row[12];
  if (text === null)
    return Array.from({ length: count }, (_, index) => ({ id: transactionId(type, position, index), effectiveAt, externalId: null }));
  const list = parseJson(text, 'records', 'its list of transactions');
  if (!Array.isArray(list) || list.length !== count)
    throw new Misfit('records', `its list of transactions does not have the ${count} transactions of its entries: ${text.slice(0, 80)}`);
  const transactions = list.map((item: unknown, index) => {
    const [time, externalId] = Array.isArray(item) && item.length === 2 ? (item as unknown[]) : [];
    const isPair = typeof time === 'string' && /^-?\d{1,16}$/.test(time) && (externalId === null || typeof externalId === 'string');
    if (!isPair) throw new Misfit('records', `transaction ${index} of its list is no pair of effective time and external id`);
    return { id: transactionId(type, position, index), effectiveAt: BigInt(time), externalId: externalId as string | null };
  });
  if (transactions.every((transaction) => transaction.externalId === null && transaction.effectiveAt === effectiveAt))
    throw new Misfit('records', 'its list of transactions says what its absence says');
  return transactions;
}

function detailsOf(rows: readonly DetailsRow[], transactions: number): RecordDetails[] {
  return rows.map(([, index, hash, salt, body]) => {
    if (index > 0 && index >= transactions)
      throw new Misfit('details', `details ${index} belong to none of its ${transactions} transactions`);
    if ((salt === null) !== (body === null)) throw new Misfit('details', `details ${index} have lost only one of salt and text`);
    return { index, hash, salt, body: body === null ? null : detailsBody(body, `the text of details ${index}`) };
  });
}

/** A record made again from its rows, by nothing but the description of the log. Throws Misfit. `scale` tells the decimals of a currency. */
export function recordOf(
  row: RecordRow,
  eventRows: readonly EventRow[],
  detailsRows: readonly DetailsRow[],
  previousHash: string,
  context: RecordContext,
): LedgerRecord {
  const [position, recordedAt, effectiveAt, epoch, actorNumber, , correlationId, causationId, key, fingerprint, code, hash] = row;
  const type = RECORD_TYPES.get(code);
  if (type === undefined) throw new Misfit('records', `it has the unknown type ${code}`);
  const actor = context.principal(actorNumber);
  if (actor === undefined) throw new Misfit('principals', `its actor is number ${actorNumber}, who is not among the principals`);
  const events = eventsOf(eventRows, context);
  const transactions = transactionsOf(row, type, transactionCount(events));
  return {
    ledger: context.ledger,
    ledgerNumber: context.number,
    ledgerUuid: context.uuid,
    epoch,
    position: BigInt(position),
    previousHash,
    hash,
    type,
    actor,
    correlationId,
    causationId,
    key,
    fingerprint,
    recordedAt: BigInt(recordedAt),
    effectiveAt: BigInt(effectiveAt),
    scales: {},
    transactions,
    details: detailsOf(detailsRows, transactions.length),
    events,
  };
}
