import { type HttpTarget, Latencies, openLoop } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { HttpTransfers } from '../http-load.ts';
import { caughtUp, ledgerOf, position, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

const TIMES = 3;
/** As many as the gateway takes in at once: fewer would be callers who wait for their answers, and no open loop. */
const CONNECTIONS = 2_000;
const IN_FLIGHT_MAX = CONNECTIONS;
const ACCEPTED = 201;
const REFUSED = new Set([429, 503]);

/** One run at a rate: what was accepted, and how long that and the refusals took. The head of the ledger has to move by as many as were accepted. */
async function drive(bench: Bench, deployment: Deployment, http: HttpTarget, ledger: string, ratePerSecond: number, durationMs: number) {
  const transfers = new HttpTransfers(bench, http, ledger, 1);
  const [accepted, refused] = [new Latencies(), new Latencies()];
  const work = async (scheduledMs: number): Promise<void> => {
    const { answer } = await transfers.send();
    const tookMs = performance.now() - scheduledMs;
    if (answer.status === ACCEPTED) return accepted.record(tookMs);
    if (!REFUSED.has(answer.status)) throw new Error(`a write was answered with ${answer.status}: ${answer.text.slice(0, 500)}`);
    if (answer.headers['retry-after'] === undefined) throw new Error('a refusal does not say when to come again');
    refused.record(tookMs);
  };
  const before = await position(bench, deployment, 'ledger', ledger);
  const { seconds, started, shed } = await openLoop({ ratePerSecond, inFlightMax: IN_FLIGHT_MAX, durationMs, signal: bench.signal }, work);
  const gained = (await position(bench, deployment, 'ledger', ledger)) - before;
  const [taken, shedThere] = [accepted.summary(), refused.summary()];
  if (gained !== taken.count) throw new Error(`${taken.count} transfers were accepted, the head of ${ledger} moved by ${gained}`);
  return { seconds, started, notSent: shed, taken, refused: shedThere };
}

/** Three times the rate of the round's `http single` at a steady pace: what is admitted keeps its latency, the rest is told to come again. */
export const overloadRow: Row = {
  results: { overload: 'transfers' },
  needs: ['http single', 'half load'],
  async run(bench, round, earlier) {
    const { seconds, warmUpSeconds } = bench.options;
    const [full, half] = [earlier['http single']?.rate ?? null, earlier['half load']?.p99Ms ?? null];
    if (full === null || half === null) throw new Error('overload needs the full rate and the latency at half of it');
    const deployment = await bench.whole();
    const ledger = await ledgerOf(bench, deployment, round);
    const http = await target(bench, deployment, CONNECTIONS);
    const run = (runSeconds: number) => drive(bench, deployment, http, ledger, full * TIMES, runSeconds * MS_PER_SECOND);
    const warmUp = async (): Promise<void> => {
      if (warmUpSeconds > 0) await run(warmUpSeconds);
      await caughtUp(bench, deployment);
    };
    try {
      return {
        overload: await bench.timed(
          deployment.processes,
          async () => {
            const { taken, refused, started, notSent, ...took } = await run(seconds);
            return {
              rate: taken.count / took.seconds,
              p50Ms: taken.p50Ms,
              p99Ms: taken.p99Ms,
              units: taken.count,
              extra: {
                p99ToHalfLoad: taken.p99Ms / half,
                rateToFull: taken.count / took.seconds / full,
                offered: (started + notSent) / took.seconds,
                refusedShare: refused.count / started,
                refusedP99Ms: refused.p99Ms,
                notSent,
              },
            };
          },
          warmUp,
        ),
      };
    } finally {
      await http.close();
    }
  },
};
