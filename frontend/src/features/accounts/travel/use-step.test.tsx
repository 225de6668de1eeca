/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, cleanup, renderHook } from '@testing-library/react';
import { ledgerflow } from '../../../api/client.ts';
import { toMicros } from '../../../ui/time/micros.ts';
import { markedOf, type Moment, type MomentChange } from './moment.ts';
import type { Series } from './use-series.ts';
import { useStep } from './use-step.ts';

afterEach(cleanup);
afterEach(() => void jest.restoreAllMocks());

const [FIRST, SECOND, THIRD] = ['2026-11-17T14:00:00.000000Z', '2026-11-17T15:00:00.000000Z', '2026-11-17T16:00:00.000000Z'];
const NOW = { id: 'alice', asOf: THIRD } as Account;
const SERIES = { kind: 'samples', points: [], span: { from: 0, to: toMicros(THIRD) } } as unknown as Series;

function stepping() {
  const answers: ((recordedAt: string) => void)[] = [];
  jest
    .spyOn(ledgerflow, 'answer')
    .mockImplementation(
      (() => new Promise((resolve) => answers.push((recordedAt) => resolve({ data: { data: [{ recordedAt }] } })))) as never,
    );
  const picked: MomentChange[] = [];
  const client = new QueryClient();
  const hook = renderHook(
    (moment: Moment) =>
      useStep({
        ledger: 'shop',
        now: NOW,
        moment,
        axis: 'recorded',
        marked: markedOf(moment, 'recorded'),
        series: SERIES,
        isWhole: false,
        onMoment: (change) => picked.push(change),
      }),
    {
      initialProps: {},
      wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
    },
  );
  const go = (direction: -1 | 1): Promise<void> => act(async () => hook.result.current.go(direction));
  const answer = (index: number, recordedAt: string): Promise<void> => act(async () => answers[index]?.(recordedAt));
  return { ...hook, picked, go, answer };
}
const at = (time: string): MomentChange => ({ at: time, effectiveAt: null });

it('goes to the entry that was found', async () => {
  const { picked, go, answer } = stepping();
  await go(-1);
  await answer(0, SECOND);
  expect(picked).toEqual([at(SECOND)]);
});

it('does not go there when another moment was picked meanwhile, or this account is not shown any more', async () => {
  const { picked, go, answer, rerender, unmount } = stepping();
  await go(-1);
  rerender({ at: FIRST });
  await answer(0, SECOND);
  expect(picked).toEqual([]);
  await go(1);
  unmount();
  await answer(1, SECOND);
  expect(picked).toEqual([]);
});

it('goes where the last step leads', async () => {
  const { picked, go, answer } = stepping();
  await go(-1);
  await go(-1);
  await answer(1, FIRST);
  await answer(0, SECOND);
  expect(picked).toEqual([at(FIRST)]);
});
