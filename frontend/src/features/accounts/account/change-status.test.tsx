/** @jest-environment jsdom */
import { afterEach, expect, it, jest } from '@jest/globals';
import type { Account } from '@ledgerflow/client';
import { useQuery } from '@tanstack/react-query';
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
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
