/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { draw } from '../../testing/render.tsx';
import { type Column, DataTable, OneLine } from './index.ts';

afterEach(cleanup);

describe('a row that leads somewhere', () => {
  const press = jest.fn();
  const onOpen = jest.fn();
  const columns: readonly Column<string>[] = [
    { id: 'id', title: 'Id', cell: (row) => <OneLine>{row}</OneLine> },
    { id: 'link', title: 'Link', cell: () => <a href="#other">other</a> },
    {
      id: 'button',
      title: 'Button',
      cell: () => (
        <button type="button" onClick={press}>
          <span>press</span>
        </button>
      ),
    },
  ];

  it('is opened by a press anywhere but on a link or a button in it', async () => {
    draw(<DataTable label="rows" columns={columns} rows={['first']} rowKey={(row) => row} onOpen={onOpen} />);
    await userEvent.click(screen.getByText('other'));
    await userEvent.click(screen.getByText('press'));
    expect([press, onOpen].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    await userEvent.click(screen.getByText('first'));
    expect(onOpen.mock.calls).toEqual([['first']]);
  });
});
