/**
 * `npm test`: unit, integration and end-to-end tests, then the plain closing line "N passed, N failed". Arguments go to Jest
 * (`npm test -- services/contracts`). The exit code is Jest's; a run that executed no test fails.
 *
 * The tests on a real Kubernetes API server (*.cluster.int.test.ts) need programs that are built once per machine, for minutes: the build goes on beside the other
 * tests, and these run after it. A machine that can not build them skips these tests and says so; with CI=true it fails.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readiness } from '../k8s-operator/testing/control-plane/programs.ts';

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  numTotalTests: number;
}

interface Outcome {
  passed: number;
  failed: number;
  isWell: boolean;
}

const CLUSTER_TESTS = '\\.cluster\\.(int|e2e)\\.test\\.ts$';
const IGNORED = ['/node_modules/', '/.cache/'];
const BUILD = join(import.meta.dirname, '../k8s-operator/testing/control-plane/build.ts');
const ARGS = process.argv.slice(2);

/** Its exit code, and what it wrote when that is asked for. Is told of our end. */
async function execute(args: string[], stdout: 'ignore' | 'pipe'): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'inherit'], env: { ...process.env, NODE_ENV: 'test' } });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
  return { code, output };
}

const jestArgs = (...more: string[]): string[] => [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...ARGS,
  ...more,
];

async function jest(...more: string[]): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const { code } = await execute(jestArgs('--json', `--outputFile=${reportFile}`, ...more), 'ignore');
    const report = JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport;
    return { passed: report.numPassedTests, failed: report.numFailedTests + report.numRuntimeErrorTestSuites, isWell: code === 0 };
  } catch (error) {
    console.error(`Jest left no report: ${(error as Error).message}`);
    return { passed: 0, failed: 1, isWell: false };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ignoring = (pattern: string): string[] => ['--passWithNoTests', '--testPathIgnorePatterns', ...IGNORED, pattern];

async function hasClusterTests(): Promise<boolean> {
  const { output } = await execute(jestArgs('--listTests'), 'pipe');
  return output.split('\n').some((file) => new RegExp(CLUSTER_TESTS).test(file));
}

/** The build and the other tests at the same time, then the tests that wait for it. */
async function beside(): Promise<Outcome[]> {
  const build = execute([BUILD], 'ignore');
  const others = await jest(...ignoring(CLUSTER_TESTS));
  if ((await build).code !== 0) return [others, { passed: 0, failed: 1, isWell: false }];
  return [others, await jest(...ignoring(`^(?!.*${CLUSTER_TESTS})`))];
}

async function main(): Promise<void> {
  const { missing, problem } = await readiness();
  let outcomes: Outcome[];
  let skipped = '';
  if (missing.length === 0 || !(await hasClusterTests())) outcomes = [await jest()];
  else if (problem === null) outcomes = await beside();
  else {
    skipped = `the tests on a Kubernetes API server (*.cluster.*.test.ts): ${problem}`;
    if (process.env.CI === 'true') {
      console.error(`These would be skipped, which CI=true forbids: ${skipped}`);
      process.exitCode = 1;
      return;
    }
    console.error(`Skipping ${skipped}`);
    outcomes = [await jest(...ignoring(CLUSTER_TESTS))];
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  if (skipped !== '') console.log(`Skipped: ${skipped}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = passed === 0 || failed > 0 || !outcomes.every((outcome) => outcome.isWell) ? 1 : 0;
}

await main();
