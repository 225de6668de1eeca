/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { draw } from '../../../testing/render.tsx';
import { EditAccount } from './edit.tsx';

const account = {
  id: 'alice',
  currency: 'USD',
  name: 'Alice',
  minBalance: '0.00',
  maxBalance: '1000.00',
  metadata: { seats: 4 },
  version: '3',
} as unknown as Account;

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

async function opened() {
  const ledger = { id: 'shop', currencies: [{ code: 'USD', scale: 2 }] };
  jest.spyOn(ledgerflow, 'answer').mockImplementation((() => Promise.resolve({ data: ledger })) as unknown as typeof ledgerflow.answer);
  const update = jest.spyOn(ledgerflow, 'updateAccount').mockImplementation(() => new Promise(() => undefined) as never);
  draw(
    <Suspense>
      <Routes>
        <Route path="/ledgers/:ledger" element={<EditAccount ledger="shop" account={account} isOpen onClose={() => undefined} />} />
      </Routes>
    </Suspense>,
    { path: '/ledgers/shop' },
  );
  const name = await screen.findByLabelText<HTMLInputElement>('Name');
  return {
    name,
    sent: () => update.mock.calls.map(([{ body }]) => body),
    fill: (label: string, value: string): boolean => fireEvent.change(screen.getByLabelText(label), { target: { value } }),
    save: (): Promise<boolean> => act(async () => fireEvent.click(screen.getByRole('button', { name: 'Save' }))),
  };
}

it('says at each field what is wrong with it, cuts nothing, and sends nothing before all is right', async () => {
  const { name, sent, fill, save } = await opened();
  fill('Name', 'x'.repeat(1_025));
  fill('Lowest balance', '1,234');
  fill('Highest balance', '1.234');
  fireEvent.change(screen.getByLabelText('Value seats'), { target: { value: '{' } });
  await save();
  for (const words of [
    'At most 1024 characters.',
    '1,234 can be read as 1234 or 1.234: write 1234, or at most 2 decimals.',
    'USD has 2 decimals at most.',
    'This is no JSON. In quotes it is a text.',
  ])
    screen.getByText(words);
  expect([document.activeElement, name.value.length, sent()]).toEqual([name, 1_025, []]);
  fill('Name', ' Alice ');
  fill('Lowest balance', '−1 000,5');
  fill('Highest balance', '');
  await save();
  expect(sent()).toEqual([]);
  fireEvent.change(screen.getByLabelText('Value seats'), { target: { value: '5' } });
  await save();
  expect(sent()).toEqual([{ minBalance: '-1000.5', maxBalance: null, metadata: { seats: 5 } }]);
});

it('does not send what is only written in another way', async () => {
  const { sent, fill, save } = await opened();
  fill('Lowest balance', '0');
  fill('Highest balance', '1,000.00');
  await save();
  screen.getByText('Nothing was changed.');
  expect(sent()).toEqual([]);
});
