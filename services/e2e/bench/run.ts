import { availableParallelism } from 'node:os';
import type { Bench } from './bench.ts';
import type { BenchOptions } from './options.ts';
import { PGBENCH, withRatios } from './ratios.ts';
import { combine, type MeasuredSample, type ResultRow, rounded } from './result.ts';
import { GROWTH, type Row, ROWS } from './rows/index.ts';

const namesOf = (row: Row): string[] => Object.keys(row.results);

/** The rows asked for, and those whose result they need; throws with the names there are when one is not among them. */
export function chooseRows({ rows: names, pgbench, verify, growth }: Pick<BenchOptions, 'rows' | 'pgbench' | 'verify' | 'growth'>): Row[] {
  const all = growth ? GROWTH : ROWS;
  const known = all.flatMap(namesOf);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no row "${unknown}"; there are: ${known.join(', ')}`);
  const wanted = new Set(names.length === 0 ? known : names);
  for (const row of all.toReversed())
    if (namesOf(row).some((name) => wanted.has(name))) for (const need of row.needs ?? []) wanted.add(need);
  const isAllowed = (row: Row): boolean => (pgbench || !(PGBENCH in row.results)) && (verify || row.isProof !== true);
  return all.filter((row) => isAllowed(row) && namesOf(row).some((name) => wanted.has(name)));
}

const short = (value: number | null): string => (value === null ? '' : Math.round(value).toLocaleString('en'));

function said(name: string, unit: string, { rate, value, p50Ms, p99Ms }: MeasuredSample): string {
  const figure = rate === null ? `${rounded(value ?? null) ?? 'unknown'} ${unit}` : `${short(rate)} ${unit}/s`;
  const latency = p50Ms === null ? '' : `, p50 ${rounded(p50Ms)} ms, p99 ${rounded(p99Ms)} ms`;
  return `  ${name.padEnd(24)} ${figure}${latency}`;
}

export interface BenchResult {
  rows: ResultRow[];
  /** Rows that failed, with why; their figures are of the rounds that succeeded, or null. */
  failures: string[];
}

/** All rows of a round, round after round, so that what slows a machine for a minute does not slow one row alone. A row that fails takes no other with it. */
export async function run(bench: Bench, rows: readonly Row[]): Promise<BenchResult> {
  const { rounds } = bench.options;
  const samples = new Map<string, MeasuredSample[]>();
  const failures: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    bench.progress.say(`round ${round} of ${rounds}`);
    const ofRound: Record<string, MeasuredSample> = {};
    for (const row of rows) {
      if (row.isOnce === true && round < rounds) continue;
      bench.signal.throwIfAborted();
      bench.progress.update(() => namesOf(row).join(', '));
      try {
        Object.assign(ofRound, await row.run(bench, round, ofRound));
      } catch (error) {
        bench.signal.throwIfAborted();
        failures.push(`${namesOf(row).join(', ')}: ${(error as Error).message}`);
        bench.progress.say(`  ${failures.at(-1) ?? ''}`);
        continue;
      }
      for (const [name, unit] of Object.entries(row.results)) {
        const sample = ofRound[name];
        if (sample === undefined) continue;
        samples.set(name, [...(samples.get(name) ?? []), sample]);
        bench.progress.say(said(name, unit, sample));
      }
    }
  }
  bench.progress.close();
  const results = rows.flatMap((row) =>
    Object.entries(row.results).map(([name, unit]) => combine(name, unit, samples.get(name) ?? [], availableParallelism())),
  );
  return { rows: withRatios(results), failures };
}
