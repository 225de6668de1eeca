/** `npm run doctor`: looks at a running or a configured LedgerFlow, and says what is wrong and what to do. */
import { findInstallation } from './target.ts';
import { Command } from 'commander';
import { ConfigError } from '@ledgerflow/platform/config';
import { UserError } from '@ledgerflow/local/access';
import { EXIT_USAGE, parseCommand, printResult } from '../terminal/index.ts';
import { examine } from './examine.ts';
import { summary } from './text.ts';

interface Options {
  dataDir: string;
  json?: boolean;
}

const command = new Command('npm run doctor --')
  .description(
    'Looks at an installation of LedgerFlow, changes nothing, and says of each thing whether it is well and, if not, what to do.\n' +
      'It is the one that the environment names (docs/guides/doctor.md lists the variables), else the one that npm start runs on the data folder.\n' +
      'Exit codes: 0 nothing is wrong (there may be warnings), 1 something is, 2 it could not be looked at.',
  )
  .option('--data-dir <folder>', 'data folder of npm start', '.ledgerflow')
  .option('--json', 'one JSON document on standard output');

async function run(options: Options): Promise<number> {
  const report = await examine(await findInstallation(options.dataDir, process.env));
  await printResult(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : summary(report));
  return report.ok ? 0 : 1;
}

const parsed = parseCommand<Options>(command, process.argv.slice(2));
if ('exitCode' in parsed) process.exitCode = parsed.exitCode;
else
  process.exitCode = await run(parsed.options).catch((error: unknown) => {
    const isForPeople = error instanceof UserError || error instanceof ConfigError;
    process.stderr.write(`It could not be looked at: ${isForPeople ? error.message : ((error as Error).stack ?? String(error))}\n`);
    return EXIT_USAGE;
  });
