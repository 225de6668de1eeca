/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { FilterBar } from './filter-bar.tsx';
import { type Change, faultsOf, type Filters, readFilters } from './filters.ts';

// A wide screen: a narrow one has the filters behind a button.
beforeEach(() => {
  jest
    .spyOn(window, 'matchMedia')
    .mockImplementation(
      (media) => ({ matches: true, media, addEventListener: () => undefined, removeEventListener: () => undefined }) as never,
    );
});
afterEach(cleanup);
afterEach(() => void jest.restoreAllMocks());

const CURRENCIES = [
  { code: 'USD', scale: 2 },
  { code: 'KWD', scale: 3 },
];

async function shown(filters: Filters): Promise<jest.Mock<Change>> {
  const change = jest.fn<Change>();
  const read = readFilters(filters, CURRENCIES);
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((operation: string) =>
    Promise.resolve({
      data: operation === 'getLedger' ? { id: 'shop', currencies: CURRENCIES } : { data: [], nextCursor: null },
    })) as never);
  draw(
    <Suspense>
      <Routes>
        <Route
          path="/ledgers/:ledger"
          element={<FilterBar filters={read} faults={faultsOf(read, CURRENCIES)} change={change} currencies={CURRENCIES} />}
        />
      </Routes>
    </Suspense>,
    { path: '/ledgers/shop' },
  );
  await screen.findByLabelText('Amount from');
  return change;
}
function enter(label: string, text: string): HTMLInputElement {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  fireEvent.change(field, { target: { value: text } });
  fireEvent.blur(field);
  return field;
}

it('takes an amount as the forms of money take it, and shows how it was understood', async () => {
  const change = await shown({ currency: 'USD' });
  expect(enter('Amount from', '1,5').value).toBe('1.5');
  expect(change.mock.calls).toEqual([[{ minAmount: '1.5' }]]);
});

it('does not ask for what is no amount of the currency, and says why', async () => {
  const change = await shown({ currency: 'USD' });
  enter('Amount from', '1,500');
  expect(screen.getByText('1,500 can be read as 1500 or 1.5: write 1500 or 1.50.')).toBeDefined();
  enter('Amount to', '1.234');
  expect(screen.getByText('USD has 2 decimals at most.')).toBeDefined();
  expect(change).not.toHaveBeenCalled();
});

it('reads the amounts of an address the same way', () => {
  expect(readFilters({ currency: 'KWD', minAmount: '1,5', maxAmount: 'x', from: 'y' }, CURRENCIES)).toEqual({
    currency: 'KWD',
    minAmount: '1.5',
    maxAmount: 'x',
    from: 'y',
  });
});

it.each<[Filters, string[]]>([
  [{ currency: 'USD', minAmount: '10', maxAmount: '5' }, ['minAmount']],
  [{ currency: 'USD', minAmount: '10', maxAmount: '9.99' }, ['minAmount']],
  [{ currency: 'USD', minAmount: '9', maxAmount: '10.0' }, []],
  [{ currency: 'USD', minAmount: '10.00', maxAmount: '10' }, []],
  [{ currency: 'USD', minAmount: 'x', maxAmount: '10' }, []],
  [{ from: '2026-11-17T14:00:00Z', to: '2026-11-17T14:30:00+01:00' }, ['from']],
  [{ from: '2026-11-17T14:00:00Z', to: '2026-11-17T14:00:00Z' }, []],
  [{ from: '2026-11-17T14:00:00Z', to: 'x' }, []],
])('knows what can find nothing: %j', (filters, names) => {
  expect(Object.keys(faultsOf(filters, CURRENCIES))).toEqual(names);
});

it('says at the fields that nothing lies between', async () => {
  await shown({ currency: 'USD', minAmount: '10', maxAmount: '5', from: '2026-11-18T00:00:00Z', to: '2026-11-17T00:00:00Z' });
  expect(screen.getByText('This is more than “Amount to”: nothing lies between.')).toBeDefined();
  expect(screen.getByText('This is after “Recorded to”: nothing lies between.')).toBeDefined();
});
