/** All English of `ui/`. */
export const strings = {
  copied: 'Copied',
  copyLink: 'Copy link',
  filters: (count: number) => (count === 0 ? 'Filters' : `Filters (${count})`),
  clearFilters: 'Clear filters',
  pageTitle: (title: string) => `${title} · LedgerFlow`,

  characters: (count: string, isJson: boolean) => `${count} characters${isJson ? '' : ', not JSON'}`,
  copy: (label: string) => `Copy: ${label}`,
  download: 'Download',
  isCut: 'Only the beginning is shown.',
  showAll: 'Show all',

  faults: {
    empty: 'Enter an amount.',
    characters: 'Digits only, with a point before the decimals.',
    sign: 'Without a sign.',
    separators: 'The digits are not in groups of three. Write it without separators, as 1234.56.',
    ambiguous: 'That may be read with or without decimals. Write 1234 or 1.234.',
    decimals: (currency: string, scale: number) =>
      scale === 0 ? `${currency} has no decimals.` : `${currency} has ${scale} decimal${scale === 1 ? '' : 's'} at most.`,
    digits: (max: number) => `At most ${max} digits, decimals included.`,
    zero: 'More than zero.',
  },

  unreachable: 'The gateway cannot be reached',
  unreachableDetail: 'No answer came. It is tried again as soon as you ask.',
  unexpected: 'Something went wrong in this page',
  again: 'Try again',
  field: 'Field',
  request: 'Request',
  copyRequest: 'Copy the request id',
  unknownOutcome: 'Whether it was done is not known.',

  refused: 'Not for you',
  refusedDetail: 'Your roles or your grants do not include this. An administrator can give them.',
  missing: 'There is no such thing',
  loading: 'Loading',

  loadingMore: 'Loading more',
  exportCsv: 'Export CSV',
  exportStop: (rows: number) => `Stop (${rows} rows)`,
  exported: (rows: number) => `${rows} rows exported`,
  exportCut: (max: number) => `Only the first ${max} rows: narrow the filters for the rest.`,

  moment: {
    placeholder: '2026-11-17 14:03:07.123456',
    /** Not begun with the field's own label: a name is looked for by its beginning. */
    pick: (label: string) => `Choose a day and a time: ${label}`,
    clear: (label: string) => `Clear: ${label}`,
    wrong: 'No such time. Write 2026-11-17 14:03:07, with up to six digits after a point',
    twice: (first: string, second: string) => `This hour comes twice. Write ${first} or ${second} behind it.`,
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
  },
} as const;
