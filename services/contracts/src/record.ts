import type { Micros } from './time.ts';
import { formatMicros, parseMicros } from './time.ts';

/**
 * A record is the whole outcome of one accepted command: one position in its ledger's log, one recorded_at, its events numbered from 0.
 * This file defines it twice: as a value in memory (bigints, bytes as hex) and as JSON text, schema 1, the data of the CloudEvents on
 * `ledgerflow.records.v1`, of ReadLog, TailLog and Execute. All of them carry the same text.
 *
 * Upcasting: a reader accepts every schema up to its own; `recordFromJson` turns older ones into the newest form on the way in, so no code
 * behind it knows that others existed. Fields may be added within a schema when their absence has a meaning; anything else is a new schema.
 */
export const RECORD_SCHEMA = 1;

/** CloudEvents 1.0 attributes of a record on Kafka (binary content mode: `ce_` headers). */
export const RECORDS_TOPIC = 'ledgerflow.records.v1';
export const RECORD_CLOUD_EVENT_TYPE = 'io.ledgerflow.record.v1';

export type RecordType =
  | 'LedgerOpened'
  | 'CurrencyAdded'
  | 'AccountOpened'
  | 'FundsDeposited'
  | 'FundsWithdrawn'
  | 'FundsTransferred'
  | 'TransactionPosted'
  | 'BatchPosted'
  | 'AccountFrozen'
  | 'AccountUnfrozen'
  | 'AccountClosed'
  | 'AccountUpdated';

/** Codes of the binary encoding and the database; never reused, never renumbered. */
export const RECORD_TYPE_CODES: Readonly<Record<RecordType, number>> = {
  LedgerOpened: 1,
  CurrencyAdded: 2,
  AccountOpened: 3,
  FundsDeposited: 4,
  FundsWithdrawn: 5,
  FundsTransferred: 6,
  TransactionPosted: 7,
  BatchPosted: 8,
  AccountFrozen: 9,
  AccountUnfrozen: 10,
  AccountClosed: 11,
  AccountUpdated: 12,
};

export type AccountStatus = 'open' | 'frozen' | 'closed';
/** `all` refuses debits and credits, `debits` refuses debits only. */
export type FreezeScope = 'all' | 'debits';

/** The full new value of what an account event that moves no money may change. Amounts are minor units. */
export interface AccountTerms {
  status: AccountStatus;
  freezeScope: FreezeScope | null;
  /** null = no limit. */
  minBalance: bigint | null;
  maxBalance: bigint | null;
  ownerId: string | null;
}

export type AccountTermsEventType =
  'AccountOpened' | 'AccountFrozen' | 'AccountUnfrozen' | 'AccountClosed' | 'LimitsChanged' | 'MetadataChanged';
export type EventType = 'LedgerOpened' | 'CurrencyAdded' | 'EntryPosted' | AccountTermsEventType;

export const EVENT_TYPE_CODES: Readonly<Record<EventType, number>> = {
  LedgerOpened: 1,
  CurrencyAdded: 2,
  AccountOpened: 3,
  EntryPosted: 4,
  AccountFrozen: 5,
  AccountUnfrozen: 6,
  AccountClosed: 7,
  LimitsChanged: 8,
  MetadataChanged: 9,
};

export interface LedgerOpenedEvent {
  type: 'LedgerOpened';
  data: { id: string; uuid: string };
}

export interface CurrencyAddedEvent {
  type: 'CurrencyAdded';
  data: { code: string; scale: number };
}

interface AccountEventBase {
  account: string;
  /** The account's integer inside its ledger, dense from 1 in the order of opening. */
  accountNumber: number;
  currency: string;
  /** Dense per account from 1. */
  version: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
}

/** One side of a posting, signed from the account's view (+ in, − out). */
export interface EntryPostedEvent extends AccountEventBase {
  type: 'EntryPosted';
  /** Which transaction of the record the entry belongs to, from 0. */
  transaction: number;
  amount: bigint;
}

export interface AccountTermsEvent extends AccountEventBase {
  type: AccountTermsEventType;
  data: AccountTerms;
}

export type AccountEvent = EntryPostedEvent | AccountTermsEvent;
/** An event's index is its place in the record's list. */
export type LedgerEvent = LedgerOpenedEvent | CurrencyAddedEvent | AccountEvent;

/** Free text, erasable. The record's hash holds only SHA-256(salt ∥ canonical JSON of the body). */
export interface Details {
  name?: string;
  metadata?: Record<string, unknown>;
  reference?: string;
  description?: string;
  reason?: string;
}

/** The details of transaction `index` of the record, or of the record itself at 0. body and salt are null once erased. */
export interface RecordDetails {
  index: number;
  hash: string;
  salt: string | null;
  body: Details | null;
}

export interface RecordTransaction {
  /** "41", or "41-3" for number 3 of an atomic batch at position 41. */
  id: string;
  effectiveAt: Micros;
  externalId: string | null;
}

export interface LedgerRecord {
  ledger: string;
  /** The ledger's integer and UUID in the directory. */
  ledgerNumber: number;
  ledgerUuid: string;
  epoch: number;
  position: bigint;
  /** Hash of the record before (64 hex digits; zeros before the first). */
  previousHash: string;
  /** Leaf hash of this record (evidence/encoding.ts). */
  hash: string;
  type: RecordType;
  actor: string;
  /** UUIDs. The causation id is the request id of the command. */
  correlationId: string;
  causationId: string;
  /** 32 hex digits each (first 16 bytes of SHA-256), see the writer's docs on keys. */
  key: string;
  fingerprint: string;
  recordedAt: Micros;
  effectiveAt: Micros;
  /** Decimals of each currency that occurs in the events. */
  scales: Record<string, number>;
  transactions: RecordTransaction[];
  details: RecordDetails[];
  events: LedgerEvent[];
}

export const ZERO_HASH = '0'.repeat(64);

/** The id of transaction `index` of a record: positions alone for single ones, position-index inside an atomic batch. */
export function transactionId(type: RecordType, position: bigint, index: number): string {
  return type === 'BatchPosted' ? `${position}-${index}` : `${position}`;
}

export function isAccountEvent(event: LedgerEvent): event is AccountEvent {
  return event.type !== 'LedgerOpened' && event.type !== 'CurrencyAdded';
}

interface EventJson {
  index: number;
  type: EventType;
  account?: string;
  accountNumber?: number;
  currency?: string;
  version?: string;
  transaction?: number;
  amount?: string;
  postedAfter?: string;
  heldAfter?: string;
  data?: Record<string, unknown>;
}

/** Printable ASCII without a quotation mark and a backslash: what JSON leaves as it is. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

const quoted = (text: string): string => (PLAIN_TEXT.test(text) ? `"${text}"` : JSON.stringify(text));

function eventToJson(event: LedgerEvent, index: number): string {
  const start = `{"index":${index},"type":"${event.type}"`;
  if (event.type === 'LedgerOpened' || event.type === 'CurrencyAdded') return `${start},"data":${JSON.stringify(event.data)}}`;
  const moved = event.type === 'EntryPosted' ? `,"transaction":${event.transaction},"amount":"${event.amount}"` : '';
  const data = event.type === 'EntryPosted' ? '' : `,"data":${JSON.stringify(termsToJson(event.data))}`;
  return (
    `${start},"account":${quoted(event.account)},"accountNumber":${event.accountNumber},"currency":${quoted(event.currency)},"version":"${event.version}"${moved}` +
    `,"postedAfter":"${event.postedAfter}","heldAfter":"${event.heldAfter}"${data}}`
  );
}

const transactionToJson = ({ id, effectiveAt, externalId }: RecordTransaction): string =>
  `{"id":${quoted(id)},"effectiveAt":"${formatMicros(effectiveAt)}","externalId":${externalId === null ? 'null' : quoted(externalId)}}`;

/** Account terms as they stand in JSON and in the binary encoding: amounts as digits, keys in this order. */
export function termsToJson(terms: AccountTerms): Record<string, unknown> {
  return {
    status: terms.status,
    freezeScope: terms.freezeScope,
    minBalance: terms.minBalance?.toString() ?? null,
    maxBalance: terms.maxBalance?.toString() ?? null,
    ownerId: terms.ownerId,
  };
}

export function termsFromJson(data: Record<string, unknown>): AccountTerms {
  const limit = (value: unknown): bigint | null => (value === null || value === undefined ? null : BigInt(value as string));
  return {
    status: data['status'] as AccountStatus,
    freezeScope: (data['freezeScope'] as FreezeScope | null) ?? null,
    minBalance: limit(data['minBalance']),
    maxBalance: limit(data['maxBalance']),
    ownerId: (data['ownerId'] as string | null) ?? null,
  };
}

/**
 * The record as JSON text, schema 1; equal records give equal text. Written out member by member: building an object only to have it turned into text took twice
 * as long.
 */
export function recordToJson(record: LedgerRecord): string {
  return (
    `{"schema":${RECORD_SCHEMA},"ledger":${quoted(record.ledger)},"ledgerNumber":${record.ledgerNumber},"ledgerUuid":${quoted(record.ledgerUuid)}` +
    `,"epoch":${record.epoch},"position":"${record.position}","previousHash":${quoted(record.previousHash)},"hash":${quoted(record.hash)}` +
    `,"type":"${record.type}","actor":${quoted(record.actor)},"correlationId":${quoted(record.correlationId)},"causationId":${quoted(record.causationId)}` +
    `,"key":${quoted(record.key)},"fingerprint":${quoted(record.fingerprint)},"recordedAt":"${formatMicros(record.recordedAt)}"` +
    `,"effectiveAt":"${formatMicros(record.effectiveAt)}","scales":${JSON.stringify(record.scales)}` +
    `,"transactions":[${record.transactions.map(transactionToJson).join(',')}]` +
    `,"details":${record.details.length === 0 ? '[]' : JSON.stringify(record.details)},"events":[${record.events.map(eventToJson).join(',')}]}`
  );
}

/** A message that is no record of a schema this code knows. It is a poison record: park it, never skip it. */
export class RecordFormatError extends Error {
  override name = 'RecordFormatError';
}

function micros(value: unknown, field: string): Micros {
  const time = typeof value === 'string' ? parseMicros(value) : null;
  if (time === null) throw new RecordFormatError(`${field} is not an RFC 3339 time`);
  return time;
}

function eventFromJson(json: EventJson, index: number): LedgerEvent {
  if (json.index !== index) throw new RecordFormatError(`event ${index} says it is ${json.index}`);
  if (json.type === 'LedgerOpened' || json.type === 'CurrencyAdded') return { type: json.type, data: json.data } as LedgerEvent;
  if (!(json.type in EVENT_TYPE_CODES)) throw new RecordFormatError(`unknown event type ${String(json.type)}`);
  const base = {
    account: json.account as string,
    accountNumber: json.accountNumber as number,
    currency: json.currency as string,
    version: BigInt(json.version as string),
    postedAfter: BigInt(json.postedAfter as string),
    heldAfter: BigInt(json.heldAfter as string),
  };
  if (json.type === 'EntryPosted')
    return { ...base, type: json.type, transaction: json.transaction as number, amount: BigInt(json.amount as string) };
  return { ...base, type: json.type as AccountTermsEventType, data: termsFromJson(json.data ?? {}) };
}

/** Parses (and upcasts) a record. Throws RecordFormatError for anything it can not read whole. */
export function recordFromJson(text: string): LedgerRecord {
  try {
    const json = JSON.parse(text) as Record<string, unknown>;
    if (json['schema'] !== RECORD_SCHEMA) throw new RecordFormatError(`record schema ${String(json['schema'])} is not known here`);
    if (!((json['type'] as string) in RECORD_TYPE_CODES)) throw new RecordFormatError(`unknown record type ${String(json['type'])}`);
    const transactions = json['transactions'] as { id: string; effectiveAt: string; externalId: string | null }[];
    return {
      ledger: json['ledger'] as string,
      ledgerNumber: json['ledgerNumber'] as number,
      ledgerUuid: json['ledgerUuid'] as string,
      epoch: json['epoch'] as number,
      position: BigInt(json['position'] as string),
      previousHash: json['previousHash'] as string,
      hash: json['hash'] as string,
      type: json['type'] as RecordType,
      actor: json['actor'] as string,
      correlationId: json['correlationId'] as string,
      causationId: json['causationId'] as string,
      key: json['key'] as string,
      fingerprint: json['fingerprint'] as string,
      recordedAt: micros(json['recordedAt'], 'recordedAt'),
      effectiveAt: micros(json['effectiveAt'], 'effectiveAt'),
      scales: json['scales'] as Record<string, number>,
      transactions: transactions.map((t) => ({ id: t.id, effectiveAt: micros(t.effectiveAt, 'effectiveAt'), externalId: t.externalId })),
      details: json['details'] as RecordDetails[],
      events: (json['events'] as EventJson[]).map(eventFromJson),
    };
  } catch (error) {
    if (error instanceof RecordFormatError) throw error;
    throw new RecordFormatError(`not a record: ${(error as Error).message}`);
  }
}
