import { describe } from '@jest/globals';
import { browserProblem } from './program.ts';

/** describe() for tests in a browser: where there is none they are skipped, which is said, and which CI=true forbids. */
export function whereThereIsABrowser(name: string, tests: () => void): void {
  const problem = browserProblem();
  if (problem === null) return describe(name, tests);
  if (process.env['CI'] === 'true') throw new Error(`This would be skipped, which CI=true forbids: ${problem}`);
  process.stderr.write(`Skipping ${name}: ${problem}\n`);
  describe.skip(name, tests);
}
