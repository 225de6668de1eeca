import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { LedgerFlow } from '@ledgerflow/client';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { alone } from '../programs/cache.ts';
import type { LaunchOptions } from './launch.ts';
import { BROWSER_WAIT_MS } from './program.ts';
import { Site } from './site.ts';
import { beginVisit, type Visit } from './visit.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUILD_WAIT_MS = 180_000;
const START_WAIT_MS = BROWSER_WAIT_MS + BUILD_WAIT_MS + 180_000;
const STOP_WAIT_MS = 60_000;
/** The pages are light, the machine may be busy. */
const TEST_WAIT_MS = 300_000;
const READ_MS = 5_000;
const TOLD_MAX = 3_000;

export interface DashboardOptions extends LaunchOptions {
  /** Of `npm start`, asked for when it is started. */
  args?: () => readonly string[];
  /** What is there before the tests: all reads find it. */
  fill?: (api: LedgerFlow) => Promise<void>;
  /** Of the browser of each test. */
  context?: BrowserContextOptions;
}

export interface Dashboard {
  readonly site: Site;
  readonly api: LedgerFlow;
  /** Of the test at hand. */
  readonly page: Page;
  /** A test with a visit of its own; nothing may have gone wrong in any of its tabs. When it fails, it says what they showed. */
  it: (name: string, test: (visit: Visit) => Promise<void>) => void;
  /** One more person, until the test ends. */
  visit: (options?: BrowserContextOptions) => Promise<Visit>;
}

/** One at a time: the next one finds it built. */
const build = (): Promise<unknown> =>
  alone(join(ROOT, '.cache/dashboard-build'), BUILD_WAIT_MS, () =>
    promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-dashboard.mjs')], { cwd: ROOT, timeout: BUILD_WAIT_MS }),
  );

async function toldOf(page: Page): Promise<string> {
  const text = await page
    .locator('body')
    .innerText({ timeout: READ_MS })
    .catch((error: Error) => `(can not be read: ${error.message})`);
  return `--- ${page.url()} showed:\n${text.slice(0, TOLD_MAX)}`;
}

/** The same error, which says too what the pages showed and what went wrong in them. */
async function explained(error: Error, visits: readonly Visit[]): Promise<Error> {
  const { message, stack = message } = error;
  const pages = await Promise.all(visits.flatMap(({ context }) => context.pages()).map(toldOf));
  const problems = visits.flatMap(({ watch }) => watch.problems);
  error.message = [message, ...pages, ...(problems.length === 0 ? [] : ['--- went wrong:', ...problems])].join('\n');
  error.stack = stack.replace(message, () => error.message);
  return error;
}

/** In describe(): a LedgerFlow with the dashboard and a browser for its tests. */
export function dashboard({ args, fill, context, ...launching }: DashboardOptions = {}): Dashboard {
  let site: Site | undefined;
  let visits: Visit[] = [];
  const opened = (): Site => {
    if (site === undefined) throw new Error('the dashboard is there while tests run');
    return site;
  };
  const visit = (options: BrowserContextOptions = {}): Promise<Visit> =>
    beginVisit(opened(), { ...context, ...options }, (one) => void visits.push(one));

  beforeAll(async () => {
    await build();
    site = await Site.open({ ...launching, ...(args === undefined ? {} : { args: args() }) });
    await fill?.(site.api);
    // Answers when all of that can be read.
    await site.api.listLedgers().page();
  }, START_WAIT_MS);
  afterAll(() => site?.close(), STOP_WAIT_MS);

  return {
    get site() {
      return opened();
    },
    get api() {
      return opened().api;
    },
    get page() {
      const [first] = visits;
      if (first === undefined) throw new Error('there is a page while a test runs');
      return first.page;
    },
    visit,
    it: (name, test) =>
      it(
        name,
        async () => {
          try {
            await test(await visit());
            for (const { watch } of visits) expect(watch.problems).toEqual([]);
          } catch (error) {
            throw await explained(error as Error, visits);
          } finally {
            await Promise.all(visits.map((one) => one.context.close()));
            visits = [];
          }
        },
        TEST_WAIT_MS,
      ),
  };
}
