import { type Command, ExecuteRequest, ExecuteResponse, type Principal } from '@ledgerflow/contracts/grpc';
import type { Random } from '../driver/index.ts';

export const CURRENCY = 'USD';
/** As ids of real systems are: 24 characters. */
export const accountId = (index: number): string => `customer-${String(index).padStart(15, '0')}`;
export const PRINCIPAL: Principal = { id: 'service-account-of-the-bench', roles: ['admin'], ledgers: ['*'], source: 'bench' };

const HEX_DIGITS = 12;
/** Stands in the encoded command wherever its number goes: twelve characters that nothing else there has. */
const PLACEHOLDER = '#'.repeat(HEX_DIGITS);
const REFERENCE_EVERY = 2;
const METADATA_EVERY = 10;
/** Of a transfer, in cents. */
export const AMOUNT_MAX = 100;

export const cents = (amount: number): string => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;

/** What a transfer says besides its money: a reference on half, metadata on a tenth. `index` decides which. */
export function terms(index: number, number: string): { reference?: string; metadata?: Record<string, string> } {
  return {
    ...(index % REFERENCE_EVERY === 0 ? { reference: `invoice ${number}` } : {}),
    ...(index % METADATA_EVERY === 0 ? { metadata: { channel: 'mobile', order: number } } : {}),
  };
}

export type Body = NonNullable<Command['body']>;

/** Stand where the index of an account goes, in an id as accountId makes them. */
const ACCOUNT_DIGITS = 7;
const FROM = '!'.repeat(ACCOUNT_DIGITS);
const TO = '$'.repeat(ACCOUNT_DIGITS);
const withDigits = (digits: string): string => accountId(0).slice(0, -ACCOUNT_DIGITS) + digits;

/** A transfer of a random amount whose accounts and number are still open; `isHot`: from the first account. */
function openTransfer(random: Random, index: number, isHot: boolean): Body {
  const { reference, metadata } = terms(index, PLACEHOLDER);
  return {
    $case: 'transfer',
    value: {
      from: isHot ? accountId(0) : withDigits(FROM),
      to: withDigits(TO),
      amount: cents(1 + random.below(AMOUNT_MAX)),
      currency: CURRENCY,
      terms: {
        externalId: undefined,
        reference,
        description: undefined,
        effectiveAt: undefined,
        metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
      },
      expectedVersions: [],
    },
  };
}

/** Numbers that are given once in a process, in twelve hexadecimal digits. */
export class Numbers {
  private next = 1;

  take(count: number): number {
    const first = this.next;
    this.next += count;
    return first;
  }
}

export function commandOf(ledger: string, body: Body, key: string, id: string): Command {
  const requestId = `00000000-0000-4000-8000-${id}`;
  return { ledger, principal: 0, idempotencyKey: key, requestId, correlationId: requestId, causationId: requestId, dryRun: false, body };
}

function placesOf(bytes: Buffer, marker: string): Int32Array {
  const places: number[] = [];
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + marker.length)) places.push(at);
  return Int32Array.from(places);
}

/** Writes a number's digits, the last at `at + digits - 1`, in lower case. */
function writeDigits(bytes: Buffer, at: number, digits: number, base: 10 | 16, number: number): void {
  let rest = number;
  for (let place = at + digits - 1; place >= at; place--) {
    const value = rest % base;
    bytes[place] = value < 10 ? 48 + value : 87 + value;
    rest = (rest - value) / base;
  }
}

export interface ListOptions {
  ledger: string;
  accounts: number;
  count: number;
  isHot: boolean;
  random: Random;
}

/**
 * A list of transfers, encoded once: before it is sent again each gets other accounts, and a number of its own in its key, request id and reference, in place. So
 * the writer gets new commands each time, and the one that sends them hardly takes from the processors what is measured.
 */
export class EncodedList {
  readonly bytes: Buffer;
  readonly count: number;
  private readonly accounts: number;
  private readonly random: Random;
  private readonly isHot: boolean;
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  /** Where the number of a command is written, and which command's. */
  private readonly numbers: Int32Array;
  private readonly owners: Int32Array;

  constructor({ ledger, accounts, count, isHot, random }: ListOptions) {
    const bodies = Array.from({ length: count }, (_, index) => openTransfer(random, index, isHot));
    const commands = bodies.map((body) => commandOf(ledger, body, `bench-key-${PLACEHOLDER}`, PLACEHOLDER));
    this.count = count;
    this.accounts = accounts;
    this.isHot = isHot;
    this.random = random;
    this.bytes = Buffer.from(ExecuteRequest.encode({ principals: [PRINCIPAL], commands }).finish());
    this.from = placesOf(this.bytes, FROM);
    this.to = placesOf(this.bytes, TO);
    this.numbers = placesOf(this.bytes, PLACEHOLDER);
    const uses = commands.map((command) => JSON.stringify(command).split(PLACEHOLDER).length - 1);
    this.owners = Int32Array.from(uses.flatMap((times, command) => Array.from({ length: times }, () => command)));
    if (this.owners.length !== this.numbers.length || this.to.length !== count || this.from.length !== (isHot ? 0 : count))
      throw new Error('something in an encoded command was not found again');
  }

  /** Makes the transfers new: the first gets the number `first`, the next one more, and so on. */
  stamp(first: number): void {
    const { bytes, numbers, owners, accounts, random, from, to, isHot } = this;
    for (let index = 0; index < numbers.length; index++)
      writeDigits(bytes, numbers[index] as number, HEX_DIGITS, 16, first + (owners[index] as number));
    for (let index = 0; index < to.length; index++) {
      const source = isHot ? 0 : random.below(accounts);
      if (!isHot) writeDigits(bytes, from[index] as number, ACCOUNT_DIGITS, 10, source);
      writeDigits(bytes, to[index] as number, ACCOUNT_DIGITS, 10, (source + 1 + random.below(accounts - 1)) % accounts);
    }
  }
}

export const hex = (number: number): string => number.toString(16).padStart(HEX_DIGITS, '0');

const RESULT_TAG = 0x0a;
const RECORD_TAG = 0x0a;

/** Reads a protobuf length; `at` is where it begins. */
function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  let scale = 1;
  for (let next = at; next < bytes.length; scale *= 128) {
    const byte = bytes[next++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next };
  }
  throw new Error('an answer of the writer ends in the middle');
}

/** Where the first record's text lies in each result of an encoded ExecuteResponse; throws when one is no new record. Nothing is decoded. */
export function recordsIn(bytes: Buffer, wanted: number, each?: (start: number, end: number, index: number) => void): void {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    if (bytes[at] !== RESULT_TAG) throw new Error('an answer of the writer has an unknown field');
    const { value: length, next } = varint(bytes, at + 1);
    const end = next + length;
    const text = bytes[next] === RECORD_TAG ? varint(bytes, next + 1) : null;
    // A record alone: a replay says so behind it.
    if (text === null || text.next + text.value !== end) throw new Error(`a command was not accepted: ${refusalAt(bytes, count)}`);
    each?.(text.next, end, count);
    at = end;
  }
  if (count !== wanted) throw new Error(`${wanted} commands got ${count} answers`);
}

function refusalAt(bytes: Buffer, index: number): string {
  const result = ExecuteResponse.decode(bytes).results[index];
  return result?.outcome?.$case === 'record' ? `replayed ${result.outcome.value}` : JSON.stringify(result);
}
