import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { closedLoop, HttpTarget, Latencies } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import { accountId, CURRENCY } from '../commands.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const START_TIMEOUT_MS = 10_000;

interface BareServer {
  child: ChildProcess;
  url: string;
}

async function start(bench: Bench): Promise<BareServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bare-server.ts')], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  bench.atEnd(() => void child.kill());
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error('the bare Express process did not start')), START_TIMEOUT_MS);
  child.once('message', (message: { port: number }) => resolve(message.port));
  child.once('exit', () => reject(new Error('the bare Express process ended')));
  try {
    return { child, url: `http://127.0.0.1:${await promise}` };
  } finally {
    clearTimeout(timer);
  }
}

export const bareHttpRow: Row = {
  results: { 'bare http': 'requests' },
  async run(bench) {
    const { seconds, warmUpSeconds, connections } = bench.options;
    const { child, url } = await bench.once('bare server', () => start(bench));
    const target = new HttpTarget(url, { connections });
    const body = JSON.stringify({ from: accountId(1), to: accountId(2), amount: '0.50', currency: CURRENCY });
    const request = { method: 'POST', path: '/transfers', headers: { 'content-type': 'application/json' }, body } as const;
    const drive = async (durationMs: number) => {
      const latencies = new Latencies();
      const { seconds: took } = await closedLoop({ workers: connections, durationMs, signal: bench.signal }, async () => {
        const startedMs = performance.now();
        const { status } = await target.request(request);
        if (status !== 201) throw new Error(`the bare Express process answered ${status}`);
        latencies.record(performance.now() - startedMs);
      });
      const { count, p50Ms, p99Ms } = latencies.summary();
      return { rate: count / took, p50Ms, p99Ms, units: count };
    };
    try {
      await drive(warmUpSeconds * MS_PER_SECOND);
      const processes = [{ name: 'bare', pid: () => child.pid ?? null }];
      return { 'bare http': await bench.timed(processes, () => drive(seconds * MS_PER_SECOND)) };
    } finally {
      await target.close();
    }
  },
};
