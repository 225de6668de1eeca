/**
 * `npm run screenshots`: LedgerFlow of its own with the simulated town, every page of the dashboard in light and dark, as docs/images/PAGE-light.png and PAGE-dark.png.
 */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { signIn } from '../browser/sign-in.ts';
import { Site } from '../browser/site.ts';
import { until } from '../stack/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const IMAGES = join(ROOT, 'docs/images');
const SIZE = { width: 1_360, height: 850 };
const WAIT_MS = 60_000;
/** Charts are drawn and grow for a moment. */
const SETTLED_MS = 1_500;
/** Days of the town's life before the pictures are taken. */
const HISTORY_DAYS = '30';

interface Picture {
  name: string;
  path: string;
}

async function simulate(url: string): Promise<void> {
  const args = [
    join(ROOT, 'services/e2e/simulate/main.ts'),
    '--base-url',
    url,
    '--history-days',
    HISTORY_DAYS,
    '--days',
    '1',
    '--pace',
    '30',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the simulation ended with ${code}`);
}

/** The first account of the town, by its id, that is none of the ledger's own. */
async function anAccount(page: Page): Promise<string> {
  const answer = await page.evaluate<{ data: { id: string }[] }>(
    `fetch('/api/v1/ledgers/town/accounts?limit=200').then((response) => response.json())`,
  );
  return (answer.data.find(({ id }) => !id.startsWith('@')) ?? { id: '@world:USD' }).id;
}

async function picturesOf(page: Page): Promise<Picture[]> {
  const account = encodeURIComponent(await anAccount(page));
  const town = '/ledgers/town';
  return [
    { name: 'overview', path: town },
    { name: 'accounts', path: `${town}/accounts` },
    { name: 'account', path: `${town}/accounts/${account}` },
    { name: 'move-money', path: `${town}/move` },
    { name: 'transactions', path: `${town}/transactions` },
    { name: 'live-events', path: `${town}/events` },
    { name: 'trial-balance', path: `${town}/trial-balance` },
    { name: 'outbox', path: '/outbox' },
    { name: 'dead-letters', path: '/dead-letters' },
    { name: 'projections', path: '/projections' },
    { name: 'audit', path: '/audit' },
    { name: 'ledgers', path: '/ledgers' },
    { name: 'me', path: '/me' },
  ];
}

async function take({ browser, url }: Site, scheme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: SIZE });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await signIn(page, `${url}/ledgers`, 'admin');
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const { name, path } of await picturesOf(page)) {
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await until('the page has what it asked for', async () => (await page.getByRole('status', { name: 'Loading' }).count()) === 0, WAIT_MS);
    await page.waitForTimeout(SETTLED_MS);
    await page.screenshot({ path: join(IMAGES, `${name}-${scheme}.png`) });
    console.log(`docs/images/${name}-${scheme}.png`);
  }
  await context.close();
}

async function main(): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const site = await Site.open({ args: ['--ephemeral'] });
  try {
    await simulate(site.url);
    for (const scheme of ['light', 'dark'] as const) await take(site, scheme);
  } finally {
    await site.close();
  }
}

await main();
