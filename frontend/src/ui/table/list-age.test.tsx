/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { useInfiniteQuery } from '@tanstack/react-query';
import { act, cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { draw } from '../../testing/render.tsx';
import type { Held } from '../held/index.ts';
import { ListAge } from './index.ts';

afterEach(cleanup);

const FIRST_MS = Date.parse('2026-11-22T07:00:00Z');
let nowMs = FIRST_MS;
let clock: { mockRestore: () => void };
beforeEach(() => {
  nowMs = FIRST_MS;
  clock = jest.spyOn(Date, 'now').mockImplementation(() => nowMs);
});
afterEach(() => clock.mockRestore());

const asked: number[] = [];
let answer: (page: number) => Promise<number> = (page) => Promise.resolve(page);
function List({ held = null }: { held?: Held | null }) {
  const query = useInfiniteQuery({
    queryKey: ['list'],
    queryFn: ({ pageParam }) => {
      asked.push(pageParam);
      return answer(pageParam);
    },
    initialPageParam: 0,
    getNextPageParam: (page) => page + 1,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.data === undefined) return null;
  return (
    <>
      <ListAge queryKey={['list']} query={query} held={held}>
        {query.data.pages.length} pages
      </ListAge>
      <button type="button" onClick={() => void query.fetchNextPage()}>
        more
      </button>
    </>
  );
}

it('tells as of when its first page is, and loads it anew from there', async () => {
  draw(<List />);
  const line = async (text: string): Promise<void> => void (await screen.findByText((_, element) => element?.textContent === text));
  await line('1 pages, as of 2026-11-22 07:00:00');
  for (const pages of [2, 3]) {
    nowMs += 60_000;
    await userEvent.click(screen.getByText('more'));
    await line(`${pages} pages, as of 2026-11-22 07:00:00`);
  }
  let come: () => void = () => undefined;
  answer = (page) => new Promise((resolve) => (come = () => resolve(page)));
  nowMs += 60_000;
  await userEvent.click(screen.getByRole('button', { name: 'Refresh' }));
  // Nothing newer is there yet.
  await line('1 pages, as of 2026-11-22 07:00:00');
  expect(screen.getByLabelText('Loading')).toBeTruthy();
  act(() => come());
  await line('1 pages, as of 2026-11-22 07:03:00');
  expect(screen.queryByLabelText('Loading')).toBeNull();
  expect(asked).toEqual([0, 1, 2, 0]);
});

it('is as of when the read side is held, not of when it was read', async () => {
  answer = (page) => Promise.resolve(page);
  const { unmount } = draw(<List held={{ position: '12', recordedAt: '2026-11-21T09:00:00.000000Z' }} />);
  const isOf = async (text: string): Promise<void> => void (await screen.findByText((_, element) => element?.textContent === text));
  await isOf('1 pages, as of 2026-11-21 09:00:00');
  unmount();
  draw(<List held={{ position: '12', recordedAt: null }} />);
  await isOf('1 pages, as of position 12');
});
