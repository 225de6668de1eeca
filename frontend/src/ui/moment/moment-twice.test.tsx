/** @jest-environment jsdom */
import { expect, it, jest } from '@jest/globals';
import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import * as instant from '../time/instant.ts';

const TWICE = '2026-10-25 02:30:00';
const SKIPPED = '2026-03-29 02:30:00';
const SECOND_ONE = '2026-10-25T01:30:00.000000Z';

// The zone of a test is that of the machine: what the clock of Berlin says is put in its place.
jest.unstable_mockModule('../time/instant.ts', () => ({
  ...instant,
  parseLocal: (text: string, zone: 'local' | 'utc') =>
    text === TWICE ? { offsets: ['+02:00', '+01:00'] } : text === SKIPPED && zone === 'local' ? null : instant.parseLocal(text, zone),
  gapOf: (text: string) => (text === SKIPPED ? { before: '2026-03-29 01:59:59', after: '2026-03-29 03:00:00' } : null),
  formatInstant: (at: string, ...rest: ['local' | 'utc', instant.Precision]) =>
    at === SECOND_ONE ? `${TWICE}.000000 +01:00` : instant.formatInstant(at, ...rest),
}));
const { MomentField } = await import('./moment-field.tsx');

it('asks which one of an hour that comes twice, takes it, and shows it so', () => {
  const onChange = jest.fn<(value: string | null) => void>();
  render(
    <MantineProvider>
      <MomentField label="Recorded at" value={null} onChange={onChange} />
    </MantineProvider>,
  );
  const field = screen.getByRole<HTMLInputElement>('textbox');
  const enter = (text: string): void => {
    fireEvent.change(field, { target: { value: text } });
    fireEvent.keyDown(field, { key: 'Enter' });
  };
  enter(TWICE);
  expect(onChange).not.toHaveBeenCalled();
  expect(screen.getByText('This hour comes twice. Write +02:00 or +01:00 behind it.')).toBeDefined();
  enter(`${TWICE} +01:00`);
  expect(onChange.mock.calls).toEqual([[SECOND_ONE]]);
  expect(field.value).toBe(`${TWICE} +01:00`);
});

it('says of a time that the clock leaves out what comes before and after', () => {
  const onChange = jest.fn<(value: string | null) => void>();
  render(
    <MantineProvider>
      <MomentField label="Recorded at" value={null} onChange={onChange} />
    </MantineProvider>,
  );
  const field = screen.getByRole('textbox');
  fireEvent.change(field, { target: { value: SKIPPED } });
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(onChange).not.toHaveBeenCalled();
  expect(screen.getByText('The clock leaves that time out: 2026-03-29 01:59:59 is followed by 2026-03-29 03:00:00.')).toBeDefined();
});
