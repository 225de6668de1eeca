/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { act, cleanup, screen, waitFor } from '@testing-library/react';
import type { UnknownAction } from '@reduxjs/toolkit';
import { Suspense } from 'react';
import { Provider } from 'react-redux';
import { ledgerflow } from '../../api/client.ts';
import { batches, batchPlace, newBatch } from '../../features/money/batch/slice.ts';
import { money } from '../../features/money/index.ts';
import type { Command } from '../../features/money/intent/command.ts';
import { emptyDraft } from '../../features/money/intent/draft.ts';
import { MOVEMENT } from '../../features/money/intent/intent.fixture.ts';
import { intents, newIntent, placeKey } from '../../features/money/intent/slice.ts';
import { draw } from '../../testing/render.tsx';
import { createStore } from '../state.ts';
import { Reminders } from './reminders.tsx';

const ME = { id: 'ada', roles: ['operator'], ledgers: ['*'] };
const command: Command = {
  operation: 'createTransfer',
  request: { ledger: 'shop', body: { from: 'alice', to: 'bob', amount: '12.00', currency: 'USD' } },
};
const { begun, sent, lost, answered } = intents.actions;

afterEach(() => {
  sessionStorage.clear();
  cleanup();
  jest.restoreAllMocks();
});

function drawAt(path: string) {
  jest.spyOn(ledgerflow, 'answer').mockImplementation((() => Promise.resolve({ data: ME })) as unknown as typeof ledgerflow.answer);
  const store = createStore({ ...money.reducers });
  const onMissing = jest.fn();
  draw(
    <Provider store={store}>
      <Suspense>
        <Reminders features={[money]} onMissing={onMissing} />
      </Suspense>
    </Provider>,
    { path },
  );
  const lose = (who: string): void => {
    const intent = { ...newIntent(emptyDraft('transfer')), phase: 'unknown' as const, isDoubtful: true, command };
    act(() => void store.dispatch(begun({ place: placeKey({ who, ledger: 'shop', kind: 'transfer' }), intent })));
  };
  return { store, lose, onMissing };
}

describe('a reminder', () => {
  it('of money whose outcome is not known is on every page until it is known, with the way to ask', async () => {
    const { store, lose, onMissing } = drawAt('/audit');
    lose('somebody else');
    lose(ME.id);
    const told = await screen.findByText(/^A transfer of 12.00 USD from alice to bob in ledger shop: it is not known whether it was made/);
    expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/ledgers/shop/move?kind=transfer']);
    const place = placeKey({ who: ME.id, ledger: 'shop', kind: 'transfer' });
    // Asked again, it is not known still.
    act(() => void store.dispatch(sent({ place })));
    expect(told.isConnected).toBe(true);
    act(() => void store.dispatch(answered({ place, movement: MOVEMENT, isReplayed: true })));
    expect([screen.queryByRole('status'), onMissing.mock.calls.length]).toEqual([null, 0]);
  });

  it('has the browser ask before the page is left, while something is on its way or its outcome is not known', async () => {
    const { store, lose } = drawAt('/audit');
    lose(ME.id);
    await screen.findByText(/^A transfer of/);
    const isAsked = (): boolean => {
      const event = new Event('beforeunload', { cancelable: true });
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    const seen: boolean[] = [];
    const step = (action: UnknownAction): void => {
      act(() => void store.dispatch(action));
      seen.push(isAsked());
    };
    const place = placeKey({ who: ME.id, ledger: 'shop', kind: 'transfer' });
    step(sent({ place }));
    step(answered({ place, movement: MOVEMENT, isReplayed: true }));
    step(begun({ place, intent: { ...newIntent(emptyDraft('transfer')), phase: 'previewed', command } }));
    step(sent({ place }));
    step(lost({ place }));
    step(sent({ place }));
    step(answered({ place, movement: MOVEMENT, isReplayed: true }));
    const ofBatch = batchPlace(ME.id, 'shop');
    const row = { line: 2, from: 'alice', to: 'bob', amount: '1.00', currency: 'USD', fault: null };
    step(batches.actions.chosen({ place: ofBatch, batch: newBatch('k', 'pay.csv', [row]) }));
    step(batches.actions.started({ place: ofBatch }));
    step(batches.actions.ended({ place: ofBatch, phase: 'stopped' }));
    step(batches.actions.dropped({ place: ofBatch }));
    const ofTransfer = [true, false, false, true, true, true, false];
    expect(seen).toEqual([...ofTransfer, false, true, true, false]);
  });

  it('is not on the page that shows it', async () => {
    const { store, lose } = drawAt('/ledgers/shop/move');
    lose(ME.id);
    const deposit = { ...newIntent(emptyDraft('deposit')), phase: 'unknown' as const, isDoubtful: true, command };
    act(() => void store.dispatch(begun({ place: placeKey({ who: ME.id, ledger: 'shop', kind: 'deposit' }), intent: deposit })));
    await screen.findByText(/^A deposit of 12.00 USD into bob/);
    expect(screen.queryByText(/^A transfer/)).toBeNull();
  });

  it('of a file that was cut off says of how many rows it is not known', async () => {
    const { store } = drawAt('/');
    const place = batchPlace(ME.id, 'shop');
    const row = { line: 2, from: 'alice', to: 'bob', amount: '1.00', currency: 'USD', fault: null };
    const batch = newBatch('k', 'pay.csv', [row, { ...row, line: 3 }, { ...row, line: 4, fault: 'wrong' }] as never);
    const { chosen, started, settled, ended } = batches.actions;
    for (const step of [
      chosen({ place, batch }),
      started({ place }),
      settled({ place, results: [{ index: 0, result: { state: 'open', problem: null } }] }),
    ])
      act(() => void store.dispatch(step));
    expect(money.reminder?.isDue(store.getState(), ME.id)).toBe(false);
    act(() => void store.dispatch(ended({ place, phase: 'stopped' })));
    const told = await screen.findByText(/^The file pay.csv in ledger shop was cut off/);
    expect(told.textContent).toContain('Of 1 row it is not known whether they were done. Not sent: 1 row.');
    await waitFor(() => expect(screen.getByRole('link').getAttribute('href')).toBe('/ledgers/shop/move?kind=batch'));
  });

  it('tells what this tab kept and can not be read, beside what it can, until somebody has looked', async () => {
    const intent = { ...newIntent(emptyDraft('transfer')), phase: 'sent', command };
    const keep = (ledger: string, text: string): void =>
      sessionStorage.setItem(`ledgerflow-intent ${placeKey({ who: ME.id, ledger, kind: 'transfer' })}`, text);
    keep('bank', '{"key":');
    keep('shop', JSON.stringify(intent));
    drawAt('/audit');
    await screen.findByText(/^A transfer of 12.00 USD from alice to bob in ledger shop/);
    screen.getByText(/^What this tab kept of something in ledger bank can not be read/);
    act(() => screen.getByRole('button', { name: 'I have looked: remind me no more' }).click());
    expect([screen.queryByText(/ledger bank/), Object.keys(sessionStorage).length]).toEqual([null, 1]);
  });
});
