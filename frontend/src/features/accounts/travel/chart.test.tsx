/** @jest-environment jsdom */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { cleanup, createEvent, fireEvent, screen } from '@testing-library/react';
import { draw } from '../../../testing/render.tsx';
import Chart from './chart.tsx';

const POINTER = 7;
const held = new Set<number>();
const picks: [number, boolean][] = [];
const onHover = jest.fn();

// The document of the tests has no pointers.
beforeEach(() => {
  Object.assign(Element.prototype, {
    setPointerCapture: (id: number) => held.add(id),
    hasPointerCapture: (id: number) => held.has(id),
    getBoundingClientRect: () => ({ left: 0, width: 100 }),
  });
  draw(
    <Chart
      points={[]}
      isSampled={false}
      span={{ from: 0, to: 1_000 }}
      zone="utc"
      micros={null}
      valueText=""
      onPick={(micros, isDone) => picks.push([micros, isDone])}
      onStep={() => undefined}
      onHover={onHover}
      onCancel={() => undefined}
    />,
  );
});
afterEach(() => {
  cleanup();
  held.clear();
  picks.length = 0;
  onHover.mockClear();
});

function hand(type: 'pointerDown' | 'pointerMove' | 'pointerUp', place: { clientX: number; button?: number; buttons?: number }): void {
  const slider = screen.getByRole('slider');
  const event = createEvent[type](slider);
  for (const [name, value] of Object.entries({ pointerId: POINTER, button: 0, buttons: 1, ...place }))
    Object.defineProperty(event, name, { value });
  fireEvent(slider, event);
}

it('picks where a hand that began on it drags and lets go', () => {
  hand('pointerMove', { clientX: 5, buttons: 0 });
  expect(onHover).toHaveBeenCalledWith(50);
  hand('pointerDown', { clientX: 10 });
  hand('pointerMove', { clientX: 20 });
  hand('pointerUp', { clientX: 30, buttons: 0 });
  expect(picks).toEqual([
    [100, false],
    [200, false],
    [300, true],
  ]);
});

it('picks nothing for a hand that drags over it from elsewhere, nor for another button', () => {
  hand('pointerMove', { clientX: 20 });
  hand('pointerUp', { clientX: 30, buttons: 0 });
  hand('pointerDown', { clientX: 10, button: 2, buttons: 2 });
  hand('pointerMove', { clientX: 20, buttons: 2 });
  expect(picks).toEqual([]);
  expect(held.size).toBe(0);
});
