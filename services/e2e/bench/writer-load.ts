import { closedLoop, Latencies } from '../driver/index.ts';
import type { Bench } from './bench.ts';
import { EncodedList, recordsIn } from './commands.ts';
import type { Deployment } from './deployment.ts';
import { countBatches } from './batches.ts';
import { Random } from '../driver/index.ts';
import type { Sample } from './result.ts';
import type { WriterClient } from './writer-client.ts';

/** Each worker sends these lists in turn, so that not the same accounts meet in each batch. */
const LISTS_PER_WORKER = 4;

export interface WriterWork {
  /** Lists go to these ledgers in turn. */
  ledgers: readonly string[];
  accounts: number;
  isHot: boolean;
}

/** Lists of transfers for one or more writers, a fixed number of them on their way at once. */
export class WriterLoad {
  private readonly bench: Bench;
  private readonly deployment: Deployment;
  private readonly work: WriterWork;
  private readonly lists: { client: WriterClient; list: EncodedList }[][];

  constructor(bench: Bench, deployment: Deployment, clients: readonly WriterClient[], work: WriterWork) {
    this.bench = bench;
    this.deployment = deployment;
    this.work = work;
    const { lists, listSize: count, seed } = bench.options;
    const { ledgers, accounts, isHot } = work;
    const random = new Random(seed);
    const perWorker = Math.max(LISTS_PER_WORKER, Math.ceil(ledgers.length / lists));
    this.lists = Array.from({ length: lists }, (_, worker) =>
      Array.from({ length: perWorker }, (_unused, turn) => {
        const index = (worker + turn * lists) % ledgers.length;
        // As the gateway does: a ledger has a writer of its own. With one ledger only, all writers take from it.
        const client = clients[(ledgers.length > 1 ? index : worker) % clients.length] as WriterClient;
        return { client, list: new EncodedList({ ledger: ledgers[index] as string, accounts, count, isHot, random }) };
      }),
    );
  }

  /** Closed loop for some seconds, or until `transfersMax` are sent. Every answer has to be a record, and the ledgers' heads have to have moved by as many. */
  async drive(seconds: number, transfersMax = Infinity): Promise<Sample & { units: number }> {
    const { bench, deployment } = this;
    const latencies = new Latencies();
    const turns = this.lists.map(() => 0);
    const positionsBefore = await this.positions();
    const batches = await countBatches(deployment);
    let sent = 0;
    const enough = new AbortController();
    const signal = AbortSignal.any([bench.signal, enough.signal]);
    const { seconds: took } = await closedLoop({ workers: this.lists.length, durationMs: seconds * 1000, signal }, async (worker) => {
      const own = this.lists[worker] as (typeof this.lists)[number];
      const { client, list } = own[(turns[worker] as number)++ % own.length] as (typeof own)[number];
      sent += list.count;
      if (sent >= transfersMax) enough.abort();
      list.stamp(bench.numbers.take(list.count));
      const startedMs = performance.now();
      recordsIn(await client.execute(list.bytes), list.count);
      latencies.record(performance.now() - startedMs);
    });
    const gained = (await this.positions()) - positionsBefore;
    if (gained !== sent) throw new Error(`${sent} transfers were answered, the heads of the ledgers moved by ${gained}`);
    const { p50Ms, p99Ms } = latencies.summary();
    return {
      rate: sent / took,
      p50Ms,
      p99Ms,
      units: sent,
      extra: { ...(await batches()), lists: this.lists.length, listSize: bench.options.listSize },
    };
  }

  private async positions(): Promise<number> {
    const { rows } = await this.bench
      .pool(this.deployment.superuserUrl('ledger'))
      .query<{ sum: string }>('select coalesce(sum(position), 0)::text as sum from ledger.heads where id = any($1)', [this.work.ledgers]);
    return Number(rows[0]?.sum);
  }
}
