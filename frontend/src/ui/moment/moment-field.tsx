import { ActionIcon, CloseButton, Group, Loader, Popover, TextInput, type TextInputProps } from '@mantine/core';
import { CalendarIcon } from '@heroicons/react/24/outline';
import { lazy, Suspense, useState } from 'react';
import { formatInstant, type Instant, parseInstant, parseLocal, useZone, type Zone } from '../time/index.ts';

const Picker = lazy(() => import('./picker.tsx'));

const strings = {
  placeholder: '2026-11-17 14:03:07.123456',
  pick: (label: string) => `${label}: choose a day and a time`,
  clear: (label: string) => `${label}: clear`,
  wrong: 'No such time. Write 2026-11-17 14:03:07, with up to six digits after a point',
  zones: { local: 'your zone', utc: 'UTC' },
} as const;
const ICON = 16;

/** To the microsecond, without the zeros that say nothing. */
function textOf(value: string, zone: Zone): string {
  const at = parseInstant(value);
  return at === null
    ? value
    : formatInstant(at, zone, 'micro')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
}

export interface MomentFieldProps extends Omit<TextInputProps, 'value' | 'onChange' | 'error' | 'label'> {
  label: string;
  /** A moment of the API; what is none (an address may hold anything) is shown as it is. null: none chosen. */
  value: Instant | null;
  onChange: (value: Instant | null) => void;
}

/** A moment: written to the microsecond, or a day and a second chosen; in the zone in which times are shown. RFC 3339 is taken too. */
export function MomentField({ label, value, onChange, ...rest }: MomentFieldProps) {
  const zone = useZone();
  const [draft, setDraft] = useState<string | null>(null);
  const [isOpen, setOpen] = useState(false);
  const text = draft ?? (value === null ? '' : textOf(value, zone));
  const parsed = parseLocal(text, zone) ?? parseInstant(text.trim());
  const isWrong = text.trim() !== '' && parsed === null;
  const take = (): void => {
    if (isWrong || draft === null) return;
    setDraft(null);
    if (parsed !== value) onChange(parsed);
  };
  const picker = (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus shadow="md">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="md" aria-label={strings.pick(label)} onClick={() => setOpen(!isOpen)}>
          <CalendarIcon width={ICON} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Suspense fallback={<Loader size="sm" />}>
          <Picker
            value={parsed === null ? null : formatInstant(parsed, zone, 'second')}
            onChange={(chosen) => {
              setDraft(null);
              const at = parseLocal(chosen, zone);
              // An hour that the clock leaves out is none.
              if (at !== null) onChange(at);
            }}
            onDone={() => setOpen(false)}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
  const clear = (
    <CloseButton
      size="sm"
      aria-label={strings.clear(label)}
      onClick={() => {
        setDraft(null);
        onChange(null);
      }}
    />
  );
  return (
    <TextInput
      {...rest}
      label={`${label} (${strings.zones[zone]})`}
      placeholder={strings.placeholder}
      value={text}
      error={isWrong ? strings.wrong : null}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
      rightSectionWidth={text === '' ? 36 : 62}
      rightSection={
        <Group gap={2} wrap="nowrap">
          {text === '' ? null : clear}
          {picker}
        </Group>
      }
    />
  );
}
