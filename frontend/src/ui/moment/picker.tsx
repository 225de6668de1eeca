import '@mantine/dates/styles.css';
import { Button, Group, Stack } from '@mantine/core';
import { DatePicker, TimePicker } from '@mantine/dates';

const LABELS = {
  previousMonth: 'Previous month',
  nextMonth: 'Next month',
  previousYear: 'Previous year',
  nextYear: 'Next year',
  previousDecade: 'Previous decade',
  nextDecade: 'Next decade',
};
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
        ariaLabels={LABELS}
      />
      <Group gap="xs" justify="space-between">
        <TimePicker
          aria-label="Time"
          value={time}
          withSeconds
          disabled={day === undefined}
          hoursInputLabel="Hours"
          minutesInputLabel="Minutes"
          secondsInputLabel="Seconds"
          onChange={(chosen) => {
            if (day !== undefined && chosen !== '') onChange(`${day} ${chosen}`);
          }}
        />
        <Button size="xs" onClick={onDone}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
