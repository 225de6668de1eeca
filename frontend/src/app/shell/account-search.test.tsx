/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { createRef } from 'react';
import { useLocation } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { AccountSearch } from './account-search.tsx';

const Place = () => {
  const { pathname, search } = useLocation();
  return <output>{pathname + search}</output>;
};
const place = (): string | null => screen.getByRole('status').textContent;

let asked: object[];
let answers: PromiseWithResolvers<unknown>[];
beforeEach(() => {
  asked = [];
  answers = [];
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((_: string, request: object) => {
    asked.push(request);
    const answer = Promise.withResolvers<unknown>();
    answers.push(answer);
    return answer.promise;
  }) as unknown as typeof ledgerflow.answer);
});
afterEach(() => {
  cleanup();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const passed = (ms: number): Promise<void> => act(() => jest.advanceTimersByTimeAsync(ms));
const found = async (...ids: string[]): Promise<void> => {
  answers.at(-1)?.resolve({ data: { data: ids.map((id) => ({ id, name: `Name of ${id}` })), nextCursor: null, isSample: false } });
  await passed(10);
};
const type = (value: string): boolean => fireEvent.change(screen.getByRole('combobox'), { target: { value } });
const press = (key: string): void => {
  const field = screen.getByRole<HTMLInputElement>('combobox');
  // What a browser does with Enter in a form unless somebody else took it.
  if (fireEvent.keyDown(field, { key, code: key }) && key === 'Enter') fireEvent.submit(screen.getByRole('search'));
};
const options = (): (string | null)[] => screen.queryAllByRole('option').map(({ textContent }) => textContent);

/** The field as it is once it suggests. */
async function focused(typed = ''): Promise<HTMLInputElement> {
  draw(
    <>
      <AccountSearch ledger="shop" field={createRef()} />
      <Place />
    </>,
  );
  const plain = screen.getByRole<HTMLInputElement>('searchbox');
  act(() => plain.focus());
  if (typed !== '') fireEvent.change(plain, { target: { value: typed } });
  await waitFor(() => expect(plain.isConnected).toBe(false));
  return screen.getByRole<HTMLInputElement>('combobox');
}

it('leaves focus and words where they are when the suggestions come', async () => {
  const field = await focused('ali');
  expect([document.activeElement === field, field.value, field.selectionStart]).toEqual([true, 'ali', 3]);
});

it('suggests accounts while one types, a few and not at each letter, and opens the chosen one by the keyboard', async () => {
  await focused();
  jest.useFakeTimers();
  for (const text of ['al', 'ali', 'alic']) {
    type(text);
    await passed(50);
  }
  await passed(250);
  expect(asked).toEqual([{ ledger: 'shop', q: 'alic', limit: 8 }]);
  await found('alice', 'alice-2');
  const field = screen.getByRole('combobox');
  expect([options(), field.getAttribute('aria-expanded')]).toEqual([['aliceName of alice', 'alice-2Name of alice-2'], 'true']);
  expect(screen.getByRole('listbox').id).toBe(field.getAttribute('aria-controls'));
  press('ArrowDown');
  press('ArrowDown');
  expect(document.getElementById(field.getAttribute('aria-activedescendant') ?? '')?.textContent).toContain('alice-2');
  press('Enter');
  await passed(10);
  expect([place(), screen.getByRole<HTMLInputElement>('combobox').value, options()]).toEqual(['/ledgers/shop/accounts/alice-2', '', []]);
});

it('goes to the list where none is chosen, and takes nothing that other words had found', async () => {
  await focused();
  jest.useFakeTimers();
  type('alice');
  await passed(250);
  await found('alice');
  press('ArrowDown');
  type('alice x');
  press('Enter');
  await passed(250);
  expect([place(), options()]).toEqual(['/ledgers/shop/accounts?q=alice%20x', []]);
  type('bob');
  await passed(250);
  await found('bob');
  expect(options()).toHaveLength(1);
  press('Enter');
  await passed(10);
  expect([place(), options()]).toEqual(['/ledgers/shop/accounts?q=bob', []]);
});

it('closes by Escape, which keeps the words', async () => {
  await focused();
  jest.useFakeTimers();
  type('alice');
  await passed(250);
  await found('alice');
  expect(options()).toHaveLength(1);
  expect(fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Escape', code: 'Escape' })).toBe(false);
  await passed(10);
  expect([options(), screen.getByRole('combobox').getAttribute('aria-expanded')]).toEqual([[], 'false']);
  expect(fireEvent.keyDown(screen.getByRole('combobox'), { key: 'Escape', code: 'Escape' })).toBe(true);
});
