import type { Bench } from '../bench.ts';
import { openLedger, type WriterClient } from '../writer-client.ts';
import { WriterLoad } from '../writer-load.ts';
import type { Row } from './row.ts';

interface Size {
  accounts: number;
  ledgers: number;
  writers: number;
}

async function ledgersOf(bench: Bench, client: WriterClient, { accounts, ledgers }: Size): Promise<string[]> {
  const names = Array.from({ length: ledgers }, (_, index) => bench.freshName(`growth-${accounts}-${ledgers}-${index}`));
  for (const name of names) {
    bench.progress.update(() => `opening ${name}`);
    await openLedger(client, bench.numbers, name, accounts);
  }
  return names;
}

/** The writer's rate at one size. Its ledgers are made once; they grow by what the rounds before have written, as ledgers do. */
function growthRow(name: string, size: Size): Row {
  return {
    results: { [name]: 'transfers' },
    async run(bench) {
      const deployment = await bench.alone(size.writers);
      const clients = await bench.writerClients(deployment);
      const { accounts } = size;
      const ledgers = await bench.once(`growth ${JSON.stringify(size)}`, () => ledgersOf(bench, clients[0] as WriterClient, size));
      const load = new WriterLoad(bench, deployment, clients, { ledgers, accounts, isHot: false });
      const { seconds, warmUpSeconds } = bench.options;
      const warmUp = async (): Promise<void> => void (warmUpSeconds > 0 && (await load.drive(warmUpSeconds)));
      const sample = await bench.timed(deployment.processes, () => load.drive(seconds), warmUp);
      return { [name]: { ...sample, extra: { ...sample.extra, ...size } } };
    },
  };
}

const few = { accounts: 1_000, ledgers: 1, writers: 1 };

export const GROWTH_ROWS: readonly Row[] = [
  growthRow('accounts 1000', few),
  growthRow('accounts 10000', { ...few, accounts: 10_000 }),
  growthRow('accounts 100000', { ...few, accounts: 100_000 }),
  growthRow('accounts 1000000', { ...few, accounts: 1_000_000 }),
  growthRow('ledgers 10', { ...few, ledgers: 10 }),
  growthRow('ledgers 100', { ...few, ledgers: 100 }),
  growthRow('writers 2', { ...few, writers: 2 }),
  growthRow('writers 2 ledgers 10', { ...few, ledgers: 10, writers: 2 }),
];
