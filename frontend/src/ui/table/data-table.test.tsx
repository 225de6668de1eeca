/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { draw } from '../../testing/render.tsx';
import { type Column, DataTable, EndKept, OneLine } from './index.ts';

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

describe('a narrow screen', () => {
  const columns: readonly Column<string>[] = [
    { id: 'id', title: 'Id', width: '90px', narrowWidth: '120px', cell: (row) => row, narrow: () => 'when' },
  ];
  const wide = window.matchMedia;
  const table = () => draw(<DataTable label="rows" columns={columns} rows={['first']} rowKey={(row) => row} />);
  const width = () => screen.getByRole('columnheader').style.width;

  afterEach(() => void (window.matchMedia = wide));

  it('shows in a second line what its columns have no room for', () => {
    window.matchMedia = (media) => Object.assign(wide(media), { matches: media === '(max-width: 48em)' });
    table();
    expect(screen.getByRole('cell').textContent).toBe('firstwhen');
    expect(width()).toContain('7.5rem');
  });

  it('is no other one', () => {
    table();
    expect(screen.getByRole('cell').textContent).toBe('first');
    expect(width()).toContain('5.625rem');
  });
});

describe('an id', () => {
  it('keeps its end when it is cut, and has all of itself as title', () => {
    const id = 'a-3039943921-mwrrq7k2x9hz4c';
    draw(<EndKept>{id}</EndKept>);
    const whole = screen.getByTitle(id);
    expect(whole.textContent).toBe(id);
    expect(whole.querySelector('.beginning')?.textContent).toBe('a-3039943921-mwrrq7');
  });
});
