/** @jest-environment jsdom */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { draw } from '../../testing/render.tsx';
import { useKeys } from './sequences.ts';

function Keys({ actions }: { actions: ReadonlyMap<string, () => void> }) {
  useKeys(actions);
  return <input aria-label="field" />;
}

afterEach(cleanup);

describe('keys', () => {
  const setUp = () => {
    const [search, accounts, audit] = [jest.fn(), jest.fn(), jest.fn()];
    const actions = new Map([
      ['/', search],
      ['g a', accounts],
      ['a', audit],
    ]);
    draw(<Keys actions={actions} />);
    return { search, accounts, audit };
  };

  it('go where they say: one, or g and a letter', async () => {
    const { search, accounts, audit } = setUp();
    await userEvent.keyboard('/');
    await userEvent.keyboard('ga');
    await userEvent.keyboard('a');
    expect([search, accounts, audit].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 1]);
  });

  it('are letters in a field, and nothing with a modifier', async () => {
    const { search, accounts, audit } = setUp();
    await userEvent.type(screen.getByLabelText('field'), '/ga');
    (document.activeElement as HTMLElement).blur();
    await userEvent.keyboard('{Control>}a{/Control}');
    expect([search, accounts, audit].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0]);
  });
});
