import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Figure } from '../scale/figures.ts';
import { LIMITS } from '../scale/limits.ts';

const MAIN = join(import.meta.dirname, '../scale/main.ts');
const SMALL = [
  '--ledgers=50',
  '--accounts=2000',
  '--idle-seconds=1',
  '--trickle-seconds=1',
  '--trickle-rate=10',
  '--rebuild-seconds=120',
  '--json',
];
/** 50 ledgers, 9 projections each. */
const PROJECTIONS = 450;

let running: ChildProcess | null = null;

describe('npm run scale', () => {
  // One that a failed or late test left behind; it takes its services with it.
  afterEach(async () => {
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running?.once('exit', resolve));
    running.kill('SIGTERM');
    await ended;
  }, 30_000);

  it('measures every figure, and finds nothing lost, doubled or wrong', async () => {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [MAIN, ...SMALL], { env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const said = Buffer.concat(err).toString();
    if (code !== 0) throw new Error(`it ended with ${code}\n${Buffer.concat(out).toString()}\n${said}`);
    const figures = JSON.parse(Buffer.concat(out).toString()) as Figure[];
    expect(figures.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(LIMITS)));
    for (const { name, value } of figures) expect([name, value]).toEqual([name, expect.any(Number)]);
    const found = new Map(figures.map(({ name, value }) => [name, value]));
    expect(found.get('ledgers: proven equal to the log')).toBe(50);
    expect(found.get('rebuild of all: parts')).toBe(PROJECTIONS);
    expect(found.get('accounts: listed, different')).toBe(2_000);
    expect(found.get('accounts: proven equal to the log')).toBe(1);
  }, 300_000);
});
