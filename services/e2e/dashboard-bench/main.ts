/** `npm run bench:dashboard`: the built dashboard in a browser, on a LedgerFlow of its own that is thrown away at the end. */
import { EXIT_INTERRUPTED, explain, interruption, printResult, Progress } from '../terminal/index.ts';
import { Ground } from './ground.ts';
import { type DashboardBenchOptions, parseDashboardBench } from './options.ts';
import { report, verdictOf } from './report.ts';
import { type Figure, rows } from './rows/index.ts';

const EXIT_FAILED = 1;

/** Prints what was measured, also when a row failed; the exit code. */
async function measure({ rows: asked, json }: DashboardBenchOptions, progress: Progress, signal: AbortSignal): Promise<number> {
  const ground = await Ground.open(progress);
  // What is under way ends when its browser and its stack do.
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  signal.addEventListener('abort', () => interrupted.reject(signal.reason as Error), { once: true });
  const figures: Figure[] = [];
  let failures = 0;
  try {
    for (const row of rows.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
      signal.throwIfAborted();
      progress.say(`measuring: ${row.name}`);
      try {
        figures.push(...(await Promise.race([row.measure(ground), interrupted.promise])));
      } catch (error) {
        signal.throwIfAborted();
        failures++;
        process.stderr.write(`${row.name}: ${(error as Error).message}\n`);
      }
    }
  } finally {
    await ground.close();
  }
  const judged = figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) }));
  await printResult(json ? `${JSON.stringify(judged, null, 2)}\n` : `${report(figures)}\n`);
  return failures > 0 || judged.some(({ verdict }) => verdict === 'not met') ? EXIT_FAILED : 0;
}

async function main(): Promise<number> {
  const parsed = parseDashboardBench(
    process.argv.slice(2),
    rows.map(({ name }) => name),
  );
  if ('exitCode' in parsed) return parsed.exitCode;
  const progress = new Progress();
  const signal = interruption({ onFirst: () => progress.say('interrupted: taking everything away') });
  try {
    return await measure(parsed.options, progress, signal);
  } catch (error) {
    return signal.aborted ? EXIT_INTERRUPTED : explain(error);
  } finally {
    progress.close();
  }
}

process.exitCode = await main();
