/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import { draw } from '../../testing/render.tsx';
import type { Repairing } from './queries.ts';
import { RetryAll } from './retry-all.tsx';

afterEach(cleanup);

const repairing: Repairing = { start: () => undefined, isBusy: false, repair: null, error: null, look: () => undefined };

it.each([
  [true, 'Nothing is parked'],
  [false, ''],
])('can not be asked for when nothing is parked, and says so: %s', (isNothing, reason) => {
  draw(<RetryAll ledger="" repairing={repairing} isNothing={isNothing} />);
  const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Retry all' });
  expect([button.disabled, button.title]).toEqual([isNothing, reason]);
});
