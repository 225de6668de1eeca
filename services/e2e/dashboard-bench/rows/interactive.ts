import type { BrowserContext } from 'playwright-core';
import type { Ground } from '../ground.ts';
import { OVERVIEW_IS_SHOWN } from '../overview.ts';
import { until } from '../../stack/wait.ts';
import type { Row } from './row.ts';

const SLOW_DOWN = 4;
const RUNS = 5;
const TARGET_MS = 1_500;
const WAIT_MS = 60_000;
/** For so long no task of over 50 ms may begin before what was shown counts as usable. */
const QUIET_MS = 500;

/**
 * Runs in the page before its own scripts. Shown: the frame after the one in which everything was there. Interactive: that, or the end of the last long task
 * before QUIET_MS without one. Times are from the navigation's start.
 */
const WATCH = `(() => {
  const bench = (window.ledgerflowBench = { tasks: [], shownMs: null });
  const last = () => Math.max(0, ...bench.tasks.map(({ endMs }) => endMs));
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) bench.tasks.push({ durationMs: duration, endMs: startTime + duration });
  }).observe({ type: 'longtask', buffered: true });
  const look = () => requestAnimationFrame(() => {
    if (${OVERVIEW_IS_SHOWN}) requestAnimationFrame(() => { bench.shownMs = performance.now(); });
    else look();
  });
  look();
  bench.interactiveMs = () => bench.shownMs === null ? null : Math.max(bench.shownMs, last());
  bench.isQuiet = () => bench.shownMs !== null && performance.now() - bench.interactiveMs() > ${QUIET_MS};
  bench.blockedMs = () => bench.tasks.reduce((sum, { durationMs }) => sum + durationMs - 50, 0);
})()`;

interface Run {
  shownMs: number;
  interactiveMs: number;
  blockedMs: number;
}

async function load(context: BrowserContext, url: string): Promise<Run> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW_DOWN });
  await page.addInitScript(WATCH);
  await page.goto(url);
  await until('the Overview is usable', () => page.evaluate<boolean>('ledgerflowBench.isQuiet()'), WAIT_MS);
  return page.evaluate<Run>(
    `({ shownMs: ledgerflowBench.shownMs, interactiveMs: ledgerflowBench.interactiveMs(), blockedMs: ledgerflowBench.blockedMs() })`,
  );
}

/** With an empty cache. */
const loadAnew = (ground: Ground): Promise<Run> => ground.signedIn('admin', (context) => load(context, ground.overview));

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const range = (values: readonly number[]): string => `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;

/** How long until the Overview can be used on a slow machine: an empty cache, this machine as the server, processors of a fourth of their speed. */
export const interactive: Row = {
  name: 'interactive',
  measure: async (ground) => {
    // The first one warms the server's caches up, which are warm for all but the first visitor.
    await loadAnew(ground);
    const runs: Run[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await loadAnew(ground));
    const of = (name: keyof Run): number[] => runs.map((run) => run[name]);
    const about = `median of ${RUNS} (${range(of('interactiveMs'))}), ${SLOW_DOWN} x slower processors`;
    return [
      { name: 'Overview: interactive', value: median(of('interactiveMs')), unit: 'ms', target: { below: TARGET_MS }, about },
      { name: 'Overview: shown', value: median(of('shownMs')), unit: 'ms', target: null, about: `(${range(of('shownMs'))})` },
      { name: 'Overview: blocked', value: median(of('blockedMs')), unit: 'ms', target: null, about: 'beyond 50 ms of each long task' },
    ];
  },
};
