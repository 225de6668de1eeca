import { readFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { LedgerFlow } from '@ledgerflow/client';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../stack/wait.ts';
import { STEP_MS } from './becomes.ts';
import { seriousInBothSchemes } from './schemes.ts';
import { signIn } from './sign-in.ts';
import type { Site } from './site.ts';
import { Watch } from './watch.ts';

const VIEWPORT = { width: 1_280, height: 900 };

/** A person at the dashboard, in a browser that knows nobody else. */
export interface Visit {
  readonly url: string;
  readonly api: LedgerFlow;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly watch: Watch;
  /** Signs in as a person does, and is at `path` afterwards. */
  enter: (user: string, path: string) => Promise<void>;
  /** Loads a page of the dashboard anew. */
  open: (path: string) => Promise<void>;
  /** Nothing that the page asked for is on its way any more. */
  loaded: () => Promise<void>;
  /** The page as it is shown now is nobody's obstacle, in light and in dark. */
  expectUsable: () => Promise<void>;
  /** What the page saves as a file after this, by default by its button for CSV. */
  saved: (press?: () => Promise<void>) => Promise<string>;
  /** Another tab of the same browser. */
  tab: () => Promise<Visit>;
}

async function inTab(site: Site, context: BrowserContext, began: (visit: Visit) => void): Promise<Visit> {
  const { url, api } = site;
  const page = await context.newPage();
  const watch = await Watch.of(page);
  const csv = (): Promise<void> => page.getByRole('button', { name: 'Export CSV' }).click();
  const visit: Visit = {
    url,
    api,
    context,
    page,
    watch,
    enter: (user, path) => signIn(page, `${url}/oauth2/start?rd=${encodeURIComponent(path)}`, user),
    open: async (path) => void (await page.goto(url + path)),
    loaded: async () => {
      const loading = page.getByRole('status', { name: 'Loading' });
      await until('the page has what it asked for', async () => (await loading.count()) === 0, STEP_MS);
    },
    expectUsable: async () => expect(await seriousInBothSchemes(page)).toEqual([]),
    saved: async (press = csv) => {
      const [download] = await Promise.all([page.waitForEvent('download'), press()]);
      return readFile(await download.path(), 'utf8');
    },
    tab: () => inTab(site, context, began),
  };
  began(visit);
  return visit;
}

/** Its zone is UTC unless `options` say otherwise. `began` is told of it and of each further tab; whoever begins it closes its context. */
export async function beginVisit(site: Site, options: BrowserContextOptions, began: (visit: Visit) => void): Promise<Visit> {
  const context = await site.browser.newContext({ viewport: VIEWPORT, timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(STEP_MS);
  context.on('response', (response) => site.written(response.url(), response.headers()));
  return inTab(site, context, began);
}
