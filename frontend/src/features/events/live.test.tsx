/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem, type LedgerRecord } from '@ledgerflow/client';
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { useSyncExternalStore } from 'react';
import { draw } from '../../testing/render.tsx';
import { EventFeed } from './feed.ts';
import { Shown } from './live.tsx';

const COUNT = 300;
const ROW_HEIGHT = 36;
const record = (position: number): LedgerRecord => ({
  position: String(position),
  epoch: 1,
  recordedAt: '2026-11-22T00:00:00.000000Z',
  effectiveAt: '2026-11-22T00:00:00.000000Z',
  type: 'FundsTransferred',
  actor: 'a',
  correlationId: 'c',
  causationId: 'c',
  events: [],
});

let feed: EventFeed;
function Part() {
  const view = useSyncExternalStore(feed.subscribe, feed.snapshot);
  return <Shown followed={{ ledger: 'shop' }} feed={feed} view={view} again={() => undefined} />;
}
const come = (from: number, to: number): void =>
  act(() => {
    for (let position = from; position <= to; position++) feed.add(record(position));
    jest.advanceTimersByTime(1_000);
  });
const toggle = (position: number) => screen.queryByRole('button', { name: `Record ${position}` });
const scrollTo = (top: number): Promise<void> =>
  act(async () => {
    Object.assign(window, { scrollY: top });
    fireEvent.scroll(window);
    await jest.advanceTimersByTimeAsync(1_000);
  });

beforeEach(() => {
  jest.useFakeTimers();
  Object.assign(window, { scrollY: 0 });
  // A document of the tests measures nothing.
  jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(ROW_HEIGHT);
  window.IntersectionObserver = class {
    observe(): void {}
    disconnect(): void {}
  } as unknown as typeof IntersectionObserver;
  feed = new EventFeed();
  feed.connected('0');
  draw(<Part />);
  come(1, COUNT);
});
afterEach(() => {
  cleanup();
  feed.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

it('go on when one says so, though the record that one read has left with the focus', async () => {
  const row = toggle(COUNT);
  act(() => row?.focus());
  fireEvent.click(row as HTMLElement);
  come(COUNT + 1, COUNT + 1);
  await scrollTo(5_000);
  expect(toggle(COUNT)).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Resume, show 1 new' }));
  await scrollTo(0);
  expect(screen.getByRole('button', { name: 'Pause' })).toBeDefined();
  expect(toggle(COUNT + 1)).not.toBeNull();
});

it('are not shown any more once one may not see them', () => {
  expect(toggle(COUNT)).not.toBeNull();
  const refused = new LedgerFlowProblem(
    { status: 403, code: 'forbidden', title: 'Not allowed', detail: '', requestId: 'r' },
    { operation: 'streamEvents', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false },
  );
  act(() => feed.ended(refused));
  expect(screen.getByText('Not for you')).toBeDefined();
  expect(screen.queryByRole('table')).toBeNull();
  expect(feed.snapshot().records).toEqual([]);
});
