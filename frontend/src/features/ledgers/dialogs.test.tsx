/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { notifications } from '@mantine/notifications';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { AddCurrency } from './add-currency.tsx';
import { OpenLedger } from './open-ledger.tsx';

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

const exists = new LedgerFlowProblem(
  { code: 'ledger_exists', status: 409, title: 'It exists', detail: 'It exists.' },
  { operation: 'openLedger', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown: false },
);

describe.each([
  ['openLedger', 'Id', 'shop', <OpenLedger key="open" isOpen onClose={() => undefined} onOpened={() => undefined} />],
  ['addCurrency', 'Code', 'EUR', <AddCurrency key="add" ledger="shop" onClose={() => undefined} />],
] as const)('%s', (operation, label, value, dialog) => {
  it('tells a refusal until something is changed, and what was done once', async () => {
    const answers: (() => Promise<unknown>)[] = [() => Promise.reject(exists)];
    const asked = jest
      .spyOn(ledgerflow, operation)
      .mockImplementation((() => answers.shift()?.() ?? Promise.resolve({ id: value })) as never);
    const shown = jest.spyOn(notifications, 'show').mockReturnValue('');
    draw(dialog);
    const field = screen.getByLabelText(label, { exact: false, selector: 'input' });
    const fill = (text: string): boolean => fireEvent.change(field, { target: { value: text } });
    const submit = (): boolean => fireEvent.submit(field.closest('form') as HTMLFormElement);
    fill(value);
    await act(async () => submit());
    await screen.findByRole('alert');
    fill(`${value}2`);
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
    act(() => {
      submit();
      submit();
    });
    await waitFor(() => expect(shown).toHaveBeenCalled());
    await act(async () => submit());
    expect([asked.mock.calls.length, shown.mock.calls.length]).toEqual([2, 1]);
  });
});
