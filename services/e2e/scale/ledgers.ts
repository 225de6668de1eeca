import { setTimeout as delay } from 'node:timers/promises';
import { PROJECTIONS } from '@ledgerflow/read-model/projections';
import { Random } from '../driver/index.ts';
import type { ServiceProcess } from '../stack/service.ts';
import { cpuOfAll, idleCosts, memoryOf } from './costs.ts';
import type { Ground } from './ground.ts';
import { pageAt, pageTimes, walk } from './pages.ts';
import { prove } from './proof.ts';
import { trickle } from './trickle.ts';
import { LEDGERS_PREFIX, RECORDS_EACH, writeLedgers } from './writing.ts';

const PAGE = 100;
/** Before the builder leaves, while it is gone, and after it is back. */
const REBALANCE_STEP_MS = 4_000;
const POLL_MS = 50;
const DEADLINE_MS = 120_000;
const TRICKLE_SECONDS_MAX = 3_600;

/** Every ledger, and every projection of each, is listed once; and how long a page takes wherever it is. */
async function lists(ground: Ground): Promise<void> {
  const { figures, options, isFullLedgers } = ground;
  const wanted = { ledgers: options.ledgers, projections: options.ledgers * PROJECTIONS.length };
  const G5 = 'G5: each once';
  const ledgers = await walk(ground, '/ledgers', ({ id }) => String(id), wanted.ledgers);
  figures.exact('ledgers: listed', ledgers.rows, wanted.ledgers, 'ledgers', G5);
  figures.exact('ledgers: listed, different', ledgers.distinct, wanted.ledgers, 'ledgers', G5);
  const keyOf = (row: Record<string, unknown>): string => `${String(row['ledger'])} ${String(row['projection'])}`;
  const projections = await walk(ground, '/admin/projections', keyOf, wanted.projections);
  figures.exact('ledgers: projections listed', projections.rows, wanted.projections, 'projections', G5);
  figures.exact('ledgers: projections listed, different', projections.distinct, wanted.projections, 'projections', G5);
  for (const [path, name, cursors] of [
    ['/ledgers', 'ledgers: page of 100 ledgers', ledgers.cursors],
    ['/admin/projections', 'ledgers: page of 100 projections', projections.cursors],
  ] as const)
    await pageTimes(
      ground,
      name,
      cursors.map((cursor) => pageAt(path, PAGE, cursor)),
      isFullLedgers,
    );
}

/** One of two builders ends as at a deployment, and comes back, while the trickle goes on. Answers the transfers of the trickle. */
async function rebalance(ground: Ground): Promise<number> {
  const { figures, stack, isFullLedgers } = ground;
  const [, leaving] = stack.builders as [ServiceProcess, ServiceProcess];
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, ground.signal]);
  const trickling = trickle(ground, TRICKLE_SECONDS_MAX, signal);
  try {
    await delay(REBALANCE_STEP_MS, undefined, { signal });
    await leaving.stop();
    await delay(REBALANCE_STEP_MS, undefined, { signal });
    const startedMs = performance.now();
    await leaving.start();
    figures.measured('a builder starts', (performance.now() - startedMs) / 1_000, isFullLedgers);
    await delay(REBALANCE_STEP_MS, undefined, { signal });
  } finally {
    done.abort();
    await trickling.catch(() => undefined);
  }
  const { transfers, visible } = await trickling;
  figures.measured('a builder leaves: slowest write to be visible', visible.maxMs / 1_000, isFullLedgers);
  return transfers;
}

interface Rebuild {
  id: string;
  state: string;
  partsTotal: number;
  partsDone: number;
  error: string | null;
}

const ENDED = ['cancelled', 'swapped', 'refused', 'failed'];

async function retired({ read }: Ground): Promise<number> {
  const { rows } = await read.query<{ count: string }>('select count(*)::text as count from read.retired_generations');
  return Number(rows[0]?.count);
}

/** All projections of all ledgers are made anew, cancelled on the way if that takes long, and what it made or replaced is deleted. */
async function rebuildAll(ground: Ground): Promise<void> {
  const { figures, options, progress, isFullLedgers } = ground;
  const path = '/admin/projections/all/rebuilds';
  const seconds = (sinceMs: number): number => (performance.now() - sinceMs) / 1_000;
  const askedMs = performance.now();
  const { id } = (await ground.ask<Rebuild>(path, { method: 'POST', body: {} })).body;
  const look = async (until: (rebuild: Rebuild) => boolean, deadlineMs: number): Promise<Rebuild> => {
    for (;;) {
      ground.signal.throwIfAborted();
      const { body } = await ground.ask<Rebuild>(`${path}/${id}`);
      progress.update(() => `rebuild: ${body.partsDone} of ${body.partsTotal} parts`);
      if (until(body) || performance.now() > deadlineMs) return body;
      await delay(POLL_MS);
    }
  };
  const hasEnded = ({ state }: Rebuild): boolean => ENDED.includes(state);
  await look((rebuild) => rebuild.partsTotal > 0 || hasEnded(rebuild), askedMs + DEADLINE_MS);
  figures.measured('rebuild of all: its parts are open', seconds(askedMs), isFullLedgers);
  const beganMs = performance.now();
  const done = await look(hasEnded, beganMs + options.rebuildSeconds * 1_000);
  figures.exact('rebuild of all: parts', done.partsTotal, options.ledgers * PROJECTIONS.length, 'parts', 'G5');
  figures.measured('rebuild of all: parts a second', done.partsDone / seconds(beganMs), isFullLedgers);
  const cancelledMs = performance.now();
  if (!hasEnded(done)) await ground.ask(`${path}/${id}`, { method: 'DELETE' });
  const ended = await look(hasEnded, cancelledMs + DEADLINE_MS);
  figures.measured('rebuild of all: cancelled after it was asked', seconds(cancelledMs), isFullLedgers);
  figures.exact('rebuild of all: ended in order', ['cancelled', 'swapped'].includes(ended.state) ? 1 : 0, 1, 'rebuild', 'G5');
  const cleaningMs = performance.now();
  const begun = await retired(ground);
  let left = begun;
  while (left > 0 && seconds(cleaningMs) < options.rebuildSeconds) {
    await delay(POLL_MS, undefined, { signal: ground.signal });
    left = await retired(ground);
    progress.update(() => `${left} generations are to be deleted`);
  }
  figures.measured('rebuild of all: old generations deleted', (begun - left) / seconds(cleaningMs), isFullLedgers);
}

/** Many ledgers, each with a few accounts and transfers. */
export async function ledgersPart(ground: Ground): Promise<void> {
  const { figures, options, isFullLedgers } = ground;
  const cpuMs = cpuOfAll(ground);
  const seconds = await writeLedgers(ground, options.ledgers, new Random(options.seed));
  figures.measured('ledgers opened', options.ledgers / seconds, isFullLedgers);
  figures.measured('ledgers: read model has all after the last write', await ground.applied(LEDGERS_PREFIX), isFullLedgers);
  figures.measured('ledgers opened: CPU of all processes', (cpuOfAll(ground) - cpuMs) / options.ledgers, isFullLedgers);
  const { transfers, shed, visible } = await trickle(ground, options.trickleSeconds);
  figures.measured('ledgers: transfers that could not be begun', shed, isFullLedgers);
  figures.measured('ledgers: commit to visible, p50', visible.p50Ms, isFullLedgers);
  figures.measured('ledgers: commit to visible, p99', visible.p99Ms, isFullLedgers);
  await idleCosts(ground);
  await lists(ground);
  const later = await rebalance(ground);
  await rebuildAll(ground);
  memoryOf(ground, 'ledgers', isFullLedgers);
  await prove(ground, 'ledgers', LEDGERS_PREFIX, options.ledgers * RECORDS_EACH + transfers + later);
}
