/** @jest-environment jsdom */
import { expect, it, jest } from '@jest/globals';
import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import { ZoneProvider, type Zone } from '../time/index.ts';
import { MomentField } from './moment-field.tsx';

const at = '2026-11-17T14:03:07.123456Z';
const later = '2026-11-17T14:03:07.123457Z';
const LATER = '2026-11-17 14:03:07.123457';

function shown(value: string | null, onChange = jest.fn<(value: string | null) => void>()) {
  const element = (given: string | null, zone: Zone = 'utc') => (
    <MantineProvider>
      <ZoneProvider zone={zone}>
        <MomentField label="Recorded at" value={given} onChange={onChange} />
      </ZoneProvider>
    </MantineProvider>
  );
  const { rerender } = render(element(value));
  const field = screen.getByRole<HTMLInputElement>('textbox');
  return { field, onChange, give: (next: string | null, zone?: Zone) => rerender(element(next, zone)) };
}
function typeAndEnter(field: HTMLInputElement, text: string): void {
  fireEvent.change(field, { target: { value: text } });
  fireEvent.keyDown(field, { key: 'Enter' });
}

it('shows six digits, or none of a whole second, and what an address holds that is no moment', () => {
  const { field, give } = shown(at);
  expect(field.value).toBe('2026-11-17 14:03:07.123456');
  give('2026-11-17T14:03:07.120000Z');
  expect(field.value).toBe('2026-11-17 14:03:07.120000');
  give('2026-11-17T14:03:07Z');
  expect(field.value).toBe('2026-11-17 14:03:07');
  give('yesterday');
  expect(field.value).toBe('yesterday');
  expect(field.getAttribute('aria-invalid')).toBe('true');
});

it('keeps what was taken until its value comes, which may be later, and never what was before', () => {
  const { field, onChange, give } = shown(at);
  typeAndEnter(field, LATER);
  expect(onChange.mock.calls).toEqual([[later]]);
  expect(field.value).toBe(LATER);
  give(at);
  expect(field.value).toBe(LATER);
  give(later);
  expect(field.value).toBe(LATER);
  give(at);
  expect(field.value).toBe('2026-11-17 14:03:07.123456');
});

it('keeps what is being typed when a value comes meanwhile', () => {
  const { field, give } = shown(null);
  fireEvent.change(field, { target: { value: '2026-11-17 14:0' } });
  give(at);
  expect(field.value).toBe('2026-11-17 14:0');
});

it('takes RFC 3339, tells of no time, and asks nothing for it', () => {
  const { field, onChange } = shown(null);
  typeAndEnter(field, '2026-02-30 10:00:00');
  expect(onChange).not.toHaveBeenCalled();
  expect(screen.getByText(/No such time/)).toBeDefined();
  typeAndEnter(field, at);
  expect(onChange.mock.calls).toEqual([[at]]);
});

it('takes a day alone as its midnight, and shows it so', () => {
  const { field, onChange } = shown(null);
  typeAndEnter(field, '2026-11-22');
  expect(onChange.mock.calls).toEqual([['2026-11-22T00:00:00.000000Z']]);
  expect(field.value).toBe('2026-11-22 00:00:00');
});

it.each(['2026-11-17T14:03:07.1234567Z', '2026-11-17 14:03:07.1234567'])('takes none of what it would cut digits off: %s', (text) => {
  const { field, onChange } = shown(null);
  typeAndEnter(field, text);
  expect(onChange).not.toHaveBeenCalled();
  expect(screen.getByText('At most six digits after the point of the second')).toBeDefined();
});

it('is cleared even of what was just taken', () => {
  const { field, onChange } = shown(null);
  fireEvent.change(field, { target: { value: LATER } });
  fireEvent.blur(field);
  fireEvent.click(screen.getByRole('button', { name: 'Clear: Recorded at' }));
  expect(onChange.mock.calls).toEqual([[later], [null]]);
  expect(field.value).toBe('');
});

it('keeps the focus when it is cleared', () => {
  const { field, onChange } = shown(at);
  fireEvent.click(screen.getByRole('button', { name: 'Clear: Recorded at' }));
  expect(onChange.mock.calls).toEqual([[null]]);
  expect(document.activeElement).toBe(field);
});
