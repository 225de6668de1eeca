import { describe, expect, it } from '@jest/globals';
import { bigintArray, byteaArray, intArray, smallintArray, timestampArray } from './rows.ts';

const hex = (array: Buffer): string => array.toString('hex');
/** Dimensions, whether any is null, element type, length, lower bound. */
const header = (oid: string, count: string, nulls = '00000000'): string => `00000001${nulls}${oid}${count}00000001`;

describe("PostgreSQL's binary arrays", () => {
  it('have the bytes that array_recv reads', () => {
    expect(hex(bigintArray([1n, null, -2n]))).toBe(
      `${header('00000014', '00000003', '00000001')}000000080000000000000001ffffffff00000008fffffffffffffffe`,
    );
    expect(hex(intArray([7, 0x7fff_ffff]))).toBe(`${header('00000017', '00000002')}0000000400000007000000047fffffff`);
    expect(hex(smallintArray([null]))).toBe(`${header('00000015', '00000001', '00000001')}ffffffff`);
    expect(hex(timestampArray([946_684_800_000_001n, 0n]))).toBe(
      `${header('000004a0', '00000002')}000000080000000000000001${'00000008'}${(2n ** 64n - 946_684_800_000_000n).toString(16)}`,
    );
    expect(hex(byteaArray(['00ff', 'a0b1'], 2))).toBe(`${header('00000011', '00000002')}0000000200ff00000002a0b1`);
    expect(hex(bigintArray([]))).toBe('000000000000000000000014');
  });

  it('refuse what would come out as another value', () => {
    expect(() => intArray([0x8000_0000])).toThrow(RangeError);
    expect(() => intArray([-1])).toThrow(RangeError);
    expect(() => smallintArray([0x8000])).toThrow(RangeError);
    expect(() => bigintArray([2n ** 63n])).toThrow(RangeError);
    expect(() => byteaArray(['00f'], 2)).toThrow(RangeError);
    expect(() => byteaArray(['00fg'], 2)).toThrow(RangeError);
  });
});
