import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTime } from '../services/local/src/postgres/processes.ts';

/** Stands in for npm: notes its arguments, says what FAKE_NPM_FAILS says, else installs what the lock names. */
const FAKE_NPM = `
const { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync('npm-calls', args.join(' ') + '\\n');
const failure = process.env.FAKE_NPM_FAILS;
if (failure && args[0] === 'ci') { console.error('npm error code ' + failure); process.exit(1); }
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
if (args[0] === 'ci') rmSync('node_modules', { recursive: true, force: true });
if (process.env.FAKE_NPM_REWRITES) appendFileSync('package-lock.json', '\\n');
mkdirSync('node_modules/.bin', { recursive: true });
rmSync('node_modules/.bin/node', { force: true });
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
    expect(install('test').output).toContain("Installing the tests' packages");
    expect(install('run')).toEqual({ status: 0, output: '' });
    writeFileSync(join(root, 'package-lock.json'), lock('2.0.0'));
    expect(install('run').output).toContain('Installing all packages');
    expect(calls().map((call) => /--(?:omit|include)=dev/.exec(call)?.[0])).toEqual(['--omit=dev', '--include=dev', '--include=dev']);
  });

  it('adds to packages that are right and leaves them and the lock alone: a stack may run from them', () => {
    install('run');
    writeFileSync(join(root, 'node_modules', 'a', 'linked-at-the-first-start'), '');
    expect(install('test', { FAKE_NPM_REWRITES: '1' }).status).toBe(0);
    expect(existsSync(join(root, 'node_modules', 'tested'))).toBe(true);
    expect(existsSync(join(root, 'node_modules', 'a', 'linked-at-the-first-start'))).toBe(true);
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe(lock('1.0.0'));
    expect(calls()[1]).toMatch(/^install --no-save --include=dev /);
  });

  it('does not delete the packages of a stack that runs from them', () => {
    install('run');
    writeFileSync(join(root, 'package-lock.json'), lock('2.0.0'));
    mkdirSync(join(root, '.ledgerflow'));
    const holder = { pid: process.pid, startTime: startTime(process.pid), url: 'http://127.0.0.1:8080' };
    writeFileSync(join(root, '.ledgerflow', 'instance.lock'), JSON.stringify(holder));
    const { status, output } = install('test');
    expect(status).toBe(1);
    expect(output).toContain(`LedgerFlow runs from this folder (process ${process.pid}, http://127.0.0.1:8080): stop it first`);
    expect(calls()).toHaveLength(1);
    // One that is gone, of whose process id another process has become the owner.
    writeFileSync(join(root, '.ledgerflow', 'instance.lock'), JSON.stringify({ ...holder, startTime: '1' }));
    expect(install('test').status).toBe(0);
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
