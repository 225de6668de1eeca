/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { configureStore } from '@reduxjs/toolkit';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { Suspense } from 'react';
import { Provider } from 'react-redux';
import { Link, Route, Routes } from 'react-router';
import { ledgerflow } from '../../../api/client.ts';
import { keys } from '../../../api/keys.ts';
import { draw } from '../../../testing/render.tsx';
import type { Command } from '../intent/command.ts';
import { emptyDraft } from '../intent/draft.ts';
import { LEDGER, MOVEMENT, problem } from '../intent/intent.fixture.ts';
import { type Intent, intents, newIntent, placeKey } from '../intent/slice.ts';
import { Flow } from './flow.tsx';

const ME = { id: 'ada', roles: ['operator'], ledgers: ['*'] };
const place = placeKey({ who: ME.id, ledger: LEDGER.id, kind: 'transfer' });
const command: Command = {
  operation: 'createTransfer',
  request: { ledger: LEDGER.id, body: { from: 'alice', to: 'bob', amount: '12.34', currency: 'USD' } },
};
const NOW = { ...MOVEMENT, entries: MOVEMENT.entries.map((entry) => ({ ...entry, balanceAfter: '500.00' })) };

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
  sessionStorage.clear();
});

/** The flow with what the page found of it. */
function drawFlow(intent: Intent) {
  let client: QueryClient | undefined;
  const Client = (): null => {
    client = useQueryClient();
    return null;
  };
  const store = configureStore({ reducer: { money: intents.reducer }, preloadedState: { money: { [place]: intent } } });
  draw(
    <Provider store={store}>
      <Client />
      <Link to="/">Elsewhere</Link>
      <Link to={`/ledgers/${LEDGER.id}`}>Back to it</Link>
      <Suspense>
        <Routes>
          <Route path="/" element={null} />
          <Route path="/ledgers/:ledger" element={<Flow kind="transfer" given={{}} onTaken={() => undefined} />} />
        </Routes>
      </Suspense>
    </Provider>,
    { path: `/ledgers/${LEDGER.id}` },
  );
  return { store, client: () => client as QueryClient };
}

it('leaves the focus where one types, while other fields are wrong still', async () => {
  const answer = ((operation: string) => {
    if (operation === 'getMe') return Promise.resolve({ data: ME });
    return operation === 'getLedger' ? Promise.resolve({ data: LEDGER }) : new Promise(() => undefined);
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  drawFlow(newIntent(emptyDraft('transfer')));
  const preview = await screen.findByRole('button', { name: 'Preview' });
  await act(async () => fireEvent.click(preview));
  const amount = screen.getByRole('textbox', { name: 'Amount' });
  const from = screen.getByRole('combobox', { name: 'From' });
  expect(document.activeElement).toBe(from);
  act(() => amount.focus());
  fireEvent.change(amount, { target: { value: '1' } });
  expect([from.getAttribute('aria-invalid'), document.activeElement]).toEqual(['true', amount]);
});

it('previews anew what one comes back to, and confirms it only then', async () => {
  const tries: PromiseWithResolvers<unknown>[] = [];
  const sent: unknown[] = [];
  const answer = ((operation: string, request: { dryRun?: boolean }, options: unknown) => {
    if (operation === 'getMe') return Promise.resolve({ data: ME });
    if (operation === 'getLedger') return Promise.resolve({ data: LEDGER });
    const held = Promise.withResolvers<unknown>();
    if (request.dryRun === true) tries.push(held);
    else sent.push(options);
    return held.promise;
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const intent: Intent = {
    ...newIntent(emptyDraft('transfer')),
    phase: 'previewed',
    command,
    preview: MOVEMENT,
    previewedAtMs: Date.now(),
  };
  drawFlow(intent);
  const confirm = await screen.findByRole<HTMLButtonElement>('button', { name: 'Confirm transfer' });
  expect([confirm.disabled, screen.queryByText('67.66')]).toEqual([true, null]);
  fireEvent.submit(screen.getByRole('form'));
  expect(sent).toEqual([]);
  await waitFor(() => expect(tries).toHaveLength(1));
  await act(async () => tries[0]?.resolve({ data: NOW }));
  expect(await screen.findAllByText('500.00')).toHaveLength(2);
  // A slow second press on what was the preview's button is not its confirmation.
  expect([confirm.disabled, tries.length]).toEqual([true, 1]);
  fireEvent.submit(screen.getByRole('form'));
  expect(sent).toEqual([]);
  await waitFor(() => expect(confirm.disabled).toBe(false));
  await act(async () => fireEvent.click(confirm));
  expect(sent).toEqual([{ idempotencyKey: intent.key }]);
});

it('says in words at its field what the API does not take', async () => {
  const said = 'The field must NOT have more than 40 characters';
  const answer = ((operation: string) => {
    if (operation === 'getMe') return Promise.resolve({ data: ME });
    if (operation === 'getLedger') return Promise.resolve({ data: LEDGER });
    if (operation === 'getAccount') return new Promise(() => undefined);
    return Promise.reject(problem(400, 'invalid_request', { field: 'amount', detail: said }));
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const draft = emptyDraft('transfer');
  draft.legs = [{ from: 'alice', to: 'bob', amount: '1', currency: 'USD' }];
  drawFlow(newIntent(draft));
  const preview = await screen.findByRole('button', { name: 'Preview' });
  await act(async () => fireEvent.click(preview));
  await screen.findByText('At most 40 characters.');
  expect(screen.queryByText(new RegExp(said))).toBeNull();
});

it('sends nothing when somebody else has signed in, and writes an answer to where it was asked', async () => {
  let signedIn = ME.id;
  const held = Promise.withResolvers<unknown>();
  const sent: string[] = [];
  const answer = ((operation: string, request: { dryRun?: boolean }) => {
    if (operation === 'getMe') return Promise.resolve({ data: { ...ME, id: signedIn } });
    if (operation === 'getLedger') return Promise.resolve({ data: LEDGER });
    if (request.dryRun === true) return Promise.resolve({ data: NOW });
    sent.push(signedIn);
    return held.promise;
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const intent: Intent = { ...newIntent(emptyDraft('transfer')), phase: 'unknown', command, preview: MOVEMENT, isDoubtful: true };
  const { store, client } = drawFlow(intent);
  const again = await screen.findByRole('button', { name: 'Ask again under the same key' });
  signedIn = 'eve';
  await act(async () => fireEvent.click(again));
  await screen.findByText(/signed in as eve, and this is of ada/);
  expect([sent, store.getState().money[place]]).toEqual([[], intent]);
  signedIn = ME.id;
  await act(async () => fireEvent.click(await screen.findByRole('button', { name: 'Ask again under the same key' })));
  await act(async () => client().setQueryData(keys.of('getMe', {}), { ...ME, id: 'eve' } as never));
  await screen.findByRole('button', { name: 'Preview' });
  const ofEve = placeKey({ who: 'eve', ledger: LEDGER.id, kind: 'transfer' });
  await act(async () => held.resolve({ data: MOVEMENT, isReplayed: true }));
  expect([sent, store.getState().money[place]?.phase, store.getState().money[ofEve]?.phase]).toEqual([[ME.id], 'done', 'draft']);
});

it('tells a refusal that came while one was elsewhere, until something is changed', async () => {
  const held = Promise.withResolvers<never>();
  const answer = ((operation: string, request: { dryRun?: boolean }) => {
    if (operation === 'getMe') return Promise.resolve({ data: ME });
    if (operation === 'getLedger') return Promise.resolve({ data: LEDGER });
    if (operation === 'getAccount') return new Promise(() => undefined);
    return request.dryRun === true ? Promise.resolve({ data: NOW }) : held.promise;
  }) as unknown as typeof ledgerflow.answer;
  jest.spyOn(ledgerflow, 'answer').mockImplementation(answer);
  const draft = emptyDraft('transfer');
  draft.legs = [{ from: 'alice', to: 'bob', amount: '12.34', currency: 'USD' }];
  const { store } = drawFlow({ ...newIntent(draft), phase: 'previewed', command, preview: MOVEMENT, previewedAtMs: Date.now() });
  const confirm = await screen.findByRole<HTMLButtonElement>('button', { name: 'Confirm transfer' });
  await waitFor(() => expect(confirm.disabled).toBe(false));
  await act(async () => fireEvent.click(confirm));
  fireEvent.click(screen.getByText('Elsewhere'));
  expect(screen.queryByRole('form')).toBeNull();
  await act(async () => held.reject(problem(422, 'insufficient_funds', { account: 'alice', available: '5.00', detail: 'Too little.' })));
  await waitFor(() => expect(store.getState().money[place]?.phase).toBe('draft'));
  const said = 'Too little. Available: 5.00.';
  fireEvent.click(screen.getByText('Back to it'));
  await screen.findByText(said);
  fireEvent.change(screen.getByRole('textbox', { name: 'Amount' }), { target: { value: '5' } });
  expect(screen.queryByText(said)).toBeNull();
  fireEvent.click(screen.getByText('Elsewhere'));
  fireEvent.click(screen.getByText('Back to it'));
  await screen.findByRole('form');
  expect(screen.queryByText(said)).toBeNull();
});
