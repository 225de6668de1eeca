import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { findPgbench } from '../bench/pgbench.ts';

const MAIN = join(import.meta.dirname, '../bench/main.ts');
const TINY = [
  '--seconds=0.2',
  '--rounds=1',
  '--warm-up-seconds=0',
  '--accounts=50',
  '--pgbench-scale=1',
  '--as-of-entries=20000',
  '--quick',
  '--backlog=600',
];
/** What programs rely on (section 7 of the design). */
const FIELDS = ['name', 'rate', 'ratioToPgbench', 'ratioToBareHttp', 'p50Ms', 'p99Ms'];
const COMPARED = [
  'bare http',
  'bare http get',
  'writer spread',
  'writer hot',
  'http batch 100',
  'http single',
  'http balance',
  'http as-of',
];
const OTHERS = [
  'lag',
  'visibility',
  'half load',
  'memory',
  'disk',
  'builder apply',
  'verify',
  'http as-of cold',
  'http as-of recorded',
  'streams',
];
const WITHOUT_RATE = ['lag', 'memory', 'disk', 'streams'];

let running: ChildProcess | null = null;

type Row = Record<string, unknown> & { name: string; rate: number | null; value: number | null };

async function bench(
  words: readonly string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (part: Buffer) => out.push(part));
  child.stderr.on('data', (part: Buffer) => err.push(part));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

describe('the bench', () => {
  // One that a failed or late test left behind; it takes its services with it.
  afterEach(async () => {
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running?.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  }, 30_000);

  it('measures every row and prints them as JSON, and nothing else', async () => {
    const isCompared = (await findPgbench(process.env)) !== null;
    const { code, out, err } = await bench(['--json', ...TINY, ...(isCompared ? [] : ['--no-pgbench'])]);
    if (code !== 0) throw new Error(`the bench ended with ${code}\n${err}`);
    const rows = JSON.parse(out) as Row[];
    const names = rows.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...(isCompared ? ['pgbench'] : []), ...COMPARED, ...OTHERS]));
    expect(new Set(names).size).toBe(names.length);
    // Has a broker of its own, and is left out of a quick run.
    for (const row of rows.filter(({ name }) => name !== 'visibility kafka')) {
      for (const field of FIELDS) expect(Object.keys(row)).toContain(field);
      const isWithoutRate = WITHOUT_RATE.includes(row.name);
      expect({ name: row.name, measured: isWithoutRate ? row.value : row.rate }).toEqual({ name: row.name, measured: expect.any(Number) });
      if (isWithoutRate) expect(row.rate).toBeNull();
    }
    for (const row of rows.filter(({ name }) => COMPARED.includes(name))) {
      expect({ name: row.name, p50Ms: row['p50Ms'], p99Ms: row['p99Ms'] }).toEqual({
        name: row.name,
        p50Ms: expect.any(Number),
        p99Ms: expect.any(Number),
      });
      expect(row['ratioToPgbench']).toEqual(isCompared ? expect.any(Number) : null);
      expect(row['ratioToBareHttp']).toEqual(row.name.includes('http') ? expect.any(Number) : null);
    }
  }, 400_000);

  it('says what is missing when there is no pgbench, and measures nothing', async () => {
    const { code, out, err } = await bench(['--json'], { PGBENCH: '/nowhere/pgbench' });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/pgbench was not found.*--no-pgbench/s);
  });

  it('names the rows there are when one is unknown', async () => {
    const { code, err } = await bench(['--rows=writer spred']);
    expect(code).toBe(2);
    expect(err).toContain('writer spread');
  });
});
