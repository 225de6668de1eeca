/**
 * `npm test`: unit, integration and end-to-end tests, then the plain closing line "N passed, N failed". Arguments go to Jest
 * (`npm test -- services/contracts`). The exit code is Jest's; a run that executed no test fails.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
  numTotalTests: number;
}

const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-test-'));
const reportFile = join(folder, 'report.json');
const args = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--json',
  `--outputFile=${reportFile}`,
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE_ENV: 'test' } });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
let passed = 0;
let failed = 1;
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport;
  passed = report.numPassedTests;
  failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
} catch (error) {
  console.error(`Jest left no report: ${(error as Error).message}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = code !== 0 || passed === 0 || failed > 0 ? 1 : 0;
