/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { QueryClient, QueryClientProvider, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { cleanup, renderHook, waitFor } from '@testing-library/react';
import { ledgerflow } from './client.ts';
import { useHeld } from './held.ts';
import { answerOf, pagesOf } from './queries.ts';

afterEach(cleanup);
afterEach(() => void jest.restoreAllMocks());

const RECORDED = '2026-11-22T07:00:00.000000Z';
const request = { ledger: 'shop' };

/** What is known of where the answers of a page were held, when they say so. */
function held(heldAt: string | null) {
  const asked: unknown[] = [];
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((operation: string, question: { after?: string }) => {
    if (operation === 'listEvents') asked.push(question.after);
    const data = operation === 'listEvents' ? [{ recordedAt: RECORDED }] : [];
    return Promise.resolve({ data: { data, nextCursor: null }, heldAt: operation === 'listEvents' ? null : heldAt });
  }) as never);
  const client = new QueryClient();
  const { result } = renderHook(
    () => {
      const trial = useQuery(answerOf('getTrialBalance', request));
      const list = useInfiniteQuery(pagesOf('listTransactions', request));
      return { trial: useHeld('shop', trial.data), list: useHeld('shop', list.data?.pages[0]), isRead: trial.isSuccess && list.isSuccess };
    },
    {
      wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
    },
  );
  return { result, asked };
}

it('tells of an answer and of a page where the read side was held, and when that was recorded', async () => {
  const { result, asked } = held('12');
  const expected = { position: '12', recordedAt: RECORDED };
  await waitFor(() => expect(result.current).toEqual({ trial: expected, list: expected, isRead: true }));
  expect(asked).toEqual(['11']);
});

it('tells of none where it is not, and of no time before the first record', async () => {
  const { result, asked } = held(null);
  await waitFor(() => expect(result.current).toEqual({ trial: null, list: null, isRead: true }));
  const none = held('0');
  const expected = { position: '0', recordedAt: null };
  await waitFor(() => expect(none.result.current).toEqual({ trial: expected, list: expected, isRead: true }));
  expect([...asked, ...none.asked]).toEqual([]);
});
