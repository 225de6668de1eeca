import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, until } from '../postgres/processes.ts';
import { freePort } from '../postgres/server.ts';

const MAIN = fileURLToPath(new URL('./fixtures/main.ts', import.meta.url));
const DEADLINE_MS = 40_000;

interface Run {
  child: ChildProcess;
  output: string;
  exitCode: number | null;
}

let folder: string;
let dataDir: string;
let eventsFile: string;
let port: number;
let runs: Run[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervisor-'));
  dataDir = join(folder, 'data');
  eventsFile = join(folder, 'events');
  port = await freePort();
  runs = [];
});

afterEach(async () => {
  for (const run of runs) {
    run.child.kill('SIGTERM');
    if (!(await until(() => run.exitCode !== null, DEADLINE_MS))) run.child.kill('SIGKILL');
  }
  await until(() => pids().every((pid) => !isAlive(pid)), DEADLINE_MS);
  await rm(folder, { recursive: true, force: true });
});

function start(options: string[] = [], modes: Record<string, string> = {}): Run {
  const words = [MAIN, eventsFile, JSON.stringify(modes), '--port', String(port), '--data-dir', dataDir, '--no-demo', ...options];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const run: Run = { child, output: '', exitCode: null };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (run.output += text));
  child.once('close', (code, signal) => (run.exitCode = code ?? (signal === null ? -1 : -2)));
  runs.push(run);
  return run;
}

async function ended(run: Run): Promise<number | null> {
  expect(await until(() => run.exitCode !== null, DEADLINE_MS)).toBe(true);
  return run.exitCode;
}

async function says(run: Run, text: string): Promise<void> {
  if (!(await until(() => run.output.includes(text) || run.exitCode !== null, DEADLINE_MS)) || !run.output.includes(text)) {
    throw new Error(`did not say "${text}" but:\n${run.output}`);
  }
}

const READY = 'LedgerFlow is ready';
const events = (): string[][] =>
  (existsSync(eventsFile) ? readFileSync(eventsFile, 'utf8').trim().split('\n') : []).map((line) => line.split(' '));
const names = (what: string): string[] => events().flatMap(([event, name]) => (event === what && name !== undefined ? [name] : []));
const pidOf = (name: string): number => Number(events().findLast(([event, of]) => event === 'started' && of === name)?.[2]);

function postmasterPid(): number | null {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null;
}

function pids(): number[] {
  const services = events().flatMap(([event, , pid]) => (event === 'started' ? [Number(pid)] : []));
  const postmaster = postmasterPid();
  return postmaster === null ? services : [...services, postmaster];
}

const noneAlive = async (list: number[]): Promise<boolean> => until(() => list.every((pid) => !isAlive(pid)), DEADLINE_MS);

describe('starting and stopping', () => {
  it('starts all, stops the gateway first and the identity provider last, and starts again on the same data', async () => {
    const first = start();
    await says(first, READY);
    expect(names('started')[0]).toBe('identity');
    expect(names('started').sort()).toEqual(['builder', 'gateway', 'identity', 'writer']);
    const all = pids();
    expect(all).toHaveLength(5);
    first.child.kill('SIGINT');
    expect(await ended(first)).toBe(0);
    expect(names('stopped')).toEqual(['gateway', 'builder', 'writer', 'identity']);
    expect(all.filter(isAlive)).toEqual([]);
    const made = (await stat(join(dataDir, 'postgres', 'PG_VERSION'))).birthtimeMs;
    const again = start();
    await says(again, READY);
    expect((await stat(join(dataDir, 'postgres', 'PG_VERSION'))).birthtimeMs).toBe(made);
    expect((await stat(join(dataDir, 'state.json'))).mode & 0o777).toBe(0o600);
  });

  it('can be told to stop in the middle of its start', async () => {
    const run = start();
    await says(run, 'Starting LedgerFlow');
    run.child.kill('SIGTERM');
    expect(await ended(run)).toBe(0);
    expect(await noneAlive(pids())).toBe(true);
    expect(postmasterPid()).toBeNull();
  });

  it('ends a service that does not stop when it is told twice', async () => {
    const run = start([], { builder: 'stubborn' });
    await says(run, READY);
    run.child.kill('SIGINT');
    await says(run, 'Ctrl-C again');
    // npm repeats the first signal at once: only a later one counts.
    const since = performance.now();
    await until(
      () => {
        if (performance.now() - since > 800) run.child.kill('SIGINT');
        return run.exitCode !== null;
      },
      DEADLINE_MS,
      100,
    );
    expect(await ended(run)).toBe(130);
    expect(await noneAlive(pids())).toBe(true);
  });

  it('keeps nothing of an ephemeral run', async () => {
    const run = start(['--ephemeral']);
    await says(run, READY);
    expect(run.output).toContain('Nothing of this run is kept');
    run.child.kill('SIGTERM');
    expect(await ended(run)).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('--reset deletes the data', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await writeFile(join(dataDir, 'old'), '');
    const run = start(['--reset']);
    await says(run, READY);
    expect(readFileSync(join(dataDir, 'postgres', 'PG_VERSION'), 'utf8').trim()).toBe('18');
    expect(await readdir(dataDir)).not.toContain('old');
  });
});

describe('after a crash', () => {
  it('starts a service and PostgreSQL again, and says so', async () => {
    const run = start();
    await says(run, READY);
    const lost = pidOf('writer');
    process.kill(lost, 'SIGKILL');
    await says(run, 'writer is back');
    expect(run.output).toContain('writer ended (SIGKILL): starting it again in');
    expect(pidOf('writer')).not.toBe(lost);
    const settings = join(dataDir, 'postgres', 'postgresql.auto.conf');
    await appendFile(settings, 'wrong');
    process.kill(postmasterPid() ?? 0, 'SIGKILL');
    await says(run, 'PostgreSQL did not start: ');
    await writeFile(settings, '');
    await says(run, 'PostgreSQL is back');
    expect(run.output).toMatch(/^PostgreSQL did not start: /m);
    process.kill(pidOf('writer'), 'SIGKILL');
    await until(() => run.output.split('writer is back').length === 3, DEADLINE_MS);
    // The second one waits longer.
    const delays = [...run.output.matchAll(/writer .* again in ([\d.]+) s/g)].map((match) => Number(match[1]));
    expect(delays[1]).toBeGreaterThan(delays[0] ?? 0);
  });

  it('leaves nothing when it is killed itself, and the next start takes over', async () => {
    const run = start();
    await says(run, READY);
    const all = pids();
    run.child.kill('SIGKILL');
    await ended(run);
    const next = start();
    await says(next, READY);
    expect(await noneAlive(all)).toBe(true);
    expect(names('disconnected').sort()).toEqual(['builder', 'gateway', 'identity', 'writer']);
  });
});

describe('a mistake is one line, another exit code than 0, and no process', () => {
  const fails = async (run: Run, exitCode: number, line: string | RegExp): Promise<void> => {
    expect(await ended(run)).toBe(exitCode);
    expect(run.output).toMatch(line);
    expect(run.output).not.toMatch(/\n\s+at /);
    expect(await noneAlive(pids())).toBe(true);
    expect(postmasterPid()).toBeNull();
  };

  it('unknown option', async () => fails(start(['--prot', '1']), 2, 'unknown option --prot'));

  it('taken port', async () => {
    const server: Server = createServer().listen(port, '127.0.0.1');
    try {
      await fails(start(), 1, `port ${port} on 127.0.0.1 is taken: choose another by --port`);
    } finally {
      server.close();
    }
  });

  it('no Kafka where it is said to be', async () =>
    fails(start(['--kafka', `127.0.0.1:${await freePort()}`]), 1, 'no Kafka answers at 127.0.0.1:'));

  it('a data folder that cannot be written', async () => {
    await writeFile(dataDir, '');
    await fails(start(), 1, /the data folder .* cannot be written \(it is not a folder\)/);
  });

  it("a folder of somebody else's", async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'thesis.txt'), '');
    await fails(start(['--reset']), 1, /is not empty and not a data folder of LedgerFlow/);
    expect(await readdir(dataDir)).toEqual(['thesis.txt']);
  });

  it('data of another PostgreSQL', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await fails(start(), 1, /is of PostgreSQL 17, this is PostgreSQL 18/);
  });

  it('a service with a wrong configuration', async () =>
    fails(start([], { builder: 'misconfigured' }), 78, /builder did not start: .*configuration is wrong\n {2}GRPC_PORT is required/));

  it('a service that cannot start', async () => fails(start([], { gateway: 'failing' }), 1, /gateway did not start: no database/));

  it('a second instance on one folder', async () => {
    const first = start();
    await says(first, READY);
    const second = start();
    expect(await ended(second)).toBe(1);
    expect(second.output).toMatch(/already running on .* \(process \d+, http:/);
    expect(pids().every(isAlive)).toBe(true);
    expect(first.exitCode).toBeNull();
  });
});
