import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import Papa from 'papaparse';
import { toCsv } from './csv.ts';

describe('a table as CSV', () => {
  it('has what was in it, whatever that is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ unit: 'grapheme' })), { minLength: 1 }), (rows) => {
        const text = toCsv(['a', 'b'], rows);
        expect(text.startsWith('\uFEFF"a"') || text.startsWith('\uFEFFa,b\r\n')).toBe(true);
        const { data } = Papa.parse<string[]>(text.slice(1), { newline: '\r\n' });
        const plain = (cell: string): string => (/^'[=@\t\r+-]/.test(cell) ? cell.slice(1) : cell);
        expect(data.slice(1, -1).map((row) => row.map(plain))).toEqual(rows.map((row) => row.map(plain)));
      }),
    );
  });

  it('has no cell that a spreadsheet would run, and leaves numbers with a sign as they are', () => {
    expect(toCsv(['x'], [['=1+1'], ['@SUM(A1)'], ['+cmd'], ['-cmd'], ['-12.34'], ['+5'], ['a=b']])).toBe(
      `\uFEFFx\r\n"'=1+1"\r\n"'@SUM(A1)"\r\n"'+cmd"\r\n"'-cmd"\r\n-12.34\r\n+5\r\na=b\r\n`,
    );
  });
});
