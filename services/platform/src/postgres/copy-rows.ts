/**
 * Rows for COPY … FROM STDIN in its binary form, in one buffer that grows: `row(fields)`, then that many values, each written as its type's receive function reads it.
 * The other direction is copy-format.ts. Every value that does not fit its type is a RangeError.
 */

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags and extension length. */
const HEADER_BYTES = 19;
const NULL_LENGTH = -1;
const TRAILER = -1;
const INT2_MAX = 32_767;
const INT4_MAX = 2_147_483_647;
const NUMERIC_NEGATIVE = 0x4000;
const NUMERIC_HEADER_BYTES = 8;
const BASE = 10_000;
const BASE_BIG = 10_000n;
/** Digits of base 10,000 of the largest numeric that is written: 1,000 decimal digits. */
const NUMERIC_DIGITS_MAX = 250;
const UUID_BYTES = 16;
const JSONB_VERSION = 1;
/** No character takes more bytes of UTF-8 than this. */
const UTF8_BYTES_MAX = 3;

export class CopyRows {
  private bytes: Buffer;
  private view: DataView;
  private at = HEADER_BYTES;
  private readonly digits = new Uint16Array(NUMERIC_DIGITS_MAX);
  count = 0;

  constructor(size: number) {
    this.bytes = Buffer.alloc(Math.max(size, HEADER_BYTES));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset);
    SIGNATURE.copy(this.bytes);
  }

  private room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset);
  }

  private length(value: number): void {
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  row(fields: number): void {
    this.room(2);
    this.view.setInt16(this.at, fields);
    this.at += 2;
    this.count += 1;
  }

  null(): void {
    this.room(4);
    this.length(NULL_LENGTH);
  }

  bool(value: boolean): void {
    this.room(5);
    this.length(1);
    this.bytes[this.at++] = value ? 1 : 0;
  }

  int2(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > INT2_MAX) throw new RangeError(`${value} is no smallint`);
    this.room(6);
    this.length(2);
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  int4(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > INT4_MAX) throw new RangeError(`${value} is no integer`);
    this.room(8);
    this.length(4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  int8(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is no bigint`);
    this.room(12);
    this.length(8);
    this.view.setBigInt64(this.at, value);
    this.at += 8;
  }

  /** A whole number. Its digits of base 10,000, the last first, are found before they are written; zeros at its end are not. */
  numeric(value: bigint): void {
    const { digits } = this;
    let rest = value < 0n ? -value : value;
    let count = 0;
    while (rest > BigInt(Number.MAX_SAFE_INTEGER)) {
      if (count === NUMERIC_DIGITS_MAX - 4) throw new RangeError(`a number of more than ${4 * NUMERIC_DIGITS_MAX} digits`);
      digits[count++] = Number(rest % BASE_BIG);
      rest /= BASE_BIG;
    }
    for (let small = Number(rest); small > 0; small = Math.floor(small / BASE)) digits[count++] = small % BASE;
    let zeros = 0;
    while (zeros < count && digits[zeros] === 0) zeros += 1;
    const bytes = NUMERIC_HEADER_BYTES + 2 * (count - zeros);
    this.room(4 + bytes);
    this.length(bytes);
    this.view.setInt16(this.at, count - zeros);
    this.view.setInt16(this.at + 2, Math.max(0, count - 1));
    this.view.setUint16(this.at + 4, value < 0n ? NUMERIC_NEGATIVE : 0);
    this.view.setUint16(this.at + 6, 0);
    this.at += NUMERIC_HEADER_BYTES;
    for (let i = count - 1; i >= zeros; i--, this.at += 2) this.view.setUint16(this.at, digits[i] as number);
  }

  /** Text, and json. */
  text(value: string): void {
    this.room(4 + value.length * UTF8_BYTES_MAX);
    const written = this.bytes.write(value, this.at + 4);
    this.length(written);
    this.at += written;
  }

  jsonb(value: string): void {
    this.room(5 + value.length * UTF8_BYTES_MAX);
    const written = this.bytes.write(value, this.at + 5);
    this.length(written + 1);
    this.bytes[this.at] = JSONB_VERSION;
    this.at += written + 1;
  }

  /** 36 characters. */
  uuid(value: string): void {
    this.room(4 + UUID_BYTES);
    this.length(UUID_BYTES);
    if (this.bytes.write(value.replaceAll('-', ''), this.at, 'hex') !== UUID_BYTES) throw new RangeError(`${value} is no UUID`);
    this.at += UUID_BYTES;
  }

  /** The header, all rows and the trailer. */
  finish(): Buffer {
    this.room(2);
    this.view.setInt16(this.at, TRAILER);
    return this.bytes.subarray(0, this.at + 2);
  }
}
