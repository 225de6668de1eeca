/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { LedgerFlowProblem, LedgerFlowUnreachable } from '@ledgerflow/client';
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router';
import { draw } from '../../testing/render.tsx';
import { Answered } from '../states/index.ts';
import { Problem } from './problem.tsx';

const facts = { operation: 'createTransfer', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown: false };
const refused = new LedgerFlowProblem(
  {
    code: 'invalid_request',
    status: 400,
    title: 'The request is not valid',
    detail: 'amount has too many digits',
    field: 'amount',
    requestId: 'r-1',
  },
  facts,
);

const problem = (status: number, given: object = {}, more: object = {}) =>
  new LedgerFlowProblem({ code: 'x', status, title: 'T', detail: 'D', ...given }, { ...facts, ...more });
const absent = { code: 'account_not_found', account: 'alice2' };
const ended = {
  code: 'unauthenticated',
  title: 'A valid bearer token or session is required',
  detail: 'The Authorization header is missing',
};

afterEach(cleanup);

describe('a problem', () => {
  it('is told with title, field and request id', async () => {
    draw(<Problem error={refused} />);
    const alert = screen.getByRole('alert');
    for (const text of ['The request is not valid', 'amount has too many digits', 'amount', 'r-1'])
      expect(alert.textContent).toContain(text);
    expect(await screen.findByRole('button', { name: 'Copy the request id' })).toBeTruthy();
  });

  it('says that the outcome is not known, and goes on at a press', async () => {
    const again = jest.fn();
    draw(<Problem error={new LedgerFlowUnreachable('lost', { ...facts, isOutcomeUnknown: true })} onRetry={again} />);
    expect(screen.getByRole('alert').textContent).toContain('Whether it was done is not known.');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(again).toHaveBeenCalledTimes(1);
  });

  it('is in words, with what the API said in small print', () => {
    const detail = 'The field must match pattern "^(?!\\.{1,2}$)[A-Za-z0-9_.:@-]{1,128}$"';
    draw(<Problem error={problem(400, { code: 'invalid_request', detail, field: 'ownerId' })} />);
    for (const told of ['An id is 1 to 128 letters', `The API says: ${detail}`, 'ownerId'])
      expect(screen.getByRole('alert').textContent).toContain(told);
  });

  it('says once what its title says', () => {
    draw(<Problem error={problem(409, { code: 'ledger_exists', title: 'The ledger exists', detail: 'The ledger exists.' })} />);
    expect(screen.getByRole('alert').textContent.match(/The ledger exists/g)).toHaveLength(1);
  });

  it('of a session that ended is one line, but for what may have been done', () => {
    const { container, unmount } = draw(<Problem error={problem(401, ended)} onRetry={() => undefined} />);
    expect(container.textContent).toContain('Your session ended. Sign in, then try again.');
    expect(container.textContent).not.toMatch(/bearer|Authorization/);
    expect(screen.queryByRole('alert')).toBeNull();
    unmount();
    draw(<Problem error={problem(401, ended, { isOutcomeUnknown: true })} />);
    expect(screen.getByRole('alert').textContent).toContain('Whether it was done is not known.');
  });

  it.each([
    ['a read', null, false, 'on its own as soon as the gateway answers'],
    ['a command', 'k', true, 'It is not sent again on its own.'],
    ['an admin action', null, true, 'It is not sent again on its own.'],
  ])('without an answer says of %s whether it is asked again', (_, idempotencyKey, isOutcomeUnknown, told) => {
    draw(<Problem error={new LedgerFlowUnreachable('lost', { ...facts, idempotencyKey, isOutcomeUnknown })} />);
    expect(screen.getByRole('alert').textContent).toContain(told);
  });
});

describe('a query on the screen', () => {
  const query = (data: string | undefined, error: unknown = null) => ({ data, error, refetch: () => undefined });

  it.each([
    ['on its way', query(undefined), 'status', 'Loading'],
    ['refused', query(undefined, problem(403)), null, 'Not for you'],
    ['not there', query(undefined, problem(404)), null, 'There is no such thing'],
    ['absent', query(undefined, problem(404, absent)), null, 'There is no account alice2 in ledger demo'],
    ['failed', query(undefined, problem(500)), 'alert', 'T'],
  ])('%s', (_, asked, role, text) => {
    const { container } = draw(
      <Routes>
        <Route path="/ledgers/:ledger" element={<Answered query={asked}>{(data) => <p>{data}</p>}</Answered>} />
      </Routes>,
      { path: '/ledgers/demo' },
    );
    if (role !== null) expect(screen.getByRole(role)).toBeTruthy();
    expect(`${container.textContent} ${screen.queryByRole('status')?.getAttribute('aria-label') ?? ''}`).toContain(text);
  });

  it('leads on from what is not there', () => {
    draw(
      <Answered query={query(undefined, problem(404, absent))} wayOn={{ to: '/ledgers/demo/accounts', label: 'All accounts' }}>
        {(data) => <p>{data}</p>}
      </Answered>,
    );
    expect(screen.getByText('There is no account alice2')).toBeTruthy();
    expect(screen.getByRole('link', { name: 'All accounts' }).getAttribute('href')).toBe('/ledgers/demo/accounts');
  });

  it('keeps what it had when asking again fails', () => {
    draw(<Answered query={query('the truth', problem(503))}>{(data) => <p>{data}</p>}</Answered>);
    expect(screen.getByText('the truth')).toBeTruthy();
    expect(screen.getByRole('alert')).toBeTruthy();
  });

  it('does not repeat what the bar says: that the session ended', () => {
    const { container } = draw(<Answered query={query('the truth', problem(401, ended))}>{(data) => <p>{data}</p>}</Answered>);
    expect(container.textContent).toContain('the truth');
    expect(container.textContent).not.toContain('session');
  });
});
