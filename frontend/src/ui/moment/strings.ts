export const strings = {
  placeholder: '2026-11-17 14:03:07.123456',
  /** Not begun with the field's own label: a name is looked for by its beginning. */
  pick: (label: string) => `Choose a day and a time: ${label}`,
  clear: (label: string) => `Clear: ${label}`,
  wrong: 'No such time. Write 2026-11-17 14:03:07, with up to six digits after a point',
  zones: { local: 'your zone', utc: 'UTC' },
  time: 'Time',
  hours: 'Hours',
  minutes: 'Minutes',
  seconds: 'Seconds',
  done: 'Done',
  calendar: {
    previousMonth: 'Previous month',
    nextMonth: 'Next month',
    previousYear: 'Previous year',
    nextYear: 'Next year',
    previousDecade: 'Previous decade',
    nextDecade: 'Next decade',
  },
} as const;
