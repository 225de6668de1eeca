import { describe, expect, it } from '@jest/globals';
import type { Ledger } from '@ledgerflow/client';
import { emptyValues, readOpening, type Values } from './opening.ts';

const ledger = (...currencies: Ledger['currencies']): Ledger => ({ id: 'shop', currencies }) as Ledger;
const [USD, JPY] = [
  { code: 'USD', scale: 2 },
  { code: 'JPY', scale: 0 },
];
const SHOP = ledger(USD, JPY);
const read = (values: Partial<Values>) => readOpening({ ...emptyValues(SHOP), currency: 'USD', ...values }, SHOP);

describe('an account to be opened', () => {
  it('sends what is given, amounts as Move money reads them', () => {
    expect(read({})).toEqual({ body: { currency: 'USD' } });
    const texts = { id: ' dora ', name: ' Dora ', ownerId: 'c-1', initialBalance: '1 234,50', minBalance: '−5', maxBalance: '1,000.00' };
    expect(read(texts)).toEqual({
      body: {
        currency: 'USD',
        id: 'dora',
        name: 'Dora',
        ownerId: 'c-1',
        initialBalance: '1234.50',
        minBalance: '-5',
        maxBalance: '1000.00',
      },
    });
    expect(read({ initialBalance: '0', minBalance: 'what it was', hasNoMin: true })).toEqual({
      body: { currency: 'USD', initialBalance: '0', minBalance: null },
    });
    expect(read({ metadata: [{ id: 0, key: 'seats', text: '[1]' }] })).toMatchObject({ body: { metadata: { seats: [1] } } });
  });

  it.each(['x'.repeat(129), '   ', 'a b', 'ä', '..'])('refuses the id %j', (id) =>
    expect(read({ id })).toEqual({ mistakes: { id: 'Ids are 1 to 128 of A–Z a–z 0–9 _ . : @ -' } }),
  );

  it('has no currency of its own choice where there are several', () => {
    expect([emptyValues(SHOP).currency, emptyValues(ledger(JPY)).currency]).toEqual(['', 'JPY']);
    expect(read({ currency: '' })).toEqual({ mistakes: { currency: 'Choose a currency.' } });
  });

  it('tells all that is wrong at once', () => {
    const wrong = {
      id: ' ',
      name: 'x'.repeat(1_025),
      ownerId: 'x'.repeat(256),
      initialBalance: '-1',
      minBalance: '1,234',
      maxBalance: '1.234',
    };
    expect(read(wrong)).toEqual({
      mistakes: {
        id: expect.any(String),
        name: 'At most 1024 characters.',
        ownerId: 'At most 255 characters.',
        initialBalance: 'Without a sign.',
        minBalance: '1,234 can be read as 1234 or 1.234: write 1234, or at most 2 decimals.',
        maxBalance: 'USD has 2 decimals at most.',
      },
    });
  });

  it('says nothing of decimals while no currency is chosen', () =>
    expect(read({ currency: '', initialBalance: '1,234', minBalance: 'x', maxBalance: '9'.repeat(30) })).toEqual({
      mistakes: { currency: expect.any(String), minBalance: 'Digits only, with a point before the decimals.' },
    }));
});
