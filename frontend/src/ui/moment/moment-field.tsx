import { ActionIcon, CloseButton, Group, Loader, Popover, TextInput, type TextInputProps } from '@mantine/core';
import { CalendarIcon } from '@heroicons/react/24/outline';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { formatInstant, type Instant, parseInstant, parseLocal, type Twice, useZone, type Zone } from '../time/index.ts';
import { strings } from '../strings.ts';
import { explainMoment } from './explain.ts';

const text = strings.moment;

const Picker = lazy(() => import('./picker.tsx'));

const ICON = 16;
/** An offset may be behind it. */
const WHOLE_SECOND = /\.0+(?= |$)/;
/** `2026-11-17 14:03:07`, without what may be behind it. */
const SECOND_LENGTH = 19;

const momentOf = (typed: string, zone: Zone): Instant | Twice | null => parseLocal(typed, zone) ?? parseInstant(typed.trim());

export interface MomentFieldProps extends Omit<TextInputProps, 'value' | 'onChange' | 'label'> {
  label: string;
  /** As it is in the address, which may hold anything: what is no moment is shown as it is. null: none. */
  value: string | null;
  onChange: (value: Instant | null) => void;
  /** Of somebody else: what is no time the field says itself. */
  error?: ReactNode;
}

/** typed: by hand, until Enter or leaving. taken: given to onChange, and shown until the value is another: the address follows a little later. */
type Draft = { typed: string } | { taken: Instant | null };

function textOf(moment: Instant | null, zone: Zone): string {
  return moment === null ? '' : formatInstant(moment, zone, 'micro').replace(WHOLE_SECOND, '');
}

/**
 * A moment: written to the microsecond, or a day and a second chosen; in the zone in which times are shown. RFC 3339 is taken too. Enter, or leaving it, takes what was
 * written.
 */
export function MomentField({ label, value, onChange, error, ...rest }: MomentFieldProps) {
  const zone = useZone();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [seen, setSeen] = useState(value);
  const [isOpen, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  if (seen !== value) {
    setSeen(value);
    if (draft !== null && 'taken' in draft) setDraft(null);
  }
  const given = value === null ? null : parseInstant(value);
  const shown = draft === null && given === null ? (value ?? '') : textOf(draft !== null && 'taken' in draft ? draft.taken : given, zone);
  const written = draft !== null && 'typed' in draft ? draft.typed : shown;
  const read = momentOf(written, zone);
  const parsed = typeof read === 'object' ? null : read;
  const isWrong = written.trim() !== '' && parsed === null;
  // What is written of a time that the clock leaves out or shows twice is in it as well.
  const inPicker =
    parsed !== null ? formatInstant(parsed, zone) : parseLocal(written, 'utc') === null ? null : written.trim().replace('T', ' ');
  const give = (moment: Instant | null): void => {
    setDraft({ taken: moment });
    onChange(moment);
  };
  const take = (): void => {
    if (!isWrong && draft !== null && 'typed' in draft) give(parsed);
  };
  // The button goes with what it clears.
  const clear = (): void => {
    field.current?.focus();
    give(null);
  };
  const picker = (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus shadow="md">
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="md" aria-label={text.pick(label)} onClick={() => setOpen(!isOpen)}>
          <CalendarIcon width={ICON} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Suspense fallback={<Loader size="sm" />}>
          <Picker
            value={inPicker?.slice(0, SECOND_LENGTH) ?? null}
            onChange={(chosen) => {
              const at = parseLocal(chosen, zone);
              if (typeof at === 'string') give(at);
              // Which of two it is remains to be written; that the clock leaves it out is said.
              else setDraft({ typed: chosen });
            }}
            onDone={() => setOpen(false)}
          />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
  return (
    <TextInput
      className="time"
      spellCheck={false}
      autoComplete="off"
      {...rest}
      ref={field}
      label={`${label} (${text.zones[zone]})`}
      placeholder={text.placeholder}
      value={written}
      error={isWrong ? explainMoment(written, zone) : error}
      onChange={(event) => setDraft({ typed: event.currentTarget.value })}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
      rightSectionWidth={written === '' ? 36 : 62}
      rightSection={
        <Group gap={2} wrap="nowrap">
          {written === '' ? null : <CloseButton size="sm" aria-label={text.clear(label)} onClick={clear} />}
          {picker}
        </Group>
      }
    />
  );
}
