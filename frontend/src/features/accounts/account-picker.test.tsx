/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { type FormEvent, useState } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { AccountSelect } from './account-picker.tsx';

const account = (id: string): Account =>
  ({ id, currency: 'USD', status: 'open', freezeScope: null, available: '1.00', ownerId: null, name: `Name of ${id}` }) as Account;

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

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
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((_operation: string, { q = '', prefix }: { q?: string; prefix?: string }) => {
    // Whether one is called so: nobody knows.
    if (prefix !== undefined) return new Promise(() => undefined);
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

/** Within a form, with all accounts of the ledger; `hold` keeps answers back until it is called. */
function scene(ids: string[], { without = null as string | null, chosen = null as string | null } = {}) {
  const submitted = jest.fn();
  const gate = { open: Promise.resolve() as Promise<void> };
  jest.spyOn(ledgerflow, 'answer').mockImplementation((async (_: string, request: { q?: string; prefix?: string; currency?: string }) => {
    await gate.open;
    const { q = '', prefix = '', currency } = request;
    const data = ids.filter((id) => id.includes(q) && id.startsWith(prefix)).map(account);
    return { data: { data: data.filter((one) => currency === undefined || one.currency === currency), nextCursor: null, isSample: false } };
  }) as unknown as typeof ledgerflow.answer);
  function Form() {
    const [draft, setDraft] = useState({ from: chosen, amount: '' });
    return (
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submitted();
        }}
      >
        <AccountSelect ledger="shop" label="From" value={draft.from} onChange={(from) => setDraft({ ...draft, from })} without={without} />
        <input aria-label="Amount" value={draft.amount} onChange={({ target }) => setDraft({ ...draft, amount: target.value })} />
        <output>{JSON.stringify(draft)}</output>
      </form>
    );
  }
  draw(<Form />);
  const field = screen.getByLabelText<HTMLInputElement>('From', { selector: 'input' });
  return {
    field,
    submitted,
    gate,
    type: (words: string): void => {
      act(() => field.focus());
      fireEvent.change(field, { target: { value: words } });
    },
    leave: (): void => act(() => screen.getByLabelText('Amount').focus()),
    /** Whether the form would be sent by it, as a browser does. */
    enter: (): boolean => fireEvent.keyDown(field, { key: 'Enter', code: 'Enter' }),
    draft: (): unknown => JSON.parse(screen.getByRole('status').textContent ?? ''),
  };
}

it('takes an id that was typed in full when it is left, though its answer comes while one types on', async () => {
  const { gate, type, leave, field, draft } = scene(['alice', 'alice-2', 'alice-3']);
  const held = Promise.withResolvers<void>();
  gate.open = held.promise;
  type('alice');
  leave();
  expect([field.value, draft()]).toEqual(['alice', { from: null, amount: '' }]);
  fireEvent.change(screen.getByLabelText('Amount'), { target: { value: '12' } });
  held.resolve();
  await waitFor(() => expect(draft()).toEqual({ from: 'alice', amount: '12' }));
  expect(field.value).toBe('alice');
});

it('takes at Enter the id, or the only one that has the words, and leaves the form as it is', async () => {
  const { type, enter, draft, field } = scene(['alice', 'alice-2', 'bob']);
  type('alice');
  expect(enter()).toBe(false);
  await waitFor(() => expect(draft()).toEqual({ from: 'alice', amount: '' }));
  // What is chosen is no question: Enter is the form's.
  expect(enter()).toBe(true);
  type('bo');
  expect(enter()).toBe(false);
  await waitFor(() => expect([draft(), field.value]).toEqual([{ from: 'bob', amount: '' }, 'bob']));
});

it('says what it did not find, keeps it to be mended, and takes no other one for it', async () => {
  const { type, leave, draft, field } = scene(['alice', 'alice-2', 'carol'], { without: 'alice' });
  type('alice');
  leave();
  await screen.findByText('No account to choose is alice');
  expect([field.value, draft()]).toEqual(['alice', { from: null, amount: '' }]);
  type('dora');
  expect(screen.queryByText(/No account to choose/)).toBeNull();
  leave();
  await screen.findByText('No account to choose is dora');
});

it('shows the chosen one as long as no other one was found', async () => {
  const { type, leave, field, draft } = scene(['alice', 'bob'], { chosen: 'alice' });
  type('dora');
  leave();
  expect(field.value).toBe('alice');
  await screen.findByText('No account to choose is dora');
  expect([field.value, draft()]).toEqual(['alice', { from: 'alice', amount: '' }]);
  type('bob');
  leave();
  await waitFor(() => expect([field.value, draft()]).toEqual(['bob', { from: 'bob', amount: '' }]));
  expect(screen.queryByText(/No account to choose/)).toBeNull();
});

it('forgets a question once it is typed anew', async () => {
  const { gate, type, leave, draft } = scene(['alice', 'bob']);
  const held = Promise.withResolvers<void>();
  gate.open = held.promise;
  type('alice');
  leave();
  type('b');
  held.resolve();
  leave();
  await waitFor(() => expect(draft()).toEqual({ from: 'bob', amount: '' }));
});
