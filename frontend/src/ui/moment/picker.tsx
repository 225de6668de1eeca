import '@mantine/dates/styles.css';
import { Button, Group, Stack } from '@mantine/core';
import { DatePicker, TimePicker } from '@mantine/dates';
import { strings } from '../strings.ts';

const text = strings.moment;

const MIDNIGHT = '00:00:00';

/** Loaded when it is opened. Values are `2026-11-17 14:03:07`. */
export default function Picker({
  value,
  onChange,
  onDone,
}: {
  value: string | null;
  onChange: (value: string) => void;
  onDone: () => void;
}) {
  const [day, time = MIDNIGHT] = value?.split(' ') ?? [];
  return (
    <Stack gap="sm">
      <DatePicker
        value={day ?? null}
        {...(day === undefined ? {} : { defaultDate: day })}
        onChange={(chosen) => {
          if (chosen !== null) onChange(`${chosen} ${time}`);
        }}
        firstDayOfWeek={1}
        hideOutsideDates
        // Its red of days off is 3.3 : 1 on white.
        weekendDays={[]}
        ariaLabels={text.calendar}
      />
      <Group gap="xs" justify="space-between">
        <TimePicker
          aria-label={text.time}
          value={time}
          withSeconds
          disabled={day === undefined}
          hoursInputLabel={text.hours}
          minutesInputLabel={text.minutes}
          secondsInputLabel={text.seconds}
          onChange={(chosen) => {
            if (day !== undefined && chosen !== '') onChange(`${day} ${chosen}`);
          }}
        />
        <Button size="xs" onClick={onDone}>
          {text.done}
        </Button>
      </Group>
    </Stack>
  );
}
