/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { LedgerFlowProblem } from '@ledgerflow/client';
import { act, cleanup, screen } from '@testing-library/react';
import { draw } from '../../testing/render.tsx';
import { Answered } from './index.ts';

afterEach(cleanup);

const problem = (status: number): LedgerFlowProblem =>
  new LedgerFlowProblem(
    { status, code: 'x', title: `Problem ${status}`, detail: '', requestId: 'r' },
    { operation: 'getAccount', attempts: 1, idempotencyKey: null, isOutcomeUnknown: false },
  );
const answered = (error: unknown): Promise<void> =>
  act(async () => void draw(<Answered query={{ data: 'a balance', error, refetch: () => undefined }}>{(data) => data}</Answered>));

it('keeps what was read when asking again fails, and says so above it', async () => {
  await answered(problem(503));
  expect(screen.getByRole('alert').textContent).toContain('Problem 503');
  expect(document.body.textContent).toContain('a balance');
});

it('shows nothing any more of what one may not see any more', async () => {
  await answered(problem(403));
  expect(screen.getByText('Not for you')).toBeDefined();
  expect(document.body.textContent).not.toContain('a balance');
});
