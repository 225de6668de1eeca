import { type HttpTarget, Latencies, type LatencySummary, openLoop } from '../../driver/index.ts';
import type { Bench } from '../bench.ts';
import type { Deployment } from '../deployment.ts';
import { countBatches } from '../batches.ts';
import { HttpTransfers } from '../http-load.ts';
import type { MeasuredSample } from '../result.ts';
import { caughtUp, ledgerOf, position, target } from '../whole.ts';
import { MS_PER_SECOND, type Row, type Samples } from './row.ts';

const SHARE = 0.5;
const IN_FLIGHT_MAX = 2_000;
/** One write in twenty is read back: enough to see, too few to be the load. */
const READ_EVERY = 20;
const TOKEN = 'ledger-consistency';

/** The number in a field of an answer; NaN when there is none. */
function numberIn(text: string, field: string): number {
  return Number(new RegExp(`"${field}":"(\\d+)"`).exec(text)?.[1] ?? Number.NaN);
}

/** Reads with the token of a write; throws unless the answer has that write in it. */
async function readBack(http: HttpTarget, ledger: string, account: string, token: string, written: number): Promise<void> {
  const path = `/api/v1/ledgers/${ledger}/accounts/${account}/balance`;
  const { status, text } = await http.request({ method: 'GET', path, headers: { [TOKEN]: token } });
  if (status !== 200) throw new Error(`a read with the token of a write was answered with ${status}: ${text.slice(0, 500)}`);
  if (!(numberIn(text, 'asOfPosition') >= written))
    throw new Error(`a read with the token of position ${written} was answered from before it: ${text.slice(0, 500)}`);
}

interface Half {
  rate: number;
  units: number;
  writes: LatencySummary;
  visible: LatencySummary;
  afterAnswer: LatencySummary;
  seconds: number;
  shed: number;
}

/** One run at a rate; the head of the ledger has to move by as many as were answered. */
async function drive(bench: Bench, deployment: Deployment, http: HttpTarget, ledger: string, ratePerSecond: number, durationMs: number) {
  const transfers = new HttpTransfers(bench, http, ledger, 1);
  const [writes, visible, afterAnswer] = [new Latencies(), new Latencies(), new Latencies()];
  let turn = 0;
  const work = async (scheduledMs: number): Promise<void> => {
    const isRead = turn++ % READ_EVERY === 0;
    const { answer, to } = await transfers.post();
    const answeredMs = performance.now();
    writes.record(answeredMs - scheduledMs);
    if (!isRead) return;
    const written = numberIn(answer.text, 'position');
    await readBack(http, ledger, to, answer.headers[TOKEN] as string, written);
    visible.record(performance.now() - scheduledMs);
    afterAnswer.record(performance.now() - answeredMs);
  };
  const before = await position(bench, deployment, 'ledger', ledger);
  const { seconds, shed } = await openLoop({ ratePerSecond, inFlightMax: IN_FLIGHT_MAX, durationMs, signal: bench.signal }, work);
  const gained = (await position(bench, deployment, 'ledger', ledger)) - before;
  const summary = writes.summary();
  if (gained !== summary.count) throw new Error(`${summary.count} transfers were answered, the head of ${ledger} moved by ${gained}`);
  return {
    rate: summary.count / seconds,
    units: summary.count,
    writes: summary,
    visible: visible.summary(),
    afterAnswer: afterAnswer.summary(),
    seconds,
    shed,
  } satisfies Half;
}

async function measure(bench: Bench, deployment: Deployment, round: number, earlier: Samples) {
  const { seconds, connections, warmUpSeconds } = bench.options;
  const full = earlier['http single']?.rate ?? null;
  if (full === null) throw new Error('half load needs the full rate');
  const ledger = await ledgerOf(bench, deployment, round);
  const http = await target(bench, deployment, connections);
  const run = (durationSeconds: number): Promise<Half> =>
    drive(bench, deployment, http, ledger, full * SHARE, durationSeconds * MS_PER_SECOND);
  try {
    const warmUp = async (): Promise<void> => {
      if (warmUpSeconds > 0) await run(warmUpSeconds);
      await caughtUp(bench, deployment);
    };
    return await bench.timed(
      deployment.processes,
      async () => {
        const batches = await countBatches(deployment);
        const half = await run(seconds);
        return { ...half, batches: await batches(), p50Ms: half.writes.p50Ms, p99Ms: half.writes.p99Ms };
      },
      warmUp,
    );
  } finally {
    await http.close();
  }
}

type Measured = Awaited<ReturnType<typeof measure>>;

function visibilityOf({ visible, afterAnswer, seconds, shed }: Measured, feed: 'log' | 'kafka'): MeasuredSample {
  const extra = { fromAnswerP50Ms: afterAnswer.p50Ms, fromAnswerP99Ms: afterAnswer.p99Ms, feed, shed };
  return { rate: visible.count / seconds, p50Ms: visible.p50Ms, p99Ms: visible.p99Ms, usage: null, extra };
}

/**
 * Single transfers at a steady half of the rate that the same round reached, latency from when each was due. Some are read back with their token, which the
 * gateway answers when the write is in the query tables: the time from the write's being due to that answer is its way to being visible.
 */
export const halfLoadRow: Row = {
  results: { 'half load': 'transfers', visibility: 'writes read back' },
  needs: ['http single'],
  async run(bench, round, earlier) {
    const half = await measure(bench, await bench.whole(), round, earlier);
    const { rate, p50Ms, p99Ms, units, usage, shed, batches } = half;
    return {
      'half load': { rate, p50Ms, p99Ms, units, usage, extra: { shed, ...batches } },
      visibility: visibilityOf(half, bench.options.kafka ? 'kafka' : 'log'),
    };
  },
};

const KAFKA = 'visibility kafka';

/** The same with the relay, Kafka and the Kafka feed, on a deployment and a broker of their own that are gone afterwards; at half of what `http single` reached without them. */
export const visibilityKafkaRow: Row = {
  results: { [KAFKA]: 'writes read back' },
  isOnce: true,
  needs: ['http single', 'half load'],
  async run(bench, round, earlier): Promise<Samples> {
    const { options, progress } = bench;
    // With --kafka that is what the row before has measured.
    if (options.kafka) return { [KAFKA]: earlier['visibility'] as MeasuredSample };
    if (options.quick && !options.rows.includes(KAFKA)) {
      progress.say(`  ${KAFKA} is not measured with --quick unless --rows names it`);
      return {};
    }
    const started = await bench.onKafka();
    if (started === null) return {};
    try {
      const half = await measure(bench, started.deployment, round, earlier);
      const sample = visibilityOf(half, 'kafka');
      // Of what the writes and their reading back cost, told for one write.
      return {
        [KAFKA]: {
          ...sample,
          usage: half.usage,
          units: half.units,
          extra: { ...sample.extra, writeP50Ms: half.p50Ms, writeP99Ms: half.p99Ms },
        },
      };
    } finally {
      await started.stop();
    }
  },
};
