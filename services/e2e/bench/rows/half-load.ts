import { type HttpTarget, Latencies, openLoop } from '../../driver/index.ts';
import { HttpTransfers } from '../http-load.ts';
import { caughtUp, ledgerOf, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const SHARE = 0.5;
const IN_FLIGHT_MAX = 2_000;
/** One write in twenty is read back: enough to see, too few to be the load. */
const READ_EVERY = 20;
const TOKEN = 'ledger-consistency';

async function readBack(http: HttpTarget, ledger: string, account: string, token: string): Promise<void> {
  const path = `/api/v1/ledgers/${ledger}/accounts/${account}/balance`;
  const { status, text } = await http.request({ method: 'GET', path, headers: { [TOKEN]: token } });
  if (status !== 200) throw new Error(`a read with the token of a write was answered with ${status}: ${text.slice(0, 500)}`);
}

/**
 * Single transfers at a steady half of the rate that the same round reached, latency from when each was due. Some are read back with their token, which the
 * gateway answers when the write is in the query tables: the time from the write's being due to that answer is its way to being visible.
 */
export const halfLoadRow: Row = {
  results: { 'half load': 'transfers', visibility: 'writes read back' },
  needs: ['http single'],
  async run(bench, round, earlier) {
    const { seconds, connections, warmUpSeconds } = bench.options;
    const full = earlier['http single']?.rate ?? null;
    if (full === null) throw new Error('half load needs the full rate');
    const deployment = await bench.whole();
    const ledger = await ledgerOf(bench, round);
    const http = await target(bench, deployment, connections);
    const transfers = new HttpTransfers(bench, http, ledger, 1);
    const drive = async (durationMs: number) => {
      const [writes, visible, afterAnswer] = [new Latencies(), new Latencies(), new Latencies()];
      let turn = 0;
      const work = async (scheduledMs: number): Promise<void> => {
        const isRead = turn++ % READ_EVERY === 0;
        const { answer, to } = await transfers.post();
        const answeredMs = performance.now();
        writes.record(answeredMs - scheduledMs);
        if (!isRead) return;
        await readBack(http, ledger, to, answer.headers[TOKEN] as string);
        visible.record(performance.now() - scheduledMs);
        afterAnswer.record(performance.now() - answeredMs);
      };
      const options = { ratePerSecond: full * SHARE, inFlightMax: IN_FLIGHT_MAX, durationMs, signal: bench.signal };
      const { seconds: took, shed } = await openLoop(options, work);
      return { writes: writes.summary(), visible: visible.summary(), afterAnswer: afterAnswer.summary(), took, shed };
    };
    try {
      await drive(warmUpSeconds * MS_PER_SECOND);
      await caughtUp(bench, deployment);
      const sample = await bench.timed(deployment.processes, async () => {
        const { writes, visible, afterAnswer, took, shed } = await drive(seconds * MS_PER_SECOND);
        return {
          rate: writes.count / took,
          p50Ms: writes.p50Ms,
          p99Ms: writes.p99Ms,
          units: writes.count,
          shed,
          visible,
          afterAnswer,
          took,
        };
      });
      const { visible, afterAnswer, shed, took, ...half } = sample;
      const fromAnswer = { fromAnswerP50Ms: afterAnswer.p50Ms, fromAnswerP99Ms: afterAnswer.p99Ms };
      const feed = bench.options.kafka ? 'kafka' : 'log';
      return {
        'half load': { ...half, extra: { shed } },
        visibility: { rate: visible.count / took, p50Ms: visible.p50Ms, p99Ms: visible.p99Ms, usage: null, extra: { ...fromAnswer, feed } },
      };
    } finally {
      await http.close();
    }
  },
};
