import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Stands in for npm: notes its arguments, says what FAKE_NPM_FAILS says, else installs what the lock names. */
const FAKE_NPM = `
const { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync('npm-calls', args.join(' ') + '\\n');
const failure = process.env.FAKE_NPM_FAILS;
if (failure && args[0] === 'ci') { console.error('npm error code ' + failure); process.exit(1); }
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/.bin', { recursive: true });
symlinkSync(process.execPath, 'node_modules/.bin/node');
const kept = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !(entry.dev && args.includes('--omit=dev')));
for (const [path] of kept) mkdirSync(path, { recursive: true });
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(kept) }));
`;

let root: string;

const lock = (version: string): string =>
  JSON.stringify({ packages: { '': {}, 'node_modules/a': { version }, 'node_modules/tested': { version: '1.0.0', dev: true } } });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'install-'));
  mkdirSync(join(root, 'scripts'));
  copyFileSync(fileURLToPath(new URL('./install.mjs', import.meta.url)), join(root, 'scripts', 'install.mjs'));
  writeFileSync(join(root, 'npm.cjs'), FAKE_NPM);
  writeFileSync(join(root, 'package-lock.json'), lock('1.0.0'));
  mkdirSync(join(root, 'tools'));
  writeFileSync(join(root, 'tools', 'java'), '#!/bin/sh\necho \'openjdk version "17.0.9" 2023-10-17\' >&2\n', { mode: 0o755 });
  writeFileSync(join(root, 'tools', 'mvn'), '', { mode: 0o755 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function install(mode: 'run' | 'test', environment: Record<string, string> = {}): { status: number | null; output: string } {
  const env = { PATH: `${join(root, 'tools')}:/usr/bin:/bin`, npm_execpath: join(root, 'npm.cjs'), ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'install.mjs'), mode], { env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const calls = (): string[] => (existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8').trim().split('\n') : []);

describe('the installation before npm start and npm test', () => {
  it('installs without the tests once, then says nothing', () => {
    const first = install('run');
    expect(first.status).toBe(0);
    expect(first.output).toMatch(/^Installing what LedgerFlow runs .*\nInstalled 1 packages, \d+ MB, in \d+ s\.\n$/s);
    expect(install('run')).toEqual({ status: 0, output: '' });
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toContain('ci --omit=dev --include=optional');
  });

  it('adds the tests, and never takes them away again', () => {
    install('run');
    expect(install('test').output).toContain('Installing all packages');
    expect(install('run')).toEqual({ status: 0, output: '' });
    writeFileSync(join(root, 'package-lock.json'), lock('2.0.0'));
    expect(install('run').output).toContain('Installing all packages');
    expect(calls().map((call) => call.split(' ')[1])).toEqual(['--omit=dev', '--include=dev', '--include=dev']);
  });

  it('believes npm, not its own stamp, about what somebody installed by hand', () => {
    install('test');
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: {} }));
    utimesSync(join(root, 'node_modules', '.package-lock.json'), 1, 1);
    expect(install('run').output).toContain('Installing');
  });

  it.each([
    ['ENOTFOUND', 'npm cannot reach its registry (ENOTFOUND)'],
    ['ENOSPC', 'no room left'],
    ['EACCES', 'cannot be written'],
    ['E404', 'npm ci failed with exit code 1'],
  ])('explains %s', (code, message) => {
    const { status, output } = install('run', { FAKE_NPM_FAILS: code });
    expect(status).toBe(1);
    expect(output).toContain(message);
  });

  it('falls back to the lock as it is when npm finds it incomplete', () => {
    expect(install('run', { FAKE_NPM_FAILS: 'EUSAGE' }).status).toBe(0);
    expect(calls().map((call) => call.split(' ')[0])).toEqual(['ci', 'install']);
  });

  it('asks for Java and Maven before tests only', () => {
    rmSync(join(root, 'tools', 'mvn'));
    writeFileSync(join(root, 'tools', 'java'), '#!/bin/sh\necho \'java version "1.8.0_392"\' >&2\n', { mode: 0o755 });
    const { status, output } = install('test', { PATH: join(root, 'tools') });
    expect(status).toBe(1);
    expect(output).toContain('Java 17 or later (this is Java 8) and Maven (mvn)');
    expect(calls()).toEqual([]);
    expect(install('run', { PATH: join(root, 'tools') }).status).toBe(0);
  });
});
