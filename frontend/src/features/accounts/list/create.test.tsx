/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { draw } from '../../../testing/render.tsx';
import { CreateAccount } from './create.tsx';

const CURRENCIES = [
  { code: 'USD', scale: 2 },
  { code: 'JPY', scale: 0 },
];

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

it('says at each field what is wrong with it, and sends nothing before all is right', async () => {
  const answer = (() => Promise.resolve({ data: { id: 'shop', currencies: CURRENCIES } })) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const opened = jest.spyOn(ledgerflow, 'openAccount').mockImplementation(() => new Promise(() => undefined) as never);
  draw(
    <Suspense>
      <Routes>
        <Route path="/ledgers/:ledger" element={<CreateAccount isOpen onClose={() => undefined} />} />
      </Routes>
    </Suspense>,
    { path: '/ledgers/shop' },
  );
  const id = await screen.findByLabelText<HTMLInputElement>('Id');
  const fill = (label: string, value: string): boolean => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  const submit = (): Promise<boolean> => act(async () => fireEvent.click(screen.getByRole('button', { name: 'Open' })));
  fill('Id', 'x'.repeat(129));
  fill('First deposit', '-1');
  await submit();
  for (const words of ['Ids are 1 to 128 of A–Z a–z 0–9 _ . : @ -', 'Choose a currency.', 'Without a sign.']) screen.getByText(words);
  expect([document.activeElement, id.value.length]).toEqual([id, 129]);
  fill('Id', '   ');
  fill('First deposit', '1 000,5');
  await act(async () => fireEvent.click(screen.getByRole('combobox', { name: 'Currency' })));
  await act(async () => fireEvent.click(screen.getByRole('option', { name: 'USD', hidden: true })));
  await submit();
  expect([id.getAttribute('aria-invalid'), opened.mock.calls]).toEqual(['true', []]);
  fill('Id', 'dora');
  await submit();
  expect(opened.mock.calls.map(([request]) => request)).toEqual([
    { ledger: 'shop', body: { id: 'dora', currency: 'USD', initialBalance: '1000.5' } },
  ]);
});
