import { table } from '../terminal/index.ts';
import type { ResultRow } from './result.ts';

interface Target {
  what: string;
  row: string;
  /** Field of the row. */
  field: string;
  atLeast: number;
  stretch: number;
  /** Whether less is better. */
  isLimit: boolean;
  unit: string;
  note?: (row: ResultRow) => string;
  /** Whether it was measured as the target says; without it a good figure proves nothing. */
  requires?: (row: ResultRow) => boolean;
  /** What else the target asks for: a figure without it is not met, however good. */
  alsoHolds?: (row: ResultRow) => boolean;
}

const ENTRIES_ASKED = 1_000_000;
const RECORDS_ASKED = 1_000_000;
const STREAMS_ASKED = 1_000;
const LOAD_SECONDS_ASKED = 60;

const hasLoad = (row: ResultRow): boolean => Number(row['loadSeconds']) >= LOAD_SECONDS_ASKED;
const isUnshed = (row: ResultRow): boolean => row['shed'] === 0;
const sheds = (row: ResultRow): string => (isUnshed(row) ? '' : `${String(row['shed'])} shed`);

const onFeed = (row: ResultRow): string => [`${String(row['feed'])} feed`, sheds(row)].filter((text) => text !== '').join(', ');
const after = (row: ResultRow): string => `after ${String(row['loadSeconds'])} s`;
const entries = (row: ResultRow): string => `${Number(row['entries']).toLocaleString('en')} entries`;
const ofRecords = (row: ResultRow): string => `from ${Number(row['records']).toLocaleString('en')} records`;
const hasRows = (row: ResultRow): boolean => Number(row['rows']) >= ENTRIES_ASKED;
const ofRows = (row: ResultRow): string => `${Number(row['rows']).toLocaleString('en')} rows`;
const DRIFT = 'DriftMiB';

/** Each service with its memory and how that changed, and whether all count as flat. */
function services(row: ResultRow): string {
  const each = Object.entries(row)
    .filter(([name]) => name.endsWith(DRIFT))
    .map(([name, value]) => {
      const service = name.slice(0, -DRIFT.length);
      return `${service} ${Number(row[`${service}MiB`]).toFixed(0)} (${Number(value) >= 0 ? '+' : ''}${Number(value).toFixed(0)})`;
    });
  return `${each.join(', ')}; ${row['isFlat'] === true ? 'flat' : 'not flat'}, ${after(row)}`;
}

/** What LedgerFlow is meant to reach on two processors, the load generator included; ratios within one run, because figures move between machines. */
export const TARGETS: readonly Target[] = [
  {
    what: 'writer, transfers between 1,000 accounts',
    row: 'writer spread',
    field: 'ratioToPgbench',
    atLeast: 4,
    stretch: 6,
    isLimit: false,
    unit: 'pgbench',
  },
  {
    what: 'writer, one hot source account',
    row: 'writer hot',
    field: 'ratioToPgbench',
    atLeast: 4,
    stretch: 6,
    isLimit: false,
    unit: 'pgbench',
  },
  {
    what: 'HTTP, batches of 100 transfers',
    row: 'http batch 100',
    field: 'ratioToPgbench',
    atLeast: 2.5,
    stretch: 4,
    isLimit: false,
    unit: 'pgbench',
  },
  {
    what: 'HTTP, single transfers',
    row: 'http single',
    field: 'ratioToBareHttp',
    atLeast: 0.4,
    stretch: 0.7,
    isLimit: false,
    unit: 'bare',
  },
  {
    what: 'HTTP, balance read',
    row: 'http balance',
    field: 'ratioToBareGet',
    atLeast: 0.5,
    stretch: 0.8,
    isLimit: false,
    unit: 'bare GET',
  },
  {
    what: 'as-of balance, 1 % backdated',
    row: 'http as-of',
    field: 'ratioToBalance',
    atLeast: 0.8,
    stretch: 1,
    isLimit: false,
    unit: 'balance read',
    note: entries,
    requires: (row) => Number(row['entries']) >= ENTRIES_ASKED,
  },
  {
    what: 'builder apply',
    row: 'builder apply',
    field: 'ratioToHttpBatch',
    atLeast: 1,
    stretch: 1.5,
    isLimit: false,
    unit: 'http batch 100',
  },
  {
    what: 'lag after full rate',
    row: 'lag',
    field: 'value',
    atLeast: 2,
    stretch: 0.5,
    isLimit: true,
    unit: 's',
    note: after,
    requires: hasLoad,
  },
  {
    what: 'write to visible through Kafka at half load, p50',
    row: 'visibility kafka',
    field: 'p50Ms',
    atLeast: 60,
    stretch: 25,
    isLimit: true,
    unit: 'ms',
    note: onFeed,
    alsoHolds: isUnshed,
  },
  {
    what: 'write to visible through Kafka at half load, p99',
    row: 'visibility kafka',
    field: 'p99Ms',
    atLeast: 250,
    stretch: 100,
    isLimit: true,
    unit: 'ms',
    note: onFeed,
    alsoHolds: isUnshed,
  },
  {
    what: 'single transfer at half load, p50',
    row: 'half load',
    field: 'p50Ms',
    atLeast: 15,
    stretch: 8,
    isLimit: true,
    unit: 'ms',
    note: sheds,
    alsoHolds: isUnshed,
  },
  {
    what: 'single transfer at half load, p99',
    row: 'half load',
    field: 'p99Ms',
    atLeast: 60,
    stretch: 30,
    isLimit: true,
    unit: 'ms',
    note: sheds,
    alsoHolds: isUnshed,
  },
  {
    what: 'share of the rate of single transfers that authentication costs',
    row: 'http single open',
    field: 'authenticationCost',
    atLeast: 0.15,
    stretch: 0.05,
    isLimit: true,
    unit: 'of the rate',
    note: (row) => `${Math.round(Number(row['authenticationMicros']))} µs of the gateway's time`,
  },
  {
    what: 'p99 of what is admitted at 3 × the full rate',
    row: 'overload',
    field: 'p99ToHalfLoad',
    atLeast: 2,
    stretch: 1.5,
    isLimit: true,
    unit: '× half load',
    note: (row) => `${Math.round(Number(row['refusedShare']) * 100)} % refused, ${Number(row['notSent'])} not sent`,
  },
  {
    what: 'memory of the largest service',
    row: 'memory',
    field: 'value',
    atLeast: 250,
    stretch: 150,
    isLimit: true,
    unit: 'MiB',
    note: services,
    requires: hasLoad,
    alsoHolds: (row) => row['isFlat'] === true,
  },
  {
    what: 'memory of a gateway with 1,000 open event streams',
    row: 'streams',
    field: 'value',
    atLeast: 200,
    stretch: 150,
    isLimit: true,
    unit: 'MiB',
    note: (row) =>
      `${Number(row['beforeMiB']).toFixed(0)} before, ${Number(row['peakMiB']).toFixed(0)} at the most, ${Number(row['events']).toLocaleString('en')} events`,
    requires: (row) => Number(row['streams']) >= STREAMS_ASKED,
  },
  {
    what: 'page of a statement of 1,000,000 entries, p99',
    row: 'statement page',
    field: 'p99Ms',
    atLeast: 10,
    stretch: 5,
    isLimit: true,
    unit: 'ms',
    note: ofRows,
    requires: hasRows,
  },
  {
    what: 'account search among 1,000,000, p99',
    row: 'account search',
    field: 'p99Ms',
    atLeast: 30,
    stretch: 15,
    isLimit: true,
    unit: 'ms',
    note: ofRows,
    requires: hasRows,
  },
  {
    what: 'rebuild of the statement of 1,000,000 records',
    row: 'rebuild',
    field: 'value',
    atLeast: 60,
    stretch: 30,
    isLimit: true,
    unit: 's',
    note: ofRecords,
    requires: (row) => Number(row['records']) >= RECORDS_ASKED,
  },
  {
    what: 'rebuild of all projections of 1,000,000 records',
    row: 'rebuild all',
    field: 'value',
    atLeast: 60,
    stretch: 30,
    isLimit: true,
    unit: 's',
    note: ofRecords,
    requires: (row) => Number(row['records']) >= RECORDS_ASKED,
  },
  {
    what: 'the same of the statement with 1,000 transfers/s, whose lag stays under 2 s',
    row: 'rebuild under load',
    field: 'value',
    atLeast: 120,
    stretch: 60,
    isLimit: true,
    unit: 's',
    note: (row) => `${ofRecords(row)}, lag ${Number(row['lagSeconds']).toFixed(2)} s`,
    requires: (row) => Number(row['records']) >= RECORDS_ASKED,
    alsoHolds: (row) => Number(row['lagSeconds']) < 2,
  },
  { what: 'page of 100,000 dead letters, p99', row: 'dlq page', field: 'p99Ms', atLeast: 20, stretch: 5, isLimit: true, unit: 'ms' },
  { what: 'disk of the writer', row: 'disk', field: 'value', atLeast: 800, stretch: 600, isLimit: true, unit: 'bytes a transfer' },
  {
    what: 'verify of 1,000,000 records',
    row: 'verify',
    field: 'value',
    atLeast: 60,
    stretch: 30,
    isLimit: true,
    unit: 's',
    note: ofRecords,
    requires: (row) => Number(row['records']) >= RECORDS_ASKED,
  },
];

export type Verdict = 'stretch' | 'met' | 'NOT MET' | 'not at full size' | 'not measured';

export type Judged = Pick<Target, 'field' | 'atLeast' | 'stretch' | 'isLimit' | 'requires' | 'alsoHolds'>;

export function judge({ field, atLeast, stretch, isLimit, requires, alsoHolds }: Judged, row: ResultRow): Verdict {
  const measured = row[field];
  if (typeof measured !== 'number') return 'not measured';
  if (requires?.(row) === false) return 'not at full size';
  if (alsoHolds?.(row) === false) return 'NOT MET';
  const reaches = (wanted: number): boolean => (isLimit ? measured <= wanted : measured >= wanted);
  if (reaches(stretch)) return 'stretch';
  return reaches(atLeast) ? 'met' : 'NOT MET';
}

/** The targets that the rows measured say something about. */
export function targetTable(results: readonly ResultRow[]): string | null {
  const rows = TARGETS.flatMap((target) => {
    const row = results.find(({ name }) => name === target.row);
    if (row === undefined) return [];
    const field = row[target.field];
    const measured = typeof field === 'number' ? field : null;
    const sign = target.isLimit ? '≤' : '≥';
    return [
      [
        target.what,
        `${sign} ${target.atLeast}`,
        `${sign} ${target.stretch}`,
        measured === null ? '' : String(Number(measured.toPrecision(3))),
        `${target.isLimit ? '' : '× '}${target.unit}`,
        judge(target, row),
        measured === null ? '' : (target.note?.(row) ?? ''),
      ],
    ];
  });
  return rows.length === 0 ? null : table(['target', 'at least', 'stretch', 'measured', 'of', 'verdict', 'with'], rows);
}
