/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { draw } from '../../../testing/render.tsx';
import { SendButton } from './send-button.tsx';

afterEach(cleanup);

const TOTALS = [
  { currency: 'USD', amount: '500.00', rows: 4_999 },
  { currency: 'JPY', amount: '7', rows: 1 },
];
const press = (name: string, detail = 1): boolean => fireEvent.click(screen.getByRole('button', { name }), { detail });

it('sends nothing before it has told how many rows and how much, and it was confirmed', async () => {
  const onSend = jest.fn();
  draw(<SendButton count={5_000} all={5_000} totals={TOTALS} mode="each" isDisabled={false} onSend={onSend} />);
  press('Send 5,000 rows');
  const sums = await screen.findByRole('group', { name: 'To be moved' });
  expect(sums.textContent).toBe('To be moved: 5,000 rows,500.00 USD in 4,999 rows7 JPY in 1 row');
  press('Confirm 5,000 rows', 2);
  expect(onSend).not.toHaveBeenCalled();
  press('Confirm 5,000 rows');
  expect(onSend).toHaveBeenCalledTimes(1);
});
