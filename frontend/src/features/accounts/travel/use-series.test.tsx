/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account, Entry } from '@ledgerflow/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { renderHook, waitFor } from '@testing-library/react';
import { ledgerflow } from '../../../api/client.ts';
import { fromMicros } from '../../../ui/time/micros.ts';
import type { Span } from './series.ts';
import { useSeries } from './use-series.ts';

const SECOND = 1_000_000;
const OPENED = 1_795_000_000 * SECOND;
const PAGE = 1_000;
/** More than are drawn, one a tenth of a second. */
const COUNT = 6_500;
const LAST = OPENED + (COUNT - 1) * (SECOND / 10);
const NOW = LAST + 120 * SECOND;

const entries = Array.from({ length: COUNT }, (_, index) => {
  const recordedAt = fromMicros(OPENED + index * (SECOND / 10));
  return {
    position: String(index),
    index: 0,
    amount: '1.00',
    balanceAfter: `${index + 1}.00`,
    recordedAt,
    effectiveAt: recordedAt,
  } as Entry;
});
const account = (version: string, now: number) =>
  ({ id: 'busy', currency: 'USD', posted: `${COUNT}.00`, version, asOf: fromMicros(now) }) as Account;

interface Question {
  from?: string;
  to?: string;
  order?: 'asc' | 'desc';
}
const found = ({ from = '', to = '9', order }: Question): Entry[] => {
  const those = entries.filter(({ recordedAt }) => recordedAt >= from && recordedAt <= to);
  return order === 'desc' ? those.toReversed() : those;
};
const asked: Question[] = [];
const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });

function shown(chosen: Span | null) {
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((operation: string, question: Question) => {
    if (operation === 'listEntries') asked.push(question);
    return Promise.resolve({ data: { data: found(question).slice(0, 1), nextCursor: null } });
  }) as never);
  jest.spyOn(ledgerflow, 'listEntries').mockImplementation(((question: Question) => ({
    async *pages() {
      const those = found(question);
      for (let at = 0; at === 0 || at < those.length; at += PAGE)
        yield await Promise.resolve({ data: those.slice(at, at + PAGE), nextCursor: at + PAGE < those.length ? String(at) : null });
    },
  })) as never);
  return renderHook(({ now, span }) => useSeries(now, 'shop', 'recorded', span, undefined), {
    initialProps: { now: account('1', NOW), span: chosen },
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
}

afterEach(() => {
  jest.restoreAllMocks();
  client.clear();
  asked.length = 0;
});

/** What the log says. */
const balanceAt = (micros: number): string => found({ to: fromMicros(micros) }).at(-1)?.balanceAfter ?? 'none';

it('draws of too many entries only balances that were so, of all of them and of a span, and asks once', async () => {
  const { result, rerender } = shown(null);
  await waitFor(() => expect(result.current.kind).toBe('samples'));
  const all = result.current.drawn;
  expect(all).toHaveLength(60);
  expect(all.map(({ balance }) => balance)).toEqual(all.map(({ micros }) => balanceAt(micros)));
  expect([all[0]?.micros, all.at(-1)?.micros, result.current.known]).toEqual([OPENED, NOW, null]);

  // An hour, of which it was there for some minutes: no line before them.
  const hour = { from: NOW - 3_600 * SECOND, to: NOW };
  rerender({ now: account('1', NOW), span: hour });
  expect(result.current.kind).toBe('none');
  await waitFor(() => expect(result.current.kind).toBe('samples'));
  expect(result.current.drawn[0]?.micros).toBeGreaterThanOrEqual(OPENED);
  expect(result.current.drawn.map(({ balance }) => balance)).toEqual(result.current.drawn.map(({ micros }) => balanceAt(micros)));
  expect(asked).toHaveLength(120);

  rerender({ now: account('2', NOW + SECOND), span: hour });
  expect(result.current.kind).toBe('samples');
  rerender({ now: account('2', NOW + SECOND), span: null });
  expect(result.current.drawn.at(-1)).toEqual({ micros: NOW + SECOND, balance: `${COUNT}.00` });
  expect(asked).toHaveLength(120);
  // Read for their number: all of them, and those of the hour.
  expect(ledgerflow.listEntries).toHaveBeenCalledTimes(2);
});

it('draws a span in which nothing moved at the balance before it, and none of the future', async () => {
  const quiet = { from: LAST + SECOND, to: NOW + 3_600 * SECOND };
  const { result } = shown(quiet);
  await waitFor(() => expect(result.current.kind).toBe('entries'));
  expect(result.current.drawn).toEqual([
    { micros: quiet.from, balance: `${COUNT}.00` },
    { micros: NOW, balance: `${COUNT}.00` },
  ]);
});
