import { setFlagsFromString } from 'node:v8';
import { EXIT_INTERRUPTED, EXIT_USAGE, explain, interruption, printResult, Progress } from '../terminal/index.ts';
import { Bench } from './bench.ts';
import { machineFacts } from './machine.ts';
import { type BenchOptions, parseBench } from './options.ts';
import { findPgbench } from './pgbench.ts';
import { report } from './report.ts';
import { chooseRows, run } from './run.ts';
import type { Row } from './rows/index.ts';

const EXIT_FAILED = 1;
/** The answers that pass through here made this process collect its whole small heap three times a second, at half of what generating the load costs. */
const HEAP_GROWTH_PERCENT = 400;
const MS_PER_SECOND = 1_000;

/** Everything that is wrong with what was asked for, before anything is started; null when nothing is. */
async function wrongUsage(options: BenchOptions): Promise<string | null> {
  try {
    const rows = chooseRows(options);
    if (rows.length === 0) return 'no row is left to run';
    if (!rows.some(({ results }) => 'pgbench' in results) || (await findPgbench(process.env)) !== null) return null;
    return (
      'pgbench was not found: not as PGBENCH, not on PATH, not in /usr/lib/postgresql/*/bin. It comes with PostgreSQL (Debian: postgresql-contrib or postgresql-15). ' +
      'Without it nothing can be compared: --no-pgbench measures the rest'
    );
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** Prints what was measured; the exit code. */
async function measure(options: BenchOptions, rows: readonly Row[], progress: Progress, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const bench = await Bench.open(options, progress, signal);
  try {
    const facts = await machineFacts(bench);
    for (const fact of facts) progress.say(fact);
    const result = await Promise.race([run(bench, rows), interrupted(signal)]);
    if (options.json) {
      await printResult(`${JSON.stringify(result.rows, null, 2)}\n`);
    } else {
      const seconds = Math.round((performance.now() - startedMs) / MS_PER_SECOND);
      const took = `${options.rounds} round${options.rounds === 1 ? '' : 's'} of ${options.seconds} s, ${seconds} s in all`;
      const quick = options.quick ? '\n--quick: short runs on little data; the figures are rough' : '';
      await printResult(`${[...facts, `${took}${quick}`, '', report(result.rows)].join('\n')}\n`);
    }
    for (const failure of result.failures) console.error(`failed: ${failure}`);
    return result.failures.length === 0 ? 0 : EXIT_FAILED;
  } finally {
    await bench.close();
  }
}

async function main(): Promise<number> {
  const parsed = parseBench(process.argv.slice(2));
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const problem = await wrongUsage(options);
  if (problem !== null) {
    console.error(problem);
    return EXIT_USAGE;
  }
  const progress = new Progress();
  const signal = interruption({ onFirst: () => progress.say('interrupted: taking everything away') });
  try {
    return await measure(options, chooseRows(options), progress, signal);
  } catch (error) {
    progress.close();
    // What was under way may still wait for what is gone.
    if (signal.aborted) process.exit(EXIT_INTERRUPTED);
    return explain(error);
  }
}

process.exitCode = await main();
