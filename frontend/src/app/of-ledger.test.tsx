/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, cleanup, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Provider } from 'react-redux';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../api/client.ts';
import { ledgerQuery } from '../api/ledger.ts';
import { draw } from '../testing/render.tsx';
import { OfLedger } from './of-ledger.tsx';
import { createQueryClient } from './query-client.ts';
import { createStore } from './state.ts';

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

const ME = { id: 'ada', roles: ['viewer'], ledgers: ['*'] };
const FACTS = { operation: 'getLedger', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false };
const lost = new LedgerFlowUnreachable('no answer', FACTS);
const refused = new LedgerFlowProblem({ code: 'forbidden', status: 403, title: 'No', detail: 'No' }, FACTS);

/** What the last question for the ledger came to. */
const Last = () => <output>{useQuery({ ...ledgerQuery('shop'), enabled: false }).error?.message ?? 'well'}</output>;

/** A page of a ledger; `answers` are those to the questions for it, in turn. */
function scene(...answers: unknown[]) {
  const answer = (operation: string): Promise<unknown> => {
    const next = operation === 'getMe' ? ME : answers.shift();
    return next instanceof Error ? Promise.reject(next) : Promise.resolve({ data: next, heldAt: null });
  };
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer as unknown as typeof ledgerflow.answer);
  const store = createStore({});
  const client = createQueryClient(store);
  draw(
    <Provider store={store}>
      <QueryClientProvider client={client}>
        <Last />
        <Suspense>
          <Routes>
            <Route path="/ledgers/:ledger" element={<OfLedger />}>
              <Route index element={<p>The page</p>} />
            </Route>
          </Routes>
        </Suspense>
      </QueryClientProvider>
    </Provider>,
    { path: '/ledgers/shop' },
  );
  return async (said: string): Promise<void> => {
    await act(() => client.refetchQueries(ledgerQuery('shop')));
    await screen.findByText(said);
  };
}

it('leaves to the bar that the gateway is away, once the ledger is known', async () => {
  const again = scene({ id: 'shop', currencies: [] }, lost, refused);
  await screen.findByText('The page');
  await again(lost.message);
  expect([screen.queryByRole('alert'), screen.queryByText('The page')]).toEqual([null, expect.anything()]);
  await again(refused.message);
  expect(screen.queryByText('The page')).toBeNull();
});

it('tells it while the ledger is not known', async () => {
  scene(lost);
  expect((await screen.findByRole('alert')).textContent).toMatch(/^The gateway cannot be reached/);
});
