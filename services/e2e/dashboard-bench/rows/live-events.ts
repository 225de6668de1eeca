import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { until } from '../../stack/wait.ts';
import type { Ground } from '../ground.ts';
import { slopeOf } from '../slope.ts';
import type { Row } from './row.ts';

const RATE = 200;
const BATCH = 20;
const EVERY_MS = (BATCH / RATE) * 1_000;
/** Batches that may be on their way at once; beyond that the rate is not kept, which is told. */
const UNDER_WAY_MAX = 20;
const SECONDS = { least: 10, standard: 60, most: 3_600 };
const LONG_MS = 100;
/** Of the page, at most. */
const UPDATES_A_SECOND = 4;
const MIB = 1_048_576;
const MINUTE_MS = 60_000;
/** Looked at so often, at even times, the beginning and the end included. */
const READINGS = 7;
/** Of each the least of some collections one after the other: what comes between two of the page's updates is held for a moment, some MiB of it. */
const COLLECTIONS = 5;
const COLLECTED_EVERY_MS = 70;
/** Of the heap, at most: what is compiled while it runs, once, and else what ten minutes do not show. */
const WARM_UP_MIB = 0.4;
const GROWTH_MIB_A_MINUTE = 0.1;
const SHOWN_WAIT_MS = 30_000;
const SHOWN_ALL = 'the last 2,000 records';

/** Long tasks, with the time of their beginning, from the page's own start. */
const WATCH = `(() => {
  window.ledgerflowTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.ledgerflowTasks.push([startTime, duration]);
  }).observe({ type: 'longtask', buffered: true });
})()`;

interface Reading {
  /** Of the page, when it was begun and when it was done. */
  fromMs: number;
  toMs: number;
  heapBytes: number;
  nodes: number;
  /** Processor time of the page's main thread in its tasks. */
  taskSeconds: number;
}

/** After collections of garbage, so that what is counted is what is held. */
async function read(page: Page, session: CDPSession): Promise<Reading> {
  const fromMs = await now(page);
  const { metrics } = await session.send('Performance.getMetrics');
  const taskSeconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  let heapBytes = Number.POSITIVE_INFINITY;
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    if (collection > 0) await new Promise((resolve) => setTimeout(resolve, COLLECTED_EVERY_MS));
    await session.send('HeapProfiler.collectGarbage');
    heapBytes = Math.min(heapBytes, (await session.send('Runtime.getHeapUsage')).usedSize);
  }
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { fromMs, toMs: await now(page), heapBytes, nodes, taskSeconds };
}

/** Writes RATE records a second at even times, whether the ones before are answered or not, until it is stopped. */
class Load {
  written = 0;
  /** Batches that were left out: too many were on their way. */
  skipped = 0;
  last = 0n;
  private underWay = 0;
  private failure: Error | null = null;
  private readonly timer: NodeJS.Timeout;
  private readonly place: Ground;

  constructor(place: Ground) {
    this.place = place;
    this.timer = setInterval(() => void this.batch().catch((error: Error) => (this.failure ??= error)), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await until('all batches are answered', () => this.underWay === 0);
    if (this.failure !== null) throw this.failure;
  }

  private async batch(): Promise<void> {
    if (this.underWay >= UNDER_WAY_MAX) {
      this.skipped++;
      return;
    }
    this.underWay++;
    try {
      const transactions = Array.from({ length: BATCH }, (_, index) => {
        const [from, to] = index % 2 === 0 ? (['from', 'to'] as const) : (['to', 'from'] as const);
        return { postings: [{ from, to, amount: '0.01', currency: 'USD' }] };
      });
      const { results } = await this.place.api.createTransactionBatch({ ledger: this.place.ledger, body: { atomic: false, transactions } });
      for (const { transaction } of results) {
        if (transaction === undefined) continue;
        this.written++;
        const position = BigInt(transaction.position);
        if (position > this.last) this.last = position;
      }
    } finally {
      this.underWay--;
    }
  }
}

const secondsOf = (text: string | undefined): number => {
  const seconds = text === undefined ? SECONDS.standard : Number(text);
  if (Number.isInteger(seconds) && seconds >= SECONDS.least && seconds <= SECONDS.most) return seconds;
  throw new Error(`LIVE_EVENTS_SECONDS is ${text}, and has to be a whole number from ${SECONDS.least} to ${SECONDS.most}`);
};

const isShown = (page: Page, position: bigint): Promise<boolean> =>
  page.getByRole('button', { name: `Record ${position}`, exact: true }).isVisible();

/** Long tasks that lie between one reading and the next, milliseconds each: those within are of the collection that was asked for. */
async function tasksOf(page: Page, readings: readonly Reading[]): Promise<number[]> {
  const tasks = await page.evaluate<[number, number][]>('window.ledgerflowTasks');
  const between = readings.slice(1).map(({ fromMs }, index) => [readings[index]?.toMs ?? fromMs, fromMs] as const);
  return tasks
    .filter(([startMs, durationMs]) => between.some(([fromMs, toMs]) => startMs >= fromMs && startMs + durationMs <= toMs))
    .map(([, durationMs]) => durationMs);
}

const now = (page: Page): Promise<number> => page.evaluate<number>('performance.now()');

/** From now on for so many seconds, READINGS of them. */
async function readingsOf(page: Page, session: CDPSession, seconds: number): Promise<Reading[]> {
  const readings: Reading[] = [];
  const beginMs = performance.now();
  for (let index = 0; index < READINGS; index++) {
    const atMs = beginMs + (index * seconds * 1_000) / (READINGS - 1);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
    readings.push(await read(page, session));
  }
  return readings;
}

async function watch(place: Ground, context: BrowserContext, seconds: number) {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.addInitScript(WATCH);
  await page.goto(`${place.url}/ledgers/${place.ledger}/events`);
  await page.getByText('Live', { exact: true }).waitFor();
  const load = new Load(place);
  try {
    // From then on as much is left out as comes.
    await page.getByText(SHOWN_ALL).waitFor({ timeout: SHOWN_WAIT_MS * 2 });
    const [fromMs, written] = [await now(page), load.written];
    const readings = await readingsOf(page, session, seconds);
    const rate = ((load.written - written) * 1_000) / ((await now(page)) - fromMs);
    const [before, after] = [readings[0] as Reading, readings.at(-1) as Reading];
    await load.stop();
    await until('the last record is shown', () => isShown(page, load.last), SHOWN_WAIT_MS);
    const tasks = await tasksOf(page, readings);
    const long = tasks.filter((durationMs) => durationMs > LONG_MS);
    const growth = slopeOf(readings.map((reading) => [reading.fromMs / MINUTE_MS, reading.heapBytes / MIB]));
    const nodes = after.nodes - before.nodes;
    return [
      {
        name: 'Live events: rate',
        value: rate,
        unit: 'records/s',
        target: { atLeast: RATE * 0.95 },
        about: `${load.skipped} batches left out`,
      },
      {
        name: `Live events: tasks over ${LONG_MS} ms`,
        value: long.length,
        unit: `in ${seconds} s`,
        target: { below: 1 },
        about: `longest ${Math.round(Math.max(0, ...tasks))} ms, ${tasks.length} over 50 ms`,
      },
      {
        name: 'Live events: processor',
        value: (after.taskSeconds - before.taskSeconds) * (1_000 / seconds),
        unit: 'ms/s',
        target: null,
        about: `of the page's main thread, however busy the machine is; ${UPDATES_A_SECOND} updates a second`,
      },
      {
        name: 'Live events: heap growth',
        value: growth,
        unit: 'MiB/min',
        target: { below: Number((GROWTH_MIB_A_MINUTE + WARM_UP_MIB / (seconds / 60)).toFixed(2)) },
        about: `in ${seconds} s: ${readings.map(({ heapBytes }) => (heapBytes / MIB).toFixed(1)).join(', ')} MiB, garbage collected`,
      },
      {
        name: 'Live events: DOM nodes more',
        value: nodes,
        unit: 'nodes',
        target: { below: 500 },
        about: `from ${before.nodes} to ${after.nodes}`,
      },
    ];
  } catch (error) {
    await load.stop().catch(() => undefined);
    throw error;
  }
}

/** The page of live events at 200 records a second: long tasks, and what it holds after as much as before. LIVE_EVENTS_SECONDS: how long, 60 by default. */
export const liveEvents: Row = {
  name: 'live events',
  measure: (ground) => {
    const seconds = secondsOf(process.env['LIVE_EVENTS_SECONDS']);
    return ground.signedIn('viewer', (context) => watch(ground, context, seconds));
  },
};
