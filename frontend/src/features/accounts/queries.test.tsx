/** @jest-environment jsdom */
import { expect, it } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook } from '@testing-library/react';
import { pagesOf } from '../../api/queries.ts';
import { useFollow } from './queries.ts';

it("marks an account's lists as old when its version is another, and no other lists", () => {
  const client = new QueryClient();
  const keyOf = (account: string) => pagesOf('listEntries', { ledger: 'shop', account }).queryKey;
  for (const account of ['a', 'b']) client.setQueryData(keyOf(account), { pages: [], pageParams: [] });
  const isOld = (account: string): boolean => client.getQueryState(keyOf(account))?.isInvalidated === true;
  const { rerender } = renderHook(({ version }) => useFollow('shop', { id: 'a', version } as Account), {
    initialProps: { version: '1' },
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  rerender({ version: '1' });
  expect(isOld('a')).toBe(false);
  rerender({ version: '2' });
  expect([isOld('a'), isOld('b')]).toEqual([true, false]);
  client.clear();
});
