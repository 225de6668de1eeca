/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import { type Account, LedgerFlowProblem } from '@ledgerflow/client';
import { useQuery } from '@tanstack/react-query';
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { ledgerflow } from '../../../api/client.ts';
import { keys } from '../../../api/keys.ts';
import { draw } from '../../../testing/render.tsx';
import { strings } from '../strings.ts';
import { ChangeStatus } from './change-status.tsx';

afterEach(() => {
  cleanup();
  jest.restoreAllMocks();
});

const account = { id: 'alice', currency: 'USD', status: 'open', posted: '0.00', held: '0.00', version: '1' } as Account;

it('closes when the command is done, however long what it changed takes to be read again', async () => {
  const frozen = jest.spyOn(ledgerflow, 'freezeAccount').mockResolvedValue({ ...account, status: 'frozen' } as never);
  const read = jest
    .fn<() => Promise<string>>()
    .mockResolvedValueOnce('accounts')
    .mockReturnValue(new Promise(() => undefined));
  const List = () => <output>{useQuery({ queryKey: keys.all('listAccounts', 'shop'), queryFn: read }).data}</output>;
  const onClose = jest.fn();
  draw(
    <>
      <List />
      <ChangeStatus ledger="shop" account={account} change="freeze" onClose={onClose} />
    </>,
  );
  await screen.findByText('accounts');
  fireEvent.change(screen.getByLabelText(new RegExp(strings.change.reason)), { target: { value: 'why' } });
  fireEvent.click(screen.getByText(strings.account.freeze));
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1));
  expect([frozen, read].map(({ mock }) => mock.calls.length)).toEqual([1, 2]);
});

it('says what is wrong with a reason in words, cuts nothing, and sends none that is too long', async () => {
  const detail = 'The field must match pattern "\\S"';
  const refusal = new LedgerFlowProblem(
    { code: 'invalid_request', status: 400, title: 'The request does not fit its schema', detail, field: 'reason' },
    { operation: 'freezeAccount', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown: false },
  );
  const frozen = jest.spyOn(ledgerflow, 'freezeAccount').mockRejectedValue(refusal);
  draw(<ChangeStatus ledger="shop" account={account} change="freeze" onClose={() => undefined} />);
  const field = await screen.findByLabelText<HTMLTextAreaElement>(new RegExp(strings.change.reason));
  const submit = (): boolean => fireEvent.click(screen.getByText(strings.account.freeze));
  fireEvent.change(field, { target: { value: 'x'.repeat(1_025) } });
  submit();
  await screen.findByText('At most 1024 characters.');
  expect([field.value.length, field.maxLength, frozen.mock.calls.length]).toEqual([1_025, -1, 0]);
  fireEvent.change(field, { target: { value: '\u200b' } });
  submit();
  await screen.findByText('It may not be empty');
  expect(screen.queryByText(detail)).toBeNull();
});

it('goes under another key after the refusal of the ledger, and under the same one after anything else', async () => {
  const failure = (status: number, code: string, isOutcomeUnknown: boolean) =>
    new LedgerFlowProblem(
      { code, status, title: code, detail: code },
      { operation: 'closeAccount', attempts: 1, idempotencyKey: 'k', isOutcomeUnknown },
    );
  const closed = jest
    .spyOn(ledgerflow, 'closeAccount')
    .mockRejectedValueOnce(failure(500, 'internal', true))
    .mockRejectedValueOnce(failure(429, 'rate_limited', false))
    .mockRejectedValueOnce(failure(422, 'account_not_empty', false))
    .mockReturnValue(new Promise(() => undefined) as never);
  draw(<ChangeStatus ledger="shop" account={account} change="close" onClose={() => undefined} />);
  fireEvent.change(await screen.findByLabelText(new RegExp(strings.change.reason)), { target: { value: 'done' } });
  fireEvent.click(screen.getByLabelText(strings.change.closeConfirm));
  const form = screen.getByText(strings.change.closeSubmit).closest('form') as HTMLFormElement;
  for (const count of [1, 2, 3, 4]) {
    await act(async () => fireEvent.submit(form));
    await waitFor(() => expect(closed).toHaveBeenCalledTimes(count));
  }
  const [first, second, third, fourth] = closed.mock.calls.map(([, options]) => options?.idempotencyKey);
  expect([second, third]).toEqual([first, first]);
  expect(fourth).not.toBe(first);
});
