import { describe, expect, it } from '@jest/globals';
import { decodeRow, UnreadableValueError, type ColumnKind } from './copy-format.ts';

/** A row as COPY writes it: the number of fields, then for each its length and bytes. */
function row(...fields: (Buffer | null)[]): Buffer {
  const head = Buffer.alloc(2);
  head.writeInt16BE(fields.length);
  const parts = fields.map((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : field.length);
    return Buffer.concat([length, field ?? Buffer.alloc(0)]);
  });
  return Buffer.concat([head, ...parts]);
}
const int8 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
/** numeric: digits of base 10,000, weight of the first, sign, scale. */
function numeric(digits: number[], weight: number, sign = 0, scale = 0): Buffer {
  const bytes = Buffer.alloc(8 + digits.length * 2);
  for (const [i, value] of [digits.length, weight, sign, scale, ...digits].entries()) bytes.writeUInt16BE(value & 0xffff, i * 2);
  return bytes;
}
const one = (kind: ColumnKind, field: Buffer | null): unknown => decodeRow(row(field), 0, [kind])?.[0];

describe('rows of COPY', () => {
  it.each([
    ['int8', int8(-9_007_199_254_740_991n), -9_007_199_254_740_991],
    ['int4', Buffer.from('fffffffe', 'hex'), -2],
    ['int2', Buffer.from('0102', 'hex'), 258],
    ['bool', Buffer.of(1), true],
    ['text', Buffer.from('ü'), 'ü'],
    ['uuid', Buffer.from('ab'.repeat(16), 'hex'), 'ab'.repeat(16)],
    ['timestamptz', int8(1n), 946_684_800_000_001],
    ['numeric', numeric([], 0), 0n],
    ['numeric', numeric([1], 1), 10_000n],
    ['numeric', numeric([12, 3], 1, 0x4000), -120_003n],
    ['numeric', numeric([9999, 0, 0, 1], 9), 9_999_000_000_000_001n * 10n ** 24n],
    ['text', null, null],
  ] as const)('reads %s', (kind, field, value) => expect(one(kind, field)).toBe(value));

  it.each([
    ['an amount with decimals', 'numeric', numeric([1, 5000], 0)],
    ['an amount that is no number', 'numeric', numeric([], 0, 0xc000)],
    ['a number beyond 2^53', 'int8', int8(2n ** 53n)],
    ['an infinite time', 'timestamptz', int8(2n ** 63n - 1n)],
    ['a time before all others', 'timestamptz', int8(-(2n ** 63n))],
  ] as const)('tells %s, and what stood before it', (_, kind, field) => {
    const read = (): unknown => decodeRow(row(int8(7n), field), 0, ['int8', kind]);
    expect(read).toThrow(UnreadableValueError);
    expect(read).toThrow(expect.objectContaining({ before: [7] }));
  });

  it('tells a null where none may be', () => {
    const read = (): unknown => decodeRow(row(null, null), 0, ['int4', 'int4'], [true, false]);
    expect(read).toThrow(expect.objectContaining({ message: 'no value', before: [null] }));
  });

  it('knows the end', () => expect(decodeRow(Buffer.from('ffff', 'hex'), 0, ['int4'])).toBeNull());
});
