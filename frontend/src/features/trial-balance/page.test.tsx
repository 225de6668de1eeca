/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { cleanup, fireEvent, screen } from '@testing-library/react';
import { Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { ledgerflow } from '../../api/client.ts';
import { draw } from '../../testing/render.tsx';
import { Component } from './page.tsx';

afterEach(cleanup);
afterEach(() => void jest.restoreAllMocks());

const OPENED = '2026-11-17T14:00:00.000000Z';

function shown(at: string): string[] {
  const asked: string[] = [];
  jest.spyOn(ledgerflow, 'answer').mockImplementation(((operation: string, request: { at: string }) => {
    if (operation === 'getLedger') return Promise.resolve({ data: { id: 'shop', openedAt: OPENED, currencies: [] } });
    asked.push(request.at);
    return Promise.resolve({ data: { ledger: 'shop', balanced: true, currencies: [], asOf: request.at, asOfPosition: '0' } });
  }) as never);
  draw(
    <Suspense>
      <Routes>
        <Route path="/ledgers/:ledger/trial-balance" element={<Component />} />
      </Routes>
    </Suspense>,
    { path: `/ledgers/shop/trial-balance?at=${at}` },
  );
  return asked;
}

it('says of a time before the ledger that it was not there, and leads to its opening', async () => {
  const asked = shown('2026-11-17T13:59:59.999999Z');
  await screen.findByText('The ledger did not exist yet');
  expect(screen.queryByText('Balanced')).toBeNull();
  expect(screen.getByText(/It was opened at 2026-11-17 14:00:00.000000/)).toBeDefined();
  fireEvent.click(screen.getByRole('button', { name: 'Go to its opening' }));
  await screen.findByText('Balanced');
  expect(asked).toEqual(['2026-11-17T13:59:59.999999Z', OPENED]);
});

it('knows a time before the ledger by whatever offset it is written', async () => {
  shown('2026-11-17T14:30:00%2B01:00');
  await screen.findByText('The ledger did not exist yet');
});
