/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { notifications } from '@mantine/notifications';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
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

function drawDialog(): void {
  const answer = (() => Promise.resolve({ data: { id: 'shop', currencies: CURRENCIES } })) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  draw(
    <Suspense>
      <Routes>
        <Route path="/ledgers/:ledger" element={<CreateAccount isOpen onClose={() => undefined} />} />
      </Routes>
    </Suspense>,
    { path: '/ledgers/shop' },
  );
}

it('says at each field what is wrong with it, and sends nothing before all is right', async () => {
  const opened = jest.spyOn(ledgerflow, 'openAccount').mockImplementation(() => new Promise(() => undefined) as never);
  drawDialog();
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

it('tells a refusal until something is changed, and what was opened once', async () => {
  const refusal = new LedgerFlowProblem(
    { code: 'ledger_busy', status: 422, title: 'Not now', detail: 'Not now.' },
    { operation: 'openAccount', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown: false },
  );
  const answers: (() => Promise<unknown>)[] = [() => Promise.reject(refusal)];
  const opened = jest
    .spyOn(ledgerflow, 'openAccount')
    .mockImplementation((() => answers.shift()?.() ?? Promise.resolve({ id: 'dora' })) as never);
  const shown = jest.spyOn(notifications, 'show').mockReturnValue('');
  drawDialog();
  const id = await screen.findByLabelText('Id');
  const submit = (): boolean => fireEvent.submit(id.closest('form') as HTMLFormElement);
  await act(async () => fireEvent.click(screen.getByRole('combobox', { name: 'Currency' })));
  await act(async () => fireEvent.click(screen.getByRole('option', { name: 'USD', hidden: true })));
  await act(async () => submit());
  await screen.findByRole('alert');
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Dora' } });
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
  act(() => {
    submit();
    submit();
  });
  await waitFor(() => expect(shown).toHaveBeenCalled());
  expect([opened.mock.calls.length, shown.mock.calls.length]).toEqual([2, 1]);
});
