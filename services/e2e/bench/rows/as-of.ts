import { formatMicros } from '@ledgerflow/contracts';
import { closedLoop, type HttpTarget, Latencies } from '../../driver/index.ts';
import { until } from '../../stack/wait.ts';
import { type AsOfLedger, asOfLedger } from '../as-of.ts';
import { asOfAccount, type Fold, type Share } from '../as-of-entries.ts';
import type { Bench } from '../bench.ts';
import { Random } from '../../driver/index.ts';
import type { Sample } from '../result.ts';
import { BALANCE } from '../ratios.ts';
import { caughtUp, target } from '../whole.ts';
import { MS_PER_SECOND, type Row } from './row.ts';

type AxisName = 'recorded' | 'effective';

const PARAMETER = { recorded: 'at', effective: 'effectiveAt' } as const;
const COLD_QUESTIONS = 200;
const RECOVERED_DEADLINE_MS = 60_000;

interface Question {
  path: string;
  /** In cents, by the fold. */
  posted: number;
}

/**
 * Draws a new time for every question, from the first entry to the last; half of them since the first was recorded, half before (on the effective axis: among the
 * backdated ones). Drawing one costs this process two or three microseconds.
 */
function questions({ ledger, folds }: AsOfLedger, share: Share, axis: AxisName, random: Random): () => Question {
  const fold = folds.get(share) as Fold;
  const base = `/api/v1/ledgers/${ledger}/accounts/${asOfAccount(share)}/balance?${PARAMETER[axis]}=`;
  let turn = 0;
  return () => {
    const from = turn++ % 2 === 0 ? fold.recorded.first : fold[axis].first;
    const time = from + Math.floor(random.real() * (fold.recorded.last - from));
    return { path: base + formatMicros(BigInt(time)), posted: fold[axis].balanceAt(time) };
  };
}

const POSTED = '"posted":"';

/** Cents of an answer's posted amount. */
function postedOf(text: string): number {
  const at = text.indexOf(POSTED) + POSTED.length;
  return Number(text.slice(at, text.indexOf('"', at)).replace('.', ''));
}

async function ask(http: HttpTarget, { path, posted }: Question): Promise<void> {
  const { status, text } = await http.request({ method: 'GET', path });
  if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text.slice(0, 500)}`);
  if (postedOf(text) !== posted)
    throw new Error(`${path} was answered with ${postedOf(text)} cents, the fold of the entries has ${posted}: ${text}`);
}

async function drive(
  bench: Bench,
  http: HttpTarget,
  question: () => Question,
  workers: number,
  limit: { seconds: number } | { count: number },
) {
  const latencies = new Latencies();
  let turn = 0;
  const isOver = (): boolean => 'count' in limit && turn >= limit.count;
  const stop = new AbortController();
  const signal = AbortSignal.any([bench.signal, stop.signal]);
  const durationMs = 'seconds' in limit ? limit.seconds * MS_PER_SECOND : RECOVERED_DEADLINE_MS;
  const { seconds: took } = await closedLoop({ workers, durationMs, signal }, async () => {
    turn++;
    const asked = question();
    const startedMs = performance.now();
    await ask(http, asked);
    latencies.record(performance.now() - startedMs);
    if (isOver()) stop.abort();
  });
  const { count, p50Ms, p99Ms } = latencies.summary();
  return { rate: count / took, p50Ms, p99Ms, units: count } satisfies Sample;
}

function asOfRow(name: string, share: Share, axis: AxisName, isOnce: boolean): Row {
  return {
    results: { [name]: 'reads' },
    isOnce,
    needs: [BALANCE],
    async run(bench, round) {
      const { connections, seconds, warmUpSeconds, seed } = bench.options;
      const deployment = await bench.whole();
      const ledger = await asOfLedger(bench);
      const question = questions(ledger, share, axis, new Random(seed, round));
      const http = await target(bench, deployment, connections);
      const run = (runSeconds: number) => drive(bench, http, question, connections, { seconds: runSeconds });
      try {
        await caughtUp(bench, deployment);
        const warmUp = async (): Promise<void> => void (warmUpSeconds > 0 && (await run(warmUpSeconds)));
        const sample = await bench.timed(deployment.processes, () => run(seconds), warmUp);
        return { [name]: { ...sample, extra: { entries: ledger.entries, backdatedPercent: share } } };
      } finally {
        await http.close();
      }
    },
  };
}

export const asOfRows: readonly Row[] = [
  asOfRow('http as-of', 1, 'effective', false),
  asOfRow('http as-of 0 %', 0, 'effective', true),
  asOfRow('http as-of 10 %', 10, 'effective', true),
  asOfRow('http as-of recorded', 1, 'recorded', true),
];

/** Each time for the first time after a restart of PostgreSQL: its own buffers are empty, the system's file cache is not. One caller. */
export const asOfColdRow: Row = {
  results: { 'http as-of cold': 'reads' },
  isOnce: true,
  async run(bench, round) {
    const deployment = await bench.whole();
    const ledger = await asOfLedger(bench);
    const question = questions(ledger, 1, 'effective', new Random(bench.options.seed, -round));
    const http = await target(bench, deployment, 1);
    try {
      await caughtUp(bench, deployment);
      const restart = async (): Promise<void> => {
        await bench.ground.postgres.restart();
        // The services find their way back by themselves; another account's balance shows when, and touches nothing of the one that is asked for.
        const other = `/api/v1/ledgers/${ledger.ledger}/accounts/${asOfAccount(0)}/balance`;
        const isBack = async (): Promise<boolean> => (await http.request({ method: 'GET', path: other })).status === 200;
        await until('reads are answered after the restart', isBack, RECOVERED_DEADLINE_MS);
      };
      const run = () => drive(bench, http, question, 1, { count: COLD_QUESTIONS });
      const sample = await bench.timed(deployment.processes, run, restart);
      return { 'http as-of cold': { ...sample, extra: { entries: ledger.entries, backdatedPercent: 1, connections: 1 } } };
    } finally {
      await http.close();
    }
  },
};
