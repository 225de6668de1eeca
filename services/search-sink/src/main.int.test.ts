import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { testCertificates, type TestCertificates } from './testing/fake-writer.ts';
import { sampleLedger } from './testing/ledgers.ts';
import { startOpenSearch, type RunningNode } from './testing/opensearch/node.ts';
import { TestBench, until } from './testing/sink.ts';

jest.setTimeout(180_000);

let node: RunningNode;
let certificates: TestCertificates;
let bench: TestBench;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  [node, certificates] = await Promise.all([startOpenSearch(), testCertificates()]);
  bench = await TestBench.start(node.url, certificates);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await bench?.stop();
  await node?.stop();
  await certificates?.remove();
});

function run(script: string, env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  void exit.then(() => running.delete(child));
  return { child, output: () => output, exit };
}

const environment = (): Record<string, string> => ({
  ...certificates.sinkFiles,
  OPENSEARCH_URL: node.url,
  INDEX_PREFIX: bench.prefix,
  INDEX_REPLICAS: '0',
  WRITER_ADDRESSES: `127.0.0.1:${bench.writer.port}`,
});

describe('the service', () => {
  it('starts, indexes, tells its state, is rebuilt by its command, and stops', async () => {
    const ledger = sampleLedger('books', 1, 20);
    bench.writer.ledgers.set('books', ledger);
    const sink = run('main.ts', environment());
    await until('ready', () => sink.output().includes('"ready"'));
    await bench.untilWhole(ledger);
    const ops = `http://127.0.0.1:${/"ops":(\d+)/.exec(sink.output())?.[1]}`;
    await until('ready', async () => (await fetch(`${ops}/readyz`)).status === 200);
    expect(await (await fetch(`${ops}/metrics`)).text()).toContain('ledgerflow_search_lag_seconds{slot=');
    const rebuild = run('rebuild/main.ts', environment());
    expect([await rebuild.exit, rebuild.output()]).toEqual([0, expect.stringContaining('generation 2 is proven and live')]);
    const erase = run('erase/main.ts', environment(), ['books', '2']);
    expect([await erase.exit, erase.output()]).toEqual([1, expect.stringContaining('erase them there first')]);
    expect(await run('erase/main.ts', environment(), ['books']).exit).toBe(2);
    await node.kill();
    await until('not ready without a node', async () => (await fetch(`${ops}/readyz`)).status === 503);
    expect(await (await fetch(`${ops}/healthz`)).json()).toMatchObject({ status: 'ok' });
    await node.restart();
    ledger.transfer('alice', 'bob', 1n);
    bench.writer.publish();
    await bench.untilWhole(ledger);
    await until('ready again', async () => (await fetch(`${ops}/readyz`)).status === 200);
    sink.child.kill('SIGTERM');
    expect(await sink.exit).toBe(0);
  });

  it('refuses a wrong configuration, all mistakes at once, with 78 and without values', async () => {
    const secret = 'a-secret-password';
    const wrong = { OPENSEARCH_URL: `https://me:${secret}@host:9200`, OPENSEARCH_PASSWORD: secret, INDEX_PREFIX: 'Upper', SLOTS: '0' };
    for (const script of ['main.ts', 'rebuild/main.ts']) {
      const sink = run(script, wrong);
      expect(await sink.exit).toBe(78);
      for (const mistake of [
        'OPENSEARCH_URL must match',
        'must have property OPENSEARCH_USER when property OPENSEARCH_PASSWORD is present',
        'INDEX_PREFIX',
        'SLOTS must be >= 1',
        'WRITER_ADDRESSES is required',
        'TLS_CA_FILE is required',
      ])
        expect(sink.output()).toContain(mistake);
      expect(sink.output()).not.toContain(secret);
    }
  });
});
