/** `npm run check`: everything that can be known without running the system, in about a minute. Two steps at a time, all reported. */
import { run, type Step, type StepResult } from './steps.ts';

const PARALLEL = 2;
const JEST = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];

const steps: Step[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'types of the dashboard', command: 'tsc', args: ['--noEmit', '-p', 'frontend'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  {
    name: 'import rules',
    command: 'depcruise',
    args: ['services', 'frontend', 'k8s-operator', 'helm', 'scripts', '--config', '.dependency-cruiser.cjs'],
  },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'generated files', command: process.execPath, args: ['scripts/generate.ts', '--check'] },
  { name: 'OpenAPI document', command: 'redocly', args: ['lint', 'docs/reference/openapi.json', '--format=stylish'] },
  { name: 'compatibility', command: process.execPath, args: ['scripts/compatibility.ts'] },
  {
    name: 'unit tests',
    command: process.execPath,
    args: [...JEST, '--testPathIgnorePatterns', '\\.(int|e2e)\\.test\\.ts$', '/node_modules/', '/.cache/'],
  },
];

const queue = [...steps];
const results: StepResult[] = [];
async function worker(): Promise<void> {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
    const result = await run(step);
    results.push(result);
    console.log(`${result.code === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${result.seconds.toFixed(1)} s)`);
    if (result.code !== 0) console.log(result.output);
  }
}
await Promise.all(Array.from({ length: PARALLEL }, worker));
process.exitCode = results.every((result) => result.code === 0) ? 0 : 1;
