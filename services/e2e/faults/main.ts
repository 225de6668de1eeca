/**
 * `npm run faults`: breaks a LedgerFlow of its own in every way there is, and writes what came of it to docs/reference/faults.md. Everything a row starts is thrown
 * away at its end.
 */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EXIT_INTERRUPTED, EXIT_USAGE, explain, interruption, printResult, Progress } from '../terminal/index.ts';
import { experiment } from './harness/experiment.ts';
import type { RowResult } from './harness/result.ts';
import { Workshop } from './harness/workshop.ts';
import { machineKind } from './machine.ts';
import { type FaultsOptions, parseFaults } from './options.ts';
import { renderPage } from './page.ts';
import { FAULTS } from './registry.ts';
import { isFailed, renderResults } from './report.ts';

const EXIT_FAILED = 1;

function listing(): string {
  const width = Math.max(...FAULTS.map(({ id }) => id.length));
  return FAULTS.map(({ id, title }) => `${id.padEnd(width)}  ${title}\n`).join('');
}

async function runAll(options: FaultsOptions, progress: Progress, workshop: Workshop, signal: AbortSignal): Promise<RowResult[]> {
  const { rows, seed, seconds } = options;
  const chosen = FAULTS.filter(({ id }) => rows === null || rows.includes(id));
  const results: RowResult[] = [];
  for (const [index, fault] of chosen.entries()) {
    const onPhase = (phase: string): void => progress.update(() => `${index + 1} of ${chosen.length}, ${fault.id}: ${phase}`);
    const result = await experiment({ fault, seed, seconds, signal, workshop, onPhase });
    results.push(result);
    const why = result.reasons.map((reason) => `\n        ${reason.split('\n')[0] ?? ''}`).join('');
    progress.say(`${result.outcome.padEnd(6)}  ${result.id} (${result.seconds.toFixed(0)} s)${why}`);
  }
  return results;
}

/** Before the run, which would be lost to a path that can not be written. Nothing is made or changed. */
async function whyNotWritable(path: string): Promise<string | null> {
  try {
    await access(dirname(path), constants.W_OK);
    const found = await stat(path).catch(() => null);
    if (found === null) return null;
    if (!found.isFile()) return `${path} is no file`;
    await access(path, constants.W_OK);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseFaults(
    argv,
    FAULTS.map(({ id }) => id),
  );
  if ('exitCode' in parsed) return parsed.exitCode;
  const { options } = parsed;
  if (options.list) {
    await printResult(listing());
    return 0;
  }
  const progress = new Progress();
  const problem = options.page === null ? null : await whyNotWritable(options.page);
  if (problem !== null) {
    progress.say(`--page: ${problem}`);
    return EXIT_USAGE;
  }
  const workshop = new Workshop();
  const signal = interruption({
    onFirst: () => progress.say('interrupted: taking everything away'),
    onSecond: () => workshop.closeNow(),
  });
  progress.say(`Seed ${options.seed}.`);
  try {
    const results = await runAll(options, progress, workshop, signal);
    const day = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
    const { seed, seconds, page } = options;
    if (page !== null) await writeFile(page, renderPage(results, { day, seed, seconds, machine: machineKind() }));
    await printResult(options.json ? `${JSON.stringify(results, null, 2)}\n` : renderResults(results));
    return results.some(isFailed) ? EXIT_FAILED : 0;
  } catch (error) {
    if (!signal.aborted) return explain(error);
    return EXIT_INTERRUPTED;
  } finally {
    progress.close();
  }
}

process.exitCode = await main(process.argv.slice(2));
