/** @jest-environment jsdom */
import { describe, expect, it } from '@jest/globals';
import { screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { useState } from 'react';
import { draw } from '../../testing/render.tsx';
import { MoneyInput } from './money-input.tsx';

function Field({ scale = 2, currency = 'USD' }: { scale?: number; currency?: string }) {
  const [text, setText] = useState('');
  return (
    <>
      <MoneyInput label="Amount" value={text} onChange={setText} scale={scale} currency={currency} />
      <output>{text}</output>
    </>
  );
}

const field = (): HTMLInputElement => screen.getByLabelText('Amount');
const told = (): string | null => screen.queryByRole('alert')?.textContent ?? null;

describe('MoneyInput', () => {
  it('asks for the keyboard of decimals, and is a text to the browser: none of its own rules for numbers apply', () => {
    draw(<Field />);
    expect(field().inputMode).toBe('decimal');
    expect(field().type).toBe('text');
  });

  it('says a decimal too many at once, to all: the field is marked, described, and the words announced', async () => {
    draw(<Field />);
    await userEvent.type(field(), '12.345');
    expect(told()).toBe('USD has 2 decimals at most.');
    expect(field().getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(field().getAttribute('aria-describedby') ?? '')?.textContent).toBe(told());
    await userEvent.type(field(), '{Backspace}');
    expect(told()).toBeNull();
  });

  it('lets one type on where more may mend it, and says what is wrong when it is left', async () => {
    draw(<Field />);
    await userEvent.type(field(), '1,234');
    expect(told()).toBeNull();
    await userEvent.tab();
    expect(told()).toBe('1,234 can be read as 1234 or 1.234: write 1234, or at most 2 decimals.');
    await userEvent.type(field(), '.5');
    expect(told()).toBeNull();
  });

  it.each([
    [2, '1,500 can be read as 1500 or 1.5: write 1500 or 1.50.'],
    [3, '1,500 can be read as 1500 or 1.5: write 1500 or 1.500.'],
    [1, '1,500 can be read as 1500 or 1.5: write 1500 or 1.5.'],
  ])('tells both ways to read a comma in the figures that were typed, with %i decimals', async (scale, words) => {
    draw(<Field scale={scale} />);
    await userEvent.type(field(), '1,500');
    await userEvent.tab();
    expect(told()).toBe(words);
  });

  it('writes what it understood plainly when it is left', async () => {
    draw(<Field />);
    await userEvent.click(field());
    await userEvent.paste('1 234,56');
    expect(field().value).toBe('1 234,56');
    await userEvent.tab();
    expect(field().value).toBe('1234.56');
    expect(screen.getByRole('status').textContent).toBe('1234.56');
  });

  it('keeps 38 digits as they were typed', async () => {
    draw(<Field scale={0} currency="JPY" />);
    const digits = '12345678901234567890123456789012345678';
    await userEvent.type(field(), digits);
    await userEvent.tab();
    expect(field().value).toBe(digits);
    await userEvent.type(field(), '9');
    expect(told()).toBe('At most 38 digits, decimals included.');
  });

  it('says nothing of an empty field', async () => {
    draw(<Field />);
    await userEvent.click(field());
    await userEvent.tab();
    expect(told()).toBeNull();
  });
});
