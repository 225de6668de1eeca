import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { closedLoop, type HttpRequest, HttpTarget, Latencies } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import { accountId, CURRENCY } from '../commands.ts';
import { BARE, BARE_GET } from '../ratios.ts';
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

/** One request again and again. `proof` stands in every right answer. */
function bareRow(name: string, request: HttpRequest, status: number, proof: string): Row {
  return {
    results: { [name]: 'requests' },
    async run(bench) {
      const { seconds, warmUpSeconds, connections } = bench.options;
      const { child, url } = await bench.once('bare server', () => start(bench));
      const target = new HttpTarget(url, { connections });
      const drive = async (durationMs: number) => {
        const latencies = new Latencies();
        const { seconds: took } = await closedLoop({ workers: connections, durationMs, signal: bench.signal }, async () => {
          const startedMs = performance.now();
          const answer = await target.request(request);
          if (answer.status !== status || !answer.text.includes(proof))
            throw new Error(`the bare Express process answered ${answer.status}: ${answer.text.slice(0, 500)}`);
          latencies.record(performance.now() - startedMs);
        });
        const { count, p50Ms, p99Ms } = latencies.summary();
        return { rate: count / took, p50Ms, p99Ms, units: count };
      };
      try {
        const processes = [{ name: 'bare', pid: () => child.pid ?? null }];
        const warmUp = (): Promise<unknown> => drive(warmUpSeconds * MS_PER_SECOND);
        return { [name]: await bench.timed(processes, () => drive(seconds * MS_PER_SECOND), warmUp) };
      } finally {
        await target.close();
      }
    },
  };
}

const body = JSON.stringify({ from: accountId(1), to: accountId(2), amount: '0.50', currency: CURRENCY });

export const bareRows: readonly Row[] = [
  bareRow(BARE, { method: 'POST', path: '/transfers', headers: { 'content-type': 'application/json' }, body }, 201, accountId(2)),
  bareRow(BARE_GET, { method: 'GET', path: '/balance' }, 200, '"posted":"999999.50"'),
];
