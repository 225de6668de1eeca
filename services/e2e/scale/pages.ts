import { Latencies } from '../driver/index.ts';
import type { Ground } from './ground.ts';
import type { TimedName } from './limits.ts';

export interface Page {
  data: Record<string, unknown>[];
  nextCursor: string | null;
}

const WALK_LIMIT = 1_000;
const ASKED = 200;
const WARM_UP = 20;

const query = (path: string, limit: number, cursor: string | null): string =>
  `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;

export interface Walked {
  rows: number;
  /** By `keyOf`. */
  distinct: number;
  /** Each leads to another page; null to the first. */
  cursors: (string | null)[];
}

/** Reads a list from its first page to its last. */
export async function walk(
  ground: Ground,
  path: string,
  keyOf: (row: Record<string, unknown>) => string,
  rowsMax: number,
): Promise<Walked> {
  const seen = new Set<string>();
  const cursors: (string | null)[] = [];
  let rows = 0;
  let cursor: string | null = null;
  do {
    ground.signal.throwIfAborted();
    cursors.push(cursor);
    const page: Page = (await ground.ask<Page>(query(path, WALK_LIMIT, cursor))).body;
    rows += page.data.length;
    for (const row of page.data) seen.add(keyOf(row));
    cursor = page.nextCursor;
    ground.progress.update(() => `${path}: ${rows.toLocaleString('en')} rows read`);
    // A list that never ends would be one that repeats itself.
  } while (cursor !== null && rows <= rowsMax);
  return { rows, distinct: seen.size, cursors };
}

/** p50 and p99 of a page, asked by one caller again and again. `paths` are asked in turn; `check` throws when an answer is not what it has to be. */
export async function pageTimes(
  ground: Ground,
  name: TimedName,
  paths: readonly string[],
  isFullSize: boolean,
  check: (page: Page, path: string) => void = () => undefined,
): Promise<void> {
  const latencies = new Latencies();
  for (let n = -WARM_UP; n < ASKED; n++) {
    ground.signal.throwIfAborted();
    const path = paths[(n + WARM_UP) % paths.length] as string;
    const startedMs = performance.now();
    const { body } = await ground.ask<Page>(path);
    if (n >= 0) latencies.record(performance.now() - startedMs);
    check(body, path);
  }
  const { p50Ms, p99Ms } = latencies.summary();
  ground.figures.measured(`${name}, p50`, p50Ms, isFullSize);
  ground.figures.measured(`${name}, p99`, p99Ms, isFullSize);
}

/** The page of so many behind a cursor of a walk. */
export const pageAt = (path: string, limit: number, cursor: string | null): string => query(path, limit, cursor);
