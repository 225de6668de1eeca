import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RowResult } from '../faults/harness/result.ts';
import { until } from '../stack/wait.ts';

const MAIN = join(import.meta.dirname, '../faults/main.ts');
const START_MAX_MS = 40_000;

/** `npm run faults`: rows of its table from end to end, and what it leaves behind. */
describe('npm run faults', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-faults-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  function command(...argv: string[]) {
    const child = spawn(process.execPath, [MAIN, ...argv], {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { out: '', err: '' };
    child.stdout.on('data', (data: Buffer) => (output.out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output.err += data.toString()));
    const ended = new Promise<number | null>((done) => child.once('close', done));
    return { child, output, ended };
  }

  const leftovers = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('ledgerflow-'));

  it('lists its rows', async () => {
    const { output, ended } = command('--list');
    expect(await ended).toBe(0);
    expect(output.out).toMatch(/^gateway-killed +Gateway killed$/m);
  });

  it.each([
    [['--rows=no-such-row'], 'there is no row no-such-row'],
    [['--page=/nowhere/faults.md'], 'no such file or directory'],
    [['--page=.'], 'is no file'],
  ])('says what is wrong with %j before anything is started', async (argv, message) => {
    const { output, ended } = command(...argv);
    expect(await ended).toBe(2);
    expect(output.err).toContain(message);
    expect(await leftovers()).toEqual([]);
  });

  it('runs rows, writes the page that it is told to, and leaves nothing behind', async () => {
    const page = join(folder, 'faults.md');
    const rows = ['gateway-killed', 'commit-cut'];
    const { output, ended } = command(`--rows=${rows.join(',')}`, '--seed=7', '--seconds=0.5', '--json', `--page=${page}`);
    const code = await ended;
    const results = JSON.parse(output.out) as RowResult[];
    expect({ code, reasons: results.flatMap(({ reasons }) => reasons) }).toEqual({ code: 0, reasons: [] });
    expect(results.map(({ id, outcome }) => [id, outcome])).toEqual(rows.map((id) => [id, 'ok']));
    for (const { measured } of results) {
      expect(measured).toMatchObject({ lost: 0, doubled: 0, stale: 0, wrong: 0 });
      expect(measured?.writes.answered).toBeGreaterThan(30);
      expect(measured?.recovery.readsSeconds).toBeGreaterThan(0);
    }
    expect(await readFile(page, 'utf8')).toContain('npm run faults -- --rows=gateway-killed --seed=7');
    expect(await leftovers()).toEqual([]);
  }, 240_000);

  it('takes everything away on Ctrl-C', async () => {
    const { child, output, ended } = command('--rows=gateway-killed', '--seed=7');
    await until('the stack is there', async () => (await leftovers()).some((name) => name.includes('-stack-')), START_MAX_MS);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(output.err).toContain('interrupted');
    expect(await leftovers()).toEqual([]);
  }, 120_000);
});
