/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { act, cleanup, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { ledgerflow } from '../../../api/client.ts';
import { draw } from '../../../testing/render.tsx';
import type { Moment } from './moment.ts';
import { useThen } from './queries.ts';
import { Then } from './then.tsx';

afterEach(cleanup);
afterEach(() => void jest.restoreAllMocks());

const [FIRST, SECOND] = ['2026-11-17T14:00:00.000000Z', '2026-11-17T15:00:00.000000Z'];
const account = (posted: string, version: string): Account =>
  ({
    id: 'alice',
    currency: 'USD',
    posted,
    held: '0.00',
    available: posted,
    status: 'open',
    freezeScope: null,
    minBalance: null,
    maxBalance: null,
    version,
    asOf: SECOND,
  }) as Account;
const NOW = account('9.00', '7');

interface Shown {
  now: Account;
  moment: Moment;
  isDragged: boolean;
}

/** What is shown of a moment; `ask` changes what is shown, `answer` answers the question under way. */
function shown(first: Shown) {
  let ask: (next: Shown) => void = () => undefined;
  const asked: Moment[] = [];
  let come: (then: Account) => void = () => undefined;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((operation: string, { at, effectiveAt }: Moment) => {
    if (operation !== 'getAccount') return Promise.resolve({ data: { data: [], nextCursor: null } });
    asked.push({ ...(at === undefined ? {} : { at }), ...(effectiveAt === undefined ? {} : { effectiveAt }) });
    return new Promise((resolve) => (come = (data) => resolve({ data })));
  }) as never);
  function Part() {
    const [{ now, moment, isDragged }, setShown] = useState(first);
    ask = setShown;
    const past = useThen('shop', now, moment, isDragged);
    return <Then ledger="shop" now={now} onMoment={() => undefined} isThen past={past} />;
  }
  draw(<Part />);
  return {
    asked,
    ask: (next: Partial<Shown>) => act(() => ask({ ...first, ...next })),
    answer: (then: Account) => act(async () => come(then)),
    posted: () => [...document.querySelectorAll('[data-row=posted] td')].map((cell) => cell.textContent.replaceAll(/[^\d.–+-]/g, '')),
    isAsking: () => screen.getByTestId('comparison').getAttribute('aria-busy') === 'true',
  };
}

it('asks again what was in effect at a time with each version of the account, and keeps what it was until then', async () => {
  const { asked, ask, answer, posted, isAsking } = shown({ now: NOW, moment: { effectiveAt: FIRST }, isDragged: false });
  await answer(account('1.00', '7'));
  await waitFor(() => expect(posted()).toEqual(['1.00', '9.00', '+8.00']));
  // A backdated deposit.
  ask({ now: account('10.00', '8') });
  expect([posted(), isAsking()]).toEqual([['1.00', '10.00', '+9.00'], true]);
  await answer(account('2.00', '8'));
  await waitFor(() => expect([posted(), isAsking()]).toEqual([['2.00', '10.00', '+8.00'], false]));
  expect(asked).toEqual([{ effectiveAt: FIRST }, { effectiveAt: FIRST }]);
});

it('never shows a moment by the figures of another one, but to a hand that drags', async () => {
  const { asked, ask, answer, posted, isAsking } = shown({ now: NOW, moment: { at: FIRST }, isDragged: false });
  expect(posted()).toEqual(['–', '9.00', '–']);
  await answer(account('1.00', '2'));
  await waitFor(() => expect(posted()).toEqual(['1.00', '9.00', '+8.00']));
  ask({ moment: { at: SECOND }, isDragged: true });
  expect([posted(), isAsking()]).toEqual([['1.00', '9.00', '+8.00'], true]);
  ask({ moment: { at: SECOND } });
  expect([posted(), isAsking()]).toEqual([['–', '9.00', '–'], true]);
  // What is past stays as it is, whatever the account's version.
  ask({ moment: { at: FIRST }, now: account('9.00', '8') });
  expect([posted(), isAsking()]).toEqual([['1.00', '9.00', '+8.00'], false]);
  // Of another axis, whatever the hand does.
  ask({ moment: { effectiveAt: SECOND }, isDragged: true });
  expect(posted()).toEqual(['–', '9.00', '–']);
  expect(asked).toEqual([{ at: FIRST }, { at: SECOND }, { effectiveAt: SECOND }]);
});
