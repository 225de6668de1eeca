/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { useAudit } from './queries.ts';

afterEach(() => void jest.restoreAllMocks());

it('asks for one page when somebody comes back to a list of several: each is an entry of the audit', async () => {
  const asked = jest
    .spyOn(ledgerflow, 'answer')
    .mockImplementation((_operation, request) =>
      Promise.resolve({ data: { data: [], nextCursor: `${(request as { cursor?: string }).cursor ?? ''}+` } } as never),
    );
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
  const visit = () => renderHook(() => useAudit({}).query, { wrapper });
  const pagesOf = ({ result }: ReturnType<typeof visit>): number => result.current.data?.pages.length ?? 0;

  const first = visit();
  for (let page = 1; page <= 3; page++) {
    await waitFor(() => expect(pagesOf(first)).toBe(page));
    void first.result.current.fetchNextPage();
  }
  await waitFor(() => expect(pagesOf(first)).toBe(4));
  first.unmount();
  await waitFor(() => expect(client.getQueryCache().getAll()).toEqual([]));
  asked.mockClear();

  const again = visit();
  await waitFor(() => expect(again.result.current.isSuccess && !again.result.current.isFetching).toBe(true));
  expect(asked).toHaveBeenCalledTimes(1);
  again.unmount();
  client.clear();
});
