export type Extra = number | string | boolean | null;

/** What one run of one row found. */
export interface Sample {
  /** Units of work a second; null where a rate makes no sense. */
  rate: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
  /** The figure of a row that has no rate, in `unit`. */
  value?: number | null;
  /** Work done while it was measured: what CPU time is divided by. */
  units?: number;
  /** Whatever else is worth saying; numbers are reported as their median over the rounds. */
  extra?: Record<string, Extra>;
}

export interface Usage {
  /** CPU microseconds of each process while the row was measured. */
  cpuMicros: Record<string, number | null>;
  /** Resident bytes of each process at the end, and the mean of the first and the last third. */
  memory: Record<string, { endBytes: number; firstThirdBytes: number; lastThirdBytes: number }>;
  seconds: number;
  /** Write-ahead log of the whole server meanwhile. */
  walBytes?: number;
}

export type MeasuredSample = Sample & { usage: Usage | null };

/** One row of the result, in the shape that `--json` prints. */
export interface ResultRow {
  name: string;
  rate: number | null;
  ratioToPgbench: number | null;
  ratioToBareHttp: number | null;
  /** Of reads only: to what a bare Express process answers a GET with. */
  ratioToBareGet: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
  /** What `rate` counts in a second, or the unit of `value`. */
  unit: string;
  value: number | null;
  /** Lowest and highest of the rounds, of `rate` or else of `value`. */
  min: number | null;
  max: number | null;
  rounds: number;
  /** CPU microseconds a unit of work, by process. */
  cpuMicrosPerUnit: Record<string, number | null>;
  /** Share of all processors' time that was used while the row was measured, from 0 to 1. */
  busy: number | null;
  /** Bytes of write-ahead log a unit of work, full-page images included. */
  walBytesPerUnit: number | null;
  /** Mebibytes resident at the end of the row, by process. */
  memoryMiB: Record<string, number>;
  [extra: string]: unknown;
}

const MEBIBYTE = 1024 * 1024;
const MICROS_PER_SECOND = 1e6;

/** The middle one; of an even number the mean of the two in the middle. Null of none. */
export function median(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value)).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const middle = known.length >> 1;
  const high = known[middle] as number;
  return known.length % 2 === 1 ? high : ((known[middle - 1] as number) + high) / 2;
}

/** To the figures that carry meaning: four. */
export function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(4));
}

function medians<T>(items: readonly (Record<string, T> | undefined)[], pick: (value: T) => number | null): Record<string, number | null> {
  const names = new Set(items.flatMap((item) => Object.keys(item ?? {})));
  return Object.fromEntries(
    [...names].map((name) => [name, rounded(median(items.map((item) => (item?.[name] === undefined ? null : pick(item[name])))))]),
  );
}

function extras(samples: readonly Sample[]): Record<string, Extra> {
  const last = samples.at(-1)?.extra ?? {};
  return Object.fromEntries(
    Object.entries(last).map(([name, value]) => [
      name,
      typeof value === 'number' ? rounded(median(samples.map(({ extra }) => extra?.[name] as number))) : value,
    ]),
  );
}

/** Null unless the CPU time of anything is known. */
function busyOf({ usage }: MeasuredSample, processors: number): number | null {
  const known = Object.values(usage?.cpuMicros ?? {}).filter((micros): micros is number => micros !== null);
  if (usage === null || known.length === 0 || usage.seconds === 0) return null;
  return known.reduce((sum, micros) => sum + micros, 0) / (usage.seconds * MICROS_PER_SECOND * processors);
}

function walPerUnit({ usage, units }: MeasuredSample): number | null {
  return usage?.walBytes === undefined || units === undefined || units === 0 ? null : usage.walBytes / units;
}

/** The rounds of one row as one; ratios are filled in when every row is known. */
export function combine(name: string, unit: string, samples: readonly MeasuredSample[], processors: number): ResultRow {
  const rates = samples.map(({ rate }) => rate);
  const values = samples.map(({ value }) => value ?? null);
  const spread = (rates.some((rate) => rate !== null) ? rates : values).filter((one): one is number => one !== null);
  const perUnit = samples.map(({ usage, units }) =>
    usage === null || units === undefined || units === 0
      ? undefined
      : Object.fromEntries(Object.entries(usage.cpuMicros).map(([process, micros]) => [process, micros === null ? null : micros / units])),
  );
  return {
    name,
    rate: rounded(median(rates)),
    ratioToPgbench: null,
    ratioToBareHttp: null,
    ratioToBareGet: null,
    p50Ms: rounded(median(samples.map(({ p50Ms }) => p50Ms))),
    p99Ms: rounded(median(samples.map(({ p99Ms }) => p99Ms))),
    unit,
    value: rounded(median(values)),
    min: spread.length === 0 ? null : rounded(Math.min(...spread)),
    max: spread.length === 0 ? null : rounded(Math.max(...spread)),
    rounds: samples.length,
    cpuMicrosPerUnit: medians(perUnit, (micros) => micros),
    busy: rounded(median(samples.map((sample) => busyOf(sample, processors)))),
    walBytesPerUnit: rounded(median(samples.map(walPerUnit))),
    memoryMiB: medians(
      samples.map(({ usage }) => usage?.memory),
      ({ endBytes }) => endBytes / MEBIBYTE,
    ) as Record<string, number>,
    ...extras(samples),
  };
}
