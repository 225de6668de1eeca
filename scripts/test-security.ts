/** `npm run test:security`: the tables of what an attacker would try (*.security.test.ts), with how many cases each has. Fails when one does, or when there is none. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './steps.ts';

interface Case {
  ancestorTitles: string[];
  status: string;
}

const folder = mkdtempSync(join(tmpdir(), 'ledgerflow-security-'));
try {
  const report = join(folder, 'report.json');
  const jest = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--json',
    `--outputFile=${report}`,
    '\\.security\\.test\\.ts$',
  ];
  const { code, output } = await run({ name: 'security', command: process.execPath, args: jest });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: { assertionResults: Case[] }[] };
  const cases = testResults.flatMap(({ assertionResults }) => assertionResults);
  const tables = new Map<string, number>();
  for (const { ancestorTitles } of cases) {
    const name = ancestorTitles.join(': ');
    tables.set(name, (tables.get(name) ?? 0) + 1);
  }
  for (const [name, count] of [...tables].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })))
    console.log(`${String(count).padStart(4)}  ${name}`);
  const passed = cases.filter(({ status }) => status === 'passed').length;
  console.log(`${cases.length} cases, ${passed} passed, ${cases.length - passed} failed`);
  if (code !== 0) console.error(output);
  process.exitCode = code === 0 && passed > 0 && passed === cases.length ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
