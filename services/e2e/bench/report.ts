import { table } from '../terminal/index.ts';
import { type ResultRow, rounded } from './result.ts';
import { targetTable } from './targets.ts';

const NONE = '';
const PERCENT = 100;

function figure(value: number | null): string {
  if (value === null) return NONE;
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return String(rounded(value) === null ? NONE : Number(value.toPrecision(3)));
}

const ratio = (value: number | null): string => (value === null ? NONE : value.toFixed(2));

/** The rows, one a line. */
export function resultTable(results: readonly ResultRow[]): string {
  return table(
    ['row', 'median', 'range', 'counts', '× pgbench', '× bare', '× bare GET', 'p50 ms', 'p99 ms'],
    results.map((row) => [
      row.name,
      figure(row.rate ?? row.value),
      row.rounds > 1 && row.min !== null ? `${figure(row.min)}–${figure(row.max)}` : NONE,
      row.rate === null ? row.unit : `${row.unit}/s`,
      ratio(row.ratioToPgbench),
      ratio(row.ratioToBareHttp),
      ratio(row.ratioToBareGet),
      figure(row.p50Ms),
      figure(row.p99Ms),
    ]),
  );
}

/** What bounds each row: where its processor time goes, and how much write-ahead log a unit is. `busy` is of all processors; the rest of their time they waited for the disk or for each other. */
export function cpuTable(results: readonly ResultRow[]): string | null {
  const rows = results.filter(({ cpuMicrosPerUnit }) => Object.values(cpuMicrosPerUnit).some((micros) => micros !== null));
  if (rows.length === 0) return null;
  const names = [...new Set(rows.flatMap(({ cpuMicrosPerUnit }) => Object.keys(cpuMicrosPerUnit)))];
  return table(
    ['CPU µs a unit', ...names, 'all', 'busy', 'WAL bytes'],
    rows.map((row) => {
      const sum = Object.values(row.cpuMicrosPerUnit).reduce<number>((total, micros) => total + (micros ?? 0), 0);
      const busy = row.busy === null ? NONE : `${Math.round(row.busy * PERCENT)} %`;
      return [row.name, ...names.map((name) => figure(row.cpuMicrosPerUnit[name] ?? null)), figure(sum), busy, figure(row.walBytesPerUnit)];
    }),
  );
}

export function memoryTable(results: readonly ResultRow[]): string | null {
  const rows = results.filter(({ memoryMiB }) => Object.keys(memoryMiB).length > 0);
  if (rows.length === 0) return null;
  const names = [...new Set(rows.flatMap(({ memoryMiB }) => Object.keys(memoryMiB)))];
  return table(
    ['MiB at the end', ...names],
    rows.map(({ name, memoryMiB }) => [name, ...names.map((process) => figure(memoryMiB[process] ?? null))]),
  );
}

const SHAPE = new Set([
  'name',
  'rate',
  'ratioToPgbench',
  'ratioToBareHttp',
  'ratioToBareGet',
  'p50Ms',
  'p99Ms',
  'unit',
  'value',
  'min',
  'max',
  'rounds',
  'cpuMicrosPerUnit',
  'busy',
  'walBytesPerUnit',
  'memoryMiB',
]);

/** What else the rows found, a line each. */
export function extraLines(results: readonly ResultRow[]): string | null {
  const lines = results.flatMap((row) => {
    const extras = Object.entries(row).filter(([name, value]) => !SHAPE.has(name) && value !== null);
    const said = extras.map(([name, value]) => `${name} ${typeof value === 'number' ? figure(value) : String(value)}`);
    return said.length === 0 ? [] : [`${row.name}: ${said.join(', ')}`];
  });
  return lines.length === 0 ? null : lines.join('\n');
}

/** Everything for people, in sections. */
export function report(results: readonly ResultRow[]): string {
  const sections = [resultTable(results), targetTable(results), cpuTable(results), memoryTable(results), extraLines(results)];
  return sections.filter((section) => section !== null).join('\n\n');
}
