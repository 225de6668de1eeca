/** @jest-environment jsdom */
import { expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { act, fireEvent, screen } from '@testing-library/react';
import { useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { AccountSelect } from './account-picker.tsx';

const account = (id: string): Account =>
  ({ id, currency: 'USD', status: 'open', freezeScope: null, available: '1.00', ownerId: null, name: `Name of ${id}` }) as Account;

function Field() {
  const [id, setId] = useState<string | null>(null);
  return (
    <>
      <AccountSelect ledger="shop" label="From" value={id} onChange={setId} />
      <output>{id ?? 'none'}</output>
    </>
  );
}

it('takes with Enter only what the words that are there have found', async () => {
  const asked: string[] = [];
  const answers = new Map<string, PromiseWithResolvers<unknown>>();
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((_operation: string, { q = '' }: { q?: string }) => {
    asked.push(q);
    const answer = Promise.withResolvers<unknown>();
    answers.set(q, answer);
    return answer.promise;
  }) as unknown as typeof ledgerflow.answer);
  const answer = (q: string, ids: string[]): Promise<void> =>
    act(async () => {
      answers.get(q)?.resolve({ data: { data: ids.map(account), nextCursor: null, isSample: false } });
      await jest.advanceTimersByTimeAsync(10);
    });
  jest.useFakeTimers();
  try {
    draw(<Field />);
    const field = screen.getByLabelText('From', { selector: 'input' });
    const enter = (): void => {
      fireEvent.keyDown(field, { key: 'ArrowDown', code: 'ArrowDown' });
      fireEvent.keyDown(field, { key: 'Enter', code: 'Enter' });
    };
    const type = (value: string): void => void fireEvent.change(field, { target: { value } });
    act(() => field.focus());
    await answer('', ['alice', 'bob']);
    expect(screen.getByText('Name of bob')).toBeDefined();
    type('carol');
    enter();
    expect(screen.getByRole('status').textContent).toBe('none');
    await act(async () => jest.advanceTimersByTime(500));
    expect(asked).toEqual(['', 'carol']);
    enter();
    expect(screen.getByRole('status').textContent).toBe('none');
    await answer('carol', ['carol-1', 'carol-2']);
    enter();
    expect(screen.getByRole('status').textContent).toBe('carol-1');
  } finally {
    jest.useRealTimers();
    jest.restoreAllMocks();
  }
});
