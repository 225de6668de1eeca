import { Command, InvalidArgumentError } from 'commander';
import { parseCommand } from '../terminal/index.ts';

export interface DashboardBenchOptions {
  /** Names of rows; empty: all. */
  rows: string[];
  json: boolean;
}

/** The options of a command line, or the exit code to end with, after the mistake was said on standard error. */
export function parseDashboardBench(
  argv: readonly string[],
  names: readonly string[],
): { options: DashboardBenchOptions } | { exitCode: number } {
  const listed = (text: string): string[] => {
    const given = text.split(',').map((name) => name.trim());
    const unknown = given.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`there is no row '${unknown}', only: ${names.join(', ')}.`);
    return given;
  };
  const command = new Command('bench:dashboard')
    .usage('-- [options]')
    .description(
      'Measures the built dashboard in a browser on a LedgerFlow of its own, and holds it against its targets.\n' +
        'docs/reference/performance.md says what each row is.',
    )
    .option('--rows <names>', `with commas between: ${names.join(', ')}`, listed, [])
    .option('--json', 'the figures as JSON on standard output, and nothing else there', false);
  return parseCommand<DashboardBenchOptions>(command, argv);
}
