import { findPgbench, Pgbench } from '../pgbench.ts';
import type { Bench } from '../bench.ts';
import type { Row } from './row.ts';

const DATABASE = 'bench_pgbench';

async function initialised(bench: Bench): Promise<Pgbench> {
  const program = await findPgbench(process.env);
  if (program === null) throw new Error('pgbench is gone');
  // One that was made, but not filled.
  await bench.admin.query(`drop database if exists ${DATABASE}`);
  await bench.admin.query(`create database ${DATABASE}`);
  const pgbench = new Pgbench(program, bench.ground.postgres.superuserUrl(DATABASE), bench.options.pgbenchScale);
  bench.progress.update(() => `pgbench -i -s ${bench.options.pgbenchScale}`);
  await pgbench.initialise(bench.signal);
  return pgbench;
}

export const pgbenchRow: Row = {
  results: { pgbench: 'transactions' },
  async run(bench) {
    const { seconds, warmUpSeconds } = bench.options;
    const pgbench = await bench.once('pgbench', () => initialised(bench));
    const warmUp = async (): Promise<void> => void (warmUpSeconds > 0 && (await pgbench.measure(warmUpSeconds, bench.signal)));
    const processes = [{ name: 'pgbench', pid: () => process.pid, onlyEnded: true }];
    return { pgbench: await bench.timed(processes, () => pgbench.measure(seconds, bench.signal), warmUp) };
  },
};
