/** `npm start`: all of LedgerFlow on one machine. */
import { commonVariables, loadConfig } from '@ledgerflow/platform/config';
import { Type } from 'typebox';
import { UserError } from './instance/user-error.ts';
import { HELP, parseOptions } from './options.ts';
import { productionPlan } from './plan.ts';
import { runLocal } from './run.ts';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  // A terminal that went away is no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const config = loadConfig({ service: 'local', schema: Type.Object({ LOG_LEVEL: commonVariables.LOG_LEVEL }) });
  const terminal = {
    say: (line: string) => process.stdout.write(`${line}\n`),
    complain: (line: string) => process.stderr.write(`${line}\n`),
  };
  return runLocal(options, productionPlan, terminal, config.LOG_LEVEL);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof UserError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  return error instanceof UserError ? error.exitCode : 1;
});
process.exit();
