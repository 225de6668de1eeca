/** @jest-environment jsdom */
import { afterEach, expect, it } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import { draw } from '../../testing/render.tsx';
import { Notice } from './notice.tsx';

afterEach(cleanup);

it('interrupts nobody unless it has to, and is shown by an icon as well as by its colour', () => {
  draw(
    <>
      <Notice tone="well" title="Done" />
      <Notice tone="bad" role="alert">
        Wrong
      </Notice>
    </>,
  );
  expect([screen.getByRole('status').textContent, screen.getByRole('alert').textContent]).toEqual(['Done', 'Wrong']);
  expect(document.querySelectorAll('svg')).toHaveLength(2);
});
