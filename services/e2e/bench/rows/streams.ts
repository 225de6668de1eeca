import { openLoop } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { EventStreams } from '../event-streams.ts';
import { HttpTransfers } from '../http-load.ts';
import { peakBytes, residentBytes } from '../processes.ts';
import { caughtUp, ledgerOf, position, target, tokensOf } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const STREAMS = 'streams';
/** Transfers; each is an event on every stream. */
const RATE_PER_SECOND = 10;
const IN_FLIGHT_MAX = 100;
const CONNECTIONS = 4;
const MEBIBYTE = 1024 * 1024;
const KIBIBYTE = 1024;

async function measure(bench: Bench, deployment: Deployment, round: number) {
  const { seconds, warmUpSeconds, streams: count } = bench.options;
  const ledger = await ledgerOf(bench, deployment, round);
  const http = await target(bench, deployment, CONNECTIONS);
  const streams = new EventStreams();
  const gateway = deployment.processes.find(({ name }) => name === 'gateway');
  const memory = (of: typeof residentBytes): number => of(gateway?.pid() ?? null) ?? Number.NaN;
  const transfers = new HttpTransfers(bench, http, ledger, 1);
  // What is due while too many are on their way is not sent, and counted: the machine is then not one to measure times on, and what was sent is received all the same.
  const run = (forSeconds: number): Promise<{ seconds: number; shed: number }> => {
    const limits = { ratePerSecond: RATE_PER_SECOND, inFlightMax: IN_FLIGHT_MAX, durationMs: forSeconds * MS_PER_SECOND };
    return openLoop({ ...limits, signal: bench.signal }, async () => void (await transfers.post()));
  };
  try {
    // The gateway has done what it does for the first time.
    if (warmUpSeconds > 0) await run(warmUpSeconds);
    await caughtUp(bench, deployment);
    const before = memory(residentBytes);
    const head = await position(bench, deployment, 'ledger', ledger);
    const tokens = await tokensOf(bench, count);
    return await bench.timed(deployment.processes, async () => {
      await streams.open(`${deployment.httpUrl}/api/v1/ledgers/${ledger}/events/stream`, tokens, bench.signal);
      const opened = memory(residentBytes);
      const { seconds: took, shed } = await run(seconds);
      const end = await position(bench, deployment, 'ledger', ledger);
      const events = await streams.received(end, bench.signal);
      if (events !== (end - head) * count)
        throw new Error(`${count} streams got ${events} events, ${end - head} records were written meanwhile`);
      const atEnd = memory(residentBytes);
      return {
        rate: null,
        p50Ms: null,
        p99Ms: null,
        value: atEnd / MEBIBYTE,
        units: events,
        extra: {
          streams: count,
          beforeMiB: before / MEBIBYTE,
          openedMiB: opened / MEBIBYTE,
          peakMiB: memory(peakBytes) / MEBIBYTE,
          kibibytesAStream: (atEnd - before) / count / KIBIBYTE,
          events,
          eventsPerSecond: events / took,
          notSent: shed,
        },
      };
    });
  } finally {
    streams.close();
    await http.close();
  }
}

/** Many clients of one ledger's events on one gateway, one that has done nothing before, while transfers go on: all get every event, in order; its memory. */
export const streamsRow: Row = {
  results: { [STREAMS]: 'MiB of the gateway' },
  isOnce: true,
  async run(bench, round) {
    const deployment = await bench.whole();
    return { [STREAMS]: await deployment.withFreshGateway(() => measure(bench, deployment, round)) };
  },
};
