import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LEDGER } from '../intent/intent.fixture.ts';
import { parseRows, type Row, ROWS_MAX, textOf } from './parse.ts';

const HEAD = 'from,to,amount,currency,reference,externalId,description';
const rows = (text: string): Row[] => {
  const parsed = parseRows(text, LEDGER);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.rows;
};
const fault = (text: string): string => {
  const parsed = parseRows(text, LEDGER);
  return 'fault' in parsed ? parsed.fault : 'none';
};

describe('parseRows', () => {
  it('reads columns in any order and case, by any separator, with or without the mark of UTF-8', () => {
    const expected = { line: 2, from: 'a', to: 'b', amount: '1234.50', currency: 'USD', fault: null };
    expect(rows('from,to,amount,currency\na,b,1234.50,USD\n')).toEqual([expected]);
    expect(rows('\uFEFFCurrency;Amount;TO;From\r\nUSD;1234,50;b;a\r\n')).toEqual([expected]);
    expect(rows('from\tto\tamount\tcurrency\na\tb\t"1,234.50"\tUSD')).toEqual([expected]);
    expect(rows(`${HEAD}\na,b,1234.50,USD,"dinner, two",x-1,\n`)).toEqual([{ ...expected, reference: 'dinner, two', externalId: 'x-1' }]);
  });

  it('has amounts with all decimals of their currency', () => {
    const found = rows(`${HEAD}\na,b,1,USD,,,\na,b,0.5,USD,,,\na,b,7,JPY,,,`);
    expect(found.map(({ amount }) => amount)).toEqual(['1.00', '0.50', '7']);
  });

  it('tells the line that an editor shows, after empty lines and lines within quotes', () => {
    const text = `${HEAD}\n\na,b,1,USD,"two\r\nlines",,\n,,,,,,\n"a",b,1.234,USD,,,\n`;
    expect(rows(text).map(({ line, fault: why }) => [line, why])).toEqual([
      [3, null],
      [6, 'amount: USD has 2 decimals at most.'],
    ]);
  });

  it.each([
    ['a,b,1,EUR,,,', 'currency: The ledger has no currency EUR.'],
    ['a,a,1,USD,,,', 'to: The other side must be another account.'],
    ['@world:USD,b,1,USD,,,', 'from: Accounts of the ledger itself cannot be used.'],
    [',b,1,USD,,,', 'from: Choose an account.'],
    ['a,b,"1,234",USD,,,', 'amount: 1,234 can be read as 1234 or 1.234: write 1234, or at most 2 decimals.'],
    ['a,b,-1,USD,,,', 'amount: Without a sign.'],
    ['a,b,1.5,JPY,,,', 'amount: JPY has no decimals.'],
    [`a,b,1,USD,${'x'.repeat(1_025)},,`, 'reference: At most 1024 characters.'],
    ['a,b,1,USD', 'It has 4 cells and should have 7.'],
    ['a,b,1,5,USD,,,', 'It has 8 cells and should have 7.'],
    ['a,b,1,USD,"open,,\n', 'Its quotes are not closed or misplaced.'],
  ])('says what is wrong with %j', (line, why) => expect(rows(`${HEAD}\n${line}`)[0]?.fault).toBe(why));

  it('takes no 1.234 for decimals once a row has a comma before them', () => {
    const ledger = { ...LEDGER, currencies: [...LEDGER.currencies, { code: 'KWD', scale: 3 }] };
    const faultsOf = (...amounts: string[]): (string | null)[] => {
      const parsed = parseRows(['from;to;amount;currency', ...amounts.map((amount) => `a;b;${amount};KWD`)].join('\n'), ledger);
      return 'rows' in parsed ? parsed.rows.map(({ amount, fault: why }) => why ?? amount) : [];
    };
    expect(faultsOf('1.234', '12.5', '1,234.5', '1.234.567')).toEqual(['1.234', '12.500', '1234.500', '1234567.000']);
    const why = (line: number): string =>
      `amount: Line ${line} has a comma before the decimals, so this may be with decimals or in thousands. Write all amounts of the file alike.`;
    expect(faultsOf('1.234', '12,5', '999.999', '1234.567', '1.234,5')).toEqual([why(3), '12.500', why(3), '1234.567', '1234.500']);
    expect(faultsOf('1.234', '0,123')).toEqual([why(3), '0.123']);
    expect(faultsOf('1.234,5', '12.345')).toEqual(['1234.500', why(2)]);
    // Groups, or what can not be told, say nothing of the other rows.
    expect(faultsOf('1.234', '1,234,567', 'x,y')).toEqual([
      '1.234',
      '1234567.000',
      'amount: Digits only, with a point before the decimals.',
    ]);
  });

  it('hints at rows that are equal, where no externalId tells them apart', () => {
    const text = `${HEAD}\na,b,1,USD,x,,\na,b,1,USD,,,\na,b,1.00,USD,x,,\na,b,1,USD,x,x-1,\na,b,1,USD,x,,\na,a,1,USD,,,\na,a,1,USD,,,\n`;
    expect(rows(text).map(({ fault: why, equalTo }) => [why === null, equalTo])).toEqual([
      [true, undefined],
      [true, undefined],
      [true, 2],
      [true, undefined],
      [true, 2],
      [false, undefined],
      [false, undefined],
    ]);
  });

  it('finds an externalId that is there twice', () => {
    const found = rows(`${HEAD}\na,b,1,USD,,x,\na,b,1,USD,,y,\na,b,2,USD,,x,\n`);
    expect(found.map(({ fault: why }) => why)).toEqual([null, null, 'The externalId is that of line 2.']);
  });

  it.each([
    ['', 'The file has no rows.'],
    ['from,to,amount,currency\n', 'The file has no rows.'],
    ['from,to,amount\na,b,1', 'Columns are missing: currency.'],
    ['from,to,amount,currency,note\na,b,1,USD,x', 'There are columns that are not known: "note".'],
    ['from,to,amount,currency,from\na,b,1,USD,x', 'Columns occur twice: from.'],
    ['a,b,1,USD\na,b,2,USD', 'There are columns that are not known: "a", "b", "1", "USD".'],
    [`from,to,amount,currency\n${'a,b,1,USD\n'.repeat(ROWS_MAX + 1)}`, `The file has more than ${ROWS_MAX} rows. Split it.`],
  ])('refuses a whole file %#', (text, why) => expect(fault(text)).toBe(why));

  it('reads what any spreadsheet writes of any texts', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ';', ' ', 'ü', '='), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (references) => {
        const quoted = references.map((text) => `a,b,1,USD,"${text.replaceAll('"', '""')}",,`);
        expect(rows([HEAD, ...quoted].join('\n')).map(({ reference = '' }) => reference)).toEqual(references.map((text) => text.trim()));
      }),
    );
  });
});

it('reads a file as UTF-8 and nothing else', async () => {
  expect(await textOf(new Blob(['ü']))).toEqual({ text: 'ü' });
  expect(await textOf(new Blob([new Uint8Array([0xfc])]))).toEqual({ fault: 'The file is not UTF-8.' });
});
