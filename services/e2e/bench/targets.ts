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
}

const onFeed = (row: ResultRow): string => `${String(row['feed'])} feed`;
const after = (row: ResultRow): string => `after ${String(row['loadSeconds'])} s`;
const entries = (row: ResultRow): string => `${Number(row['entries']).toLocaleString('en')} entries`;
const ofRecords = (row: ResultRow): string => `from ${Number(row['records']).toLocaleString('en')} records`;
const drifts = (row: ResultRow): string =>
  Object.entries(row)
    .filter(([name]) => name.endsWith('DriftMiB'))
    .map(([name, value]) => `${name.slice(0, -'DriftMiB'.length)} ${Number(value) >= 0 ? '+' : ''}${Number(value).toFixed(0)}`)
    .join(', ');

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
  { what: 'HTTP, balance read', row: 'http balance', field: 'ratioToBareHttp', atLeast: 0.5, stretch: 0.8, isLimit: false, unit: 'bare' },
  {
    what: 'as-of balance, 1 % backdated',
    row: 'http as-of',
    field: 'ratioToBalance',
    atLeast: 0.8,
    stretch: 1,
    isLimit: false,
    unit: 'balance read',
    note: entries,
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
  { what: 'lag after full rate', row: 'lag', field: 'value', atLeast: 2, stretch: 0.5, isLimit: true, unit: 's', note: after },
  {
    what: 'write to visible at half load, p50',
    row: 'visibility',
    field: 'p50Ms',
    atLeast: 60,
    stretch: 25,
    isLimit: true,
    unit: 'ms',
    note: onFeed,
  },
  {
    what: 'write to visible at half load, p99',
    row: 'visibility',
    field: 'p99Ms',
    atLeast: 250,
    stretch: 100,
    isLimit: true,
    unit: 'ms',
    note: onFeed,
  },
  { what: 'single transfer at half load, p50', row: 'half load', field: 'p50Ms', atLeast: 15, stretch: 8, isLimit: true, unit: 'ms' },
  { what: 'single transfer at half load, p99', row: 'half load', field: 'p99Ms', atLeast: 60, stretch: 30, isLimit: true, unit: 'ms' },
  {
    what: 'memory of the largest service',
    row: 'memory',
    field: 'value',
    atLeast: 250,
    stretch: 150,
    isLimit: true,
    unit: 'MiB',
    note: drifts,
  },
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
  },
];

export type Verdict = 'stretch' | 'met' | 'NOT MET' | 'not measured';

export function judge({ atLeast, stretch, isLimit }: Pick<Target, 'atLeast' | 'stretch' | 'isLimit'>, measured: number | null): Verdict {
  if (measured === null) return 'not measured';
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
        judge(target, measured),
        measured === null ? '' : (target.note?.(row) ?? ''),
      ],
    ];
  });
  return rows.length === 0 ? null : table(['target', 'at least', 'stretch', 'measured', 'of', 'verdict', 'with'], rows);
}
