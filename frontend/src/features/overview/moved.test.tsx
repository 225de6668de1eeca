/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { type Ledger, LedgerFlowProblem } from '@ledgerflow/client';
import { act, cleanup, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { clock } from '../../api/clock.ts';
import { AttentionList } from './attention-list.tsx';
import { Figures } from './figures.tsx';
import { Volume } from './volume.tsx';

/** Just before an hour. */
const NOW = Date.parse('2026-11-22T07:58:10Z');
const LEDGER = { id: 'shop', currencies: [{ code: 'USD', scale: 2 }] } as Ledger;
const POLL_MS = 5_000;
const MINUTE_MS = 60_000;

type Answers = (request: { from: string }) => unknown;
let activity: Answers;
let isSilent: boolean;
const problem = (status: number): LedgerFlowProblem =>
  new LedgerFlowProblem(
    { status, code: 'x', title: 'Too busy', detail: 'Later.', requestId: 'r-1' },
    { operation: 'listActivity', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false },
  );
const fails =
  (status: number): Answers =>
  () => {
    throw problem(status);
  };
const moves =
  (volume: string): Answers =>
  ({ from }) => ({ data: [{ startsAt: from, currency: 'USD', volume, transactions: 30 }], nextCursor: null });

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
  activity = moves('12.50');
  isSilent = false;
  const viewer = { id: 'x', roles: ['viewer'], ledgers: ['*'], expiresAt: '2026-11-22T09:00:00.000000Z' };
  jest.spyOn(ledgerflow, 'answer').mockImplementation((async (operation: string, request: { from: string }) => {
    if (isSilent) return new Promise(() => undefined);
    if (operation === 'getMe') return { data: viewer };
    if (operation === 'listActivity') return { data: activity(request) };
    return { data: { data: [], currencies: [], balanced: true, nextCursor: null } };
  }) as never);
});
afterEach(() => {
  cleanup();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const pass = (ms: number): Promise<void> => act(() => jest.advanceTimersByTimeAsync(ms));
const volume = (): string => screen.getByRole('region', { name: 'Volume' }).textContent;
const throughput = (): string => screen.getByText('Throughput').closest('dl > div')?.textContent ?? '';

async function shown(range: string): Promise<void> {
  draw(
    <Suspense>
      <AttentionList ledger="shop" />
      <Volume ledger={LEDGER} />
      <Figures ledger="shop" />
    </Suspense>,
    { path: `/?range=${range}` },
  );
  // Who one is, the newest transactions, and what moved: each is drawn before the next is asked for.
  for (let answer = 0; answer < 4; answer++) await pass(1);
  expect(volume()).toContain('12.50 USD');
  // The ledger's clock is told in whole seconds.
  expect(throughput()).toMatch(/^Throughput5\.8 a minute30 transactions in 5 min 1[01] s$/);
}

/** The ledger's time, as an answer tells it. */
const isNow = (ms: number): void => act(() => clock.heard(new Date(ms).toUTCString(), Date.now(), Date.now()));

it.each([30, -30])('goes by the ledger’s clock on a machine whose own is %i min behind', async (minutes) => {
  const asked: string[] = [];
  activity = (request) => {
    asked.push(request.from);
    return moves('12.50')(request);
  };
  try {
    isNow(NOW + minutes * MINUTE_MS);
    await shown('hour');
    const minute = Math.floor(NOW / MINUTE_MS) + minutes;
    const from = [minute - 59, minute - 5].map((at) => new Date(at * MINUTE_MS).toISOString().slice(0, 16));
    expect(asked.map((at) => at.slice(0, 16)).toSorted()).toEqual(from.toSorted());
    expect(screen.getByText(/This machine's clock is 30 min (behind|ahead of) the ledger's/).textContent).toContain(
      minutes > 0 ? 'behind' : 'ahead of',
    );
    isNow(NOW);
    await pass(0);
    expect(screen.queryByText(/This machine's clock/)).toBeNull();
  } finally {
    isNow(NOW);
  }
});

it.each(['hour', 'day'])('shows nothing of what one may not see any more: %s', async (range) => {
  await shown(range);
  activity = fails(403);
  await pass(POLL_MS);
  for (let minute = 0; minute < 3; minute++) {
    expect(volume()).toContain('Not for you');
    expect(volume()).not.toContain('12.50');
    expect(throughput()).toBe('Throughput–Not for you');
    await pass(MINUTE_MS);
  }
});

it.each(['hour', 'day'])('says that figures are old, and since when, until there are newer: %s', async (range) => {
  await shown(range);
  activity = fails(503);
  await pass(POLL_MS);
  // Until the next step of either range.
  for (const ms of [0, MINUTE_MS, MINUTE_MS]) {
    await pass(ms);
    expect(screen.getByRole('alert').textContent).toContain('Too busy');
    expect(volume()).toContain('12.50 USD 30 transactions, as of 2026-11-22 07:58:');
    expect(throughput()).toMatch(/^Throughput5\.8 a minuteToo busy, as of 2026-11-22 07:58:/);
  }
  activity = moves('13.00');
  await pass(2 * POLL_MS);
  expect(volume()).toContain('13.00 USD 30 transactions');
  expect(volume()).not.toContain('as of');
  expect(screen.queryByRole('alert')).toBeNull();
  expect(throughput()).toMatch(/30 transactions in 5 min \d+ s$/);
});

it('says of nothing that it is well when no answer has come for a while', async () => {
  await shown('hour');
  const attention = (): string => screen.getByRole('region', { name: 'What needs attention' }).textContent;
  expect(attention()).toContain('Nothing needs you');
  isSilent = true;
  await pass(3 * MINUTE_MS);
  expect(attention()).toContain('No answer for a while');
});
