/**
 * `npm run screenshots`: LedgerFlow of its own with the simulated town, every page of the dashboard in light and dark, as docs/images/PAGE-light.png and PAGE-dark.png.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ReadOwner } from '../browser/read-owner.ts';
import { signIn } from '../browser/sign-in.ts';
import { Site } from '../browser/site.ts';
import { type RunningKafka, startKafka } from '../kafka/index.ts';
import { until } from '../stack/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const IMAGES = join(ROOT, 'docs/images');
const SIZE = { width: 1_360, height: 850 };
const WAIT_MS = 60_000;
/** Charts are drawn and grow for a moment. */
const SETTLED_MS = 1_500;
/** A month of the town's life in eight minutes, so that the Overview's chart of the last hour has something to show. */
const LIFE = ['--history-days', '0', '--days', '32', '--pace', '4'];
const TOWN = 'town';
/** Two shops of it whose records the read model refuses once all else is taken. */
const REFUSED = ['golden-wok', 'green-basket'];

interface Picture {
  name: string;
  path: string;
  /** What is done before it is taken. */
  prepare?: (page: Page) => Promise<void>;
}

async function simulate(url: string): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'services/e2e/simulate/main.ts'), '--base-url', url, ...LIFE], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the simulation ended with ${code}`);
}

/** The first account of the town, by its id, that is none of the ledger's own, and when half of its entries were recorded. */
async function anAccount({ api }: Site): Promise<{ account: string; at: string }> {
  const accounts = await api.listAccounts({ ledger: TOWN, limit: 200 }).all(200);
  const account = accounts.map(({ id }) => id).find((id) => !id.startsWith('@')) ?? '@world:USD';
  const entries = await api.listEntries({ ledger: TOWN, account, limit: 1_000 }).all(10_000);
  return { account, at: entries[Math.floor(entries.length / 2)]?.recordedAt ?? '' };
}

async function previewOf(page: Page, from: string, to: string): Promise<void> {
  for (const [label, account] of [
    ['From', from],
    ['To', to],
  ] as const) {
    await page.getByRole('combobox', { name: label }).fill(account);
    await page.getByRole('option', { name: account }).first().click();
  }
  await page.getByRole('textbox', { name: 'Amount' }).fill('48.50');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('button', { name: 'Confirm transfer' }).waitFor();
}

async function picturesOf(site: Site): Promise<Picture[]> {
  const { account, at } = await anAccount(site);
  const town = `/ledgers/${TOWN}`;
  return [
    { name: 'overview', path: town },
    { name: 'accounts', path: `${town}/accounts` },
    { name: 'account', path: `${town}/accounts/${encodeURIComponent(account)}?at=${at}` },
    { name: 'move-money', path: `${town}/move`, prepare: (page) => previewOf(page, account, REFUSED[0] as string) },
    { name: 'transactions', path: `${town}/transactions` },
    { name: 'live-events', path: `${town}/events` },
    { name: 'trial-balance', path: `${town}/trial-balance` },
    { name: 'outbox', path: '/outbox' },
    { name: 'projections', path: '/projections' },
    { name: 'audit', path: '/audit' },
    { name: 'ledgers', path: '/ledgers' },
    { name: 'me', path: '/me' },
  ];
}

async function take({ browser, url }: Site, pictures: readonly Picture[], scheme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: SIZE });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await signIn(page, `${url}/ledgers/${TOWN}`, 'admin');
  await page.getByRole('heading', { level: 1 }).waitFor();
  for (const { name, path, prepare } of pictures) {
    await page.goto(url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await until('the page has what it asked for', async () => (await page.getByRole('status', { name: 'Loading' }).count()) === 0, WAIT_MS);
    await prepare?.(page);
    await page.waitForTimeout(SETTLED_MS);
    await page.screenshot({ path: join(IMAGES, `${name}-${scheme}.png`) });
    console.log(`docs/images/${name}-${scheme}.png`);
  }
  await context.close();
}

/** Some records of two accounts become dead letters: the first of each refused, the others waiting behind it. */
async function park({ api }: Site, folder: string): Promise<void> {
  const owner = await ReadOwner.open(folder);
  try {
    await owner.poison(TOWN, `id not in (${REFUSED.map((id) => `'${id}'`).join(', ')})`);
  } finally {
    await owner.close();
  }
  const amounts = ['120.00', '48.50', '15.75'];
  for (const account of REFUSED)
    for (const amount of amounts) await api.createDeposit({ ledger: TOWN, account, body: { amount, currency: 'USD' } });
  const count = REFUSED.length * amounts.length;
  await until('dead letters', async () => (await api.listDeadLetters({ ledger: TOWN }).all(100)).length >= count, WAIT_MS);
}

async function main(): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'ledgerflow-screenshots-'));
  const schemes = ['light', 'dark'] as const;
  let kafka: RunningKafka | undefined;
  let site: Site | undefined;
  try {
    // PostgreSQL may run as another user.
    await chmod(folder, 0o755);
    kafka = await startKafka();
    site = await Site.open({ args: ['--data-dir', folder, '--kafka', kafka.brokers[0] as string] });
    console.log('The town lives for eight minutes.');
    await simulate(site.url);
    const pictures = await picturesOf(site);
    for (const scheme of schemes) await take(site, pictures, scheme);
    await park(site, folder);
    for (const scheme of schemes) await take(site, [{ name: 'dead-letters', path: '/dead-letters' }], scheme);
  } finally {
    await site?.close();
    await kafka?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
