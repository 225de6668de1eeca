/**
 * Rows of COPY in its binary form (PostgreSQL's documentation, COPY, "Binary Format"): u16 fields, then for each an i32 length (−1: null) and its bytes as the
 * type's send function writes them.
 */

/**
 * What a column is read as: `int2`, `int4`, `int8` and `timestamptz` (microseconds since 1970) as numbers, exact up to 2^53; `uuid` and `bytea` as hex digits;
 * `numeric` without decimals as a bigint; `text` (json too) as a string; `bool`. SQL null is null.
 */
export type ColumnKind = 'int2' | 'int4' | 'int8' | 'timestamptz' | 'uuid' | 'bytea' | 'numeric' | 'text' | 'bool';

/** A value that no reader of this kind could have meant, with the columns in front of it, which tell what row it is in. */
export class UnreadableValueError extends Error {
  override name = 'UnreadableValueError';
  /** Values of the columns before it. */
  readonly before: readonly unknown[];
  constructor(message: string, before: readonly unknown[]) {
    super(message);
    this.before = before;
  }
}

/** PostgreSQL counts from 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000;
const TWO_32 = 4_294_967_296;
const BASE = 10_000;
const NUMERIC_NEGATIVE = 0x4000;
const NUMERIC_HEADER_BYTES = 8;
/** This many digits of base 10,000 always fit a double exactly. */
const EXACT_DIGITS_MAX = 3;

function int8(bytes: Buffer, at: number): number {
  const value = bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the number ${bytes.readBigInt64BE(at)}, beyond 2^53`);
  return value;
}

const INFINITE_TIME = 2n ** 63n - 1n;

function timestamptz(bytes: Buffer, at: number): number {
  const time = bytes.readBigInt64BE(at);
  if (time === INFINITE_TIME || time === -INFINITE_TIME - 1n) throw new RangeError('a time that is infinite');
  return int8(bytes, at) + EPOCH_MICROS;
}

function numeric(bytes: Buffer, at: number): bigint {
  const digits = bytes.readInt16BE(at);
  const weight = bytes.readInt16BE(at + 2);
  const sign = bytes.readUInt16BE(at + 4);
  let from = at + NUMERIC_HEADER_BYTES;
  if (digits > weight + 1 || (sign !== 0 && sign !== NUMERIC_NEGATIVE)) throw new RangeError('an amount that is no whole number');
  let value: bigint;
  if (weight < EXACT_DIGITS_MAX) {
    let sum = 0;
    for (let i = 0; i <= weight; i++, from += 2) sum = sum * BASE + (i < digits ? bytes.readInt16BE(from) : 0);
    value = BigInt(sum);
  } else {
    value = 0n;
    for (let i = 0; i <= weight; i++, from += 2) value = value * 10_000n + BigInt(i < digits ? bytes.readInt16BE(from) : 0);
  }
  return sign === NUMERIC_NEGATIVE ? -value : value;
}

function decodeValue(bytes: Buffer, at: number, length: number, kind: ColumnKind): unknown {
  switch (kind) {
    case 'int8':
      return int8(bytes, at);
    case 'int4':
      return bytes.readInt32BE(at);
    case 'int2':
      return bytes.readInt16BE(at);
    case 'numeric':
      return numeric(bytes, at);
    case 'timestamptz':
      return timestamptz(bytes, at);
    case 'uuid':
    case 'bytea':
      return bytes.toString('hex', at, at + length);
    case 'text':
      return bytes.toString('utf8', at, at + length);
    case 'bool':
      return bytes[at] === 1;
    default:
      throw new RangeError(`no column kind ${String(kind satisfies never)}`);
  }
}

/**
 * One row, or null for the trailer behind the last one. `isNullable` tells by column whether it may be null. Throws UnreadableValueError for a null where none may
 * be, and for a value that its kind cannot show: an amount that is no whole number, a time that is infinite, a number beyond 2^53.
 */
export function decodeRow(
  bytes: Buffer,
  offset: number,
  kinds: readonly ColumnKind[],
  isNullable: readonly boolean[] | null = null,
): unknown[] | null {
  const fields = bytes.readInt16BE(offset);
  if (fields === -1) return null;
  if (fields !== kinds.length) throw new RangeError(`a row of ${fields} columns, ${kinds.length} were expected`);
  const row: unknown[] = [];
  let at = offset + 2;
  for (let i = 0; i < fields; i++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) {
      if (isNullable !== null && isNullable[i] === false) throw new UnreadableValueError('no value', row);
      row.push(null);
      continue;
    }
    try {
      row.push(decodeValue(bytes, at, length, kinds[i] as ColumnKind));
    } catch (error) {
      throw error instanceof RangeError ? new UnreadableValueError(error.message, row) : error;
    }
    at += length;
  }
  return row;
}
