/** @jest-environment jsdom */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { act, cleanup, fireEvent, screen } from '@testing-library/react';
import { draw } from '../../testing/render.tsx';
import { Copy, CopyLink } from './index.ts';

const write = jest.fn<(text: string) => Promise<void>>();

beforeEach(() => {
  write.mockReset();
  Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: write } });
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(navigator, 'clipboard');
});

describe('a button that copies', () => {
  const press = (name: string): Promise<void> => act(async () => void fireEvent.click(screen.getByRole('button', { name })));
  const told = (): string => [...document.querySelectorAll('[aria-live="polite"]')].map(({ textContent }) => textContent).join('');

  it.each([
    ['an id', <Copy key="id" value="r-1" label="Copy the id" />, 'Copy the id'],
    ['a link', <CopyLink key="link" value="r-1" />, 'Copy link'],
  ])('tells those who do not see it: %s', async (_, part, name) => {
    write.mockResolvedValue(undefined);
    draw(part);
    expect([document.querySelectorAll('[aria-live="polite"]').length, told()]).toEqual([1, '']);
    await press(name);
    expect(told()).toBe('Copied');
    expect(write.mock.calls).toEqual([['r-1']]);
  });

  it('tells nothing when it could not', async () => {
    write.mockRejectedValue(new Error('not allowed'));
    draw(<Copy value="r-1" label="Copy the id" />);
    await press('Copy the id');
    expect(write).toHaveBeenCalledTimes(1);
    expect(told()).toBe('');
  });
});
