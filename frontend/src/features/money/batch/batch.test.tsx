/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { configureStore } from '@reduxjs/toolkit';
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Provider } from 'react-redux';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { draw } from '../../../testing/render.tsx';
import { LEDGER, MOVEMENT, problem, unreachable } from '../intent/intent.fixture.ts';
import { Batch } from './batch.tsx';
import { lefts } from './left.ts';
import { batches } from './slice.ts';

const ME = { id: 'ada', roles: ['operator'], ledgers: ['*'] };
const CSV = (count: number): string => ['from,to,amount,currency', ...Array.from({ length: count }, () => 'a,b,1.00,USD')].join('\n');

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
  sessionStorage.clear();
});

/** A gateway that takes only so many parts; what it has taken, row by row. */
function scene(partsMax: number) {
  const gateway = { signedIn: ME.id, partsMax, keys: [] as string[], refusal: problem(429, 'rate_limited') as Error };
  const answer = ((operation: string, { body }: { body?: { transactions: { idempotencyKey: string }[] } }) => {
    if (operation === 'getMe') return Promise.resolve({ data: { ...ME, id: gateway.signedIn } });
    if (operation === 'getLedger') return Promise.resolve({ data: LEDGER });
    if (gateway.partsMax-- <= 0) return Promise.reject(gateway.refusal);
    const keys = (body?.transactions ?? []).map(({ idempotencyKey }) => idempotencyKey);
    gateway.keys.push(...keys);
    return Promise.resolve({ data: { results: keys.map(() => ({ status: 201, transaction: MOVEMENT })) }, isReplayed: false });
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const store = configureStore({
    reducer: { moneyBatches: batches.reducer, moneyLeft: lefts.reducer },
    middleware: (all) => all({ serializableCheck: false, immutableCheck: false }),
  });
  draw(
    <Provider store={store}>
      <Suspense>
        <Routes>
          <Route path="/ledgers/:ledger" element={<Batch />} />
        </Routes>
      </Suspense>
    </Provider>,
    { path: `/ledgers/${LEDGER.id}` },
  );
  return gateway;
}

const press = async (name: string): Promise<void> => {
  // By its words: roles of so many rows take seconds to find.
  const label = await screen.findByText(name);
  await act(async () => fireEvent.click(label));
};
async function paste(content: string): Promise<void> {
  const field = await screen.findByLabelText('Or paste it');
  fireEvent.change(field, { target: { value: content } });
  await press('Read it');
}

it('asks before a file that is done in part is left, and goes on with it when it is chosen again', async () => {
  const gateway = scene(1);
  await paste(CSV(1_500));
  await press('Send 1,500 rows');
  await press('Confirm 1,500 rows');
  await screen.findByText('Not finished');
  await press('Another file');
  await screen.findByText('1,000 rows are done; sending this file again does them again. Not sent: 500 rows.');
  await press('Stay');
  screen.getByText('Not finished');
  await press('Another file');
  await press('Leave it');
  await paste(CSV(2));
  await press('Another file');
  await paste(CSV(1_500));
  await press('Go on where it stopped');
  gateway.partsMax = 1;
  await press('Go on under the same keys');
  await screen.findByText('Finished');
  expect([gateway.keys.length, new Set(gateway.keys).size]).toEqual([1_500, 1_500]);
});

it('sends nothing when somebody else has signed in', async () => {
  const gateway = scene(9);
  await paste(CSV(2));
  await press('Send 2 rows');
  gateway.signedIn = 'eve';
  await press('Confirm 2 rows');
  await screen.findByText(/signed in as eve, and this is of ada/);
  expect(gateway.keys).toEqual([]);
});

it('says once that an answer was lost', async () => {
  const gateway = scene(0);
  gateway.refusal = unreachable();
  await paste(CSV(2));
  await press('Send 2 rows');
  await press('Confirm 2 rows');
  await screen.findByText('Not finished');
  expect(screen.getAllByRole('alert').map(({ textContent }) => textContent)).toEqual([expect.stringMatching(/^Not finished/)]);
});

it('warns of rows that are equal, at each and in all, and sends them still', async () => {
  const gateway = scene(1);
  await paste(CSV(3));
  await screen.findByText('2 rows are equal to an earlier one: each is sent');
  expect(screen.getAllByText('Equal to line 2')).toHaveLength(2);
  await press('Send 3 rows');
  await press('Confirm 3 rows');
  await screen.findByText('Finished');
  expect(gateway.keys).toHaveLength(3);
});
