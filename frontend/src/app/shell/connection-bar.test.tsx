/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { LedgerFlowUnreachable } from '@ledgerflow/client';
import { useQuery } from '@tanstack/react-query';
import { act, cleanup, screen } from '@testing-library/react';
import { Provider } from 'react-redux';
import { draw } from '../../testing/render.tsx';
import { Answered } from '../../ui/states/index.ts';
import { connection } from '../connection.ts';
import { createStore } from '../state.ts';
import { ConnectionBar } from './connection-bar.tsx';

afterEach(cleanup);

const facts = { operation: 'listAccounts', attempts: 4, idempotencyKey: null, isOutcomeUnknown: false };

it('asks again on its own, as box and bar say, for what got no answer', async () => {
  const ask = jest.fn(async (): Promise<string> => 'the truth');
  ask.mockRejectedValueOnce(new LedgerFlowUnreachable('lost', facts));
  function Page() {
    const query = useQuery({ queryKey: ['page'], queryFn: ask });
    return <Answered query={query}>{(data) => data}</Answered>;
  }
  const store = createStore({});
  store.dispatch(connection.actions.lost(Date.now()));
  draw(
    <Provider store={store}>
      <ConnectionBar />
      <Page />
    </Provider>,
  );
  await screen.findByText(/asked again on its own/);
  expect(screen.getByText(/it is tried again on its own/)).toBeTruthy();
  // Another question was answered.
  act(() => void store.dispatch(connection.actions.answered()));
  await screen.findByText('the truth');
  expect(ask).toHaveBeenCalledTimes(2);
});
