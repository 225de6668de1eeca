/** `npm run verify`: proves from the databases of a running or stopped LedgerFlow that they hold what the guarantees promise. */
import { Command } from 'commander';
import { EXIT_USAGE, parseCommand, printResult, Progress, whole } from '../terminal/index.ts';
import { findTarget, type FoundTarget } from './target.ts';
import { progressLine, summary } from './text.ts';
import { verify } from './verify.ts';

const DIFFERENCES_MAX = 1_000;
/** Nothing differs, but something is parked, discarded or behind. */
const EXIT_NOT_PROVEN = 3;

interface Options {
  dataDir: string;
  ledger?: string[];
  allDifferences?: number;
  json?: boolean;
  quiet?: boolean;
}

const command = new Command('npm run verify --')
  .description(
    'Proves that a LedgerFlow, running or stopped, holds what the guarantees promise (G1, G3, G4, G5, G8), and names the first difference if not. Reads only.\n' +
      'The databases are those of VERIFY_LEDGER_DATABASE_URL and VERIFY_READ_DATABASE_URL if set, else those of the data folder.\n' +
      'Exit codes: 0 all holds, 1 a difference, 2 it could not be verified, 3 no difference, but records are parked or discarded, or projections are behind.',
  )
  .option('--data-dir <folder>', 'data folder of npm start', '.ledgerflow')
  .option('--ledger <id>', 'only this ledger; may be given again', (id: string, before: string[] | undefined) => [...(before ?? []), id])
  .option('--all-differences <n>', 'go on after a difference, up to n of them', whole(1, DIFFERENCES_MAX))
  .option('--json', 'one JSON document on standard output')
  .option('--quiet', 'no progress');

async function run(options: Options): Promise<number> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const progress = new Progress({ quiet: options.quiet === true });
  let target: FoundTarget | null = null;
  try {
    target = await findTarget({
      dataDir: options.dataDir,
      ledgerUrl: process.env['VERIFY_LEDGER_DATABASE_URL'] || undefined,
      readUrl: process.env['VERIFY_READ_DATABASE_URL'] || undefined,
    });
    progress.say(`Verifying ${target.description}`);
    const report = await verify({
      target,
      ...(options.ledger === undefined ? {} : { ledgers: options.ledger }),
      differencesMax: options.allDifferences ?? 1,
      onProgress: (state) => progress.update(() => progressLine(state)),
      signal: abort.signal,
    });
    progress.close();
    await printResult(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : summary(report));
    if (!report.ok) return 1;
    return report.proven ? 0 : EXIT_NOT_PROVEN;
  } finally {
    progress.close();
    await target?.close();
  }
}

/** What the database or the system said is for people; only a fault of this program needs its stack. */
function textOf(error: Error): string {
  const isFault = ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'].includes(error.name);
  return isFault ? (error.stack ?? error.message) : error.message || String(error);
}

const parsed = parseCommand<Options>(command, process.argv.slice(2));
if ('exitCode' in parsed) process.exitCode = parsed.exitCode;
else
  process.exitCode = await run(parsed.options).catch((error: unknown) => {
    process.stderr.write(`It could not be verified: ${textOf(error as Error)}\n`);
    return EXIT_USAGE;
  });
