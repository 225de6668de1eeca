import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import { requestAccessToken } from '@ledgerflow/local/access';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { BROWSER_WAIT_MS, launch, seriousInBothSchemes, signIn, Watch, whereThereIsABrowser } from '../browser/index.ts';
import { freePort, Start } from '../stack/start.ts';
import { until } from '../stack/wait.ts';

const START_WAIT_MS = BROWSER_WAIT_MS + 60_000;
const TEST_WAIT_MS = 120_000;
/** Longer than the page takes to ask again. */
const LIVE_WAIT_MS = 20_000;
const LEDGER = 'shop';
const OTHER = 'other';

whereThereIsABrowser('the Overview', () => {
  let start: Start;
  let url: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let watch: Watch;
  let api: LedgerFlow;

  const transfer = (key: string, amount: string) =>
    api.createTransfer({ ledger: LEDGER, body: { from: 'anna', to: 'till', amount, currency: 'USD' } }, { idempotencyKey: key });

  beforeAll(async () => {
    start = new Start(['--port', String(await freePort()), '--ephemeral', '--no-demo']);
    // One after the other: what is there is closed even when the other one fails.
    browser = await launch();
    url = await start.ready();
    const token = await requestAccessToken(url, { roles: ['admin'], subject: 'test', ttlSeconds: 3_600 });
    api = createLedgerFlow({ baseUrl: url, credentials: token });
    for (const id of [LEDGER, OTHER])
      await api.openLedger({ body: { id, currencies: ['USD', 'EUR'] } }, { idempotencyKey: `ledger-${id}` });
    for (const id of ['anna', 'till'])
      await api.openAccount(
        { ledger: LEDGER, body: { id, currency: 'USD', initialBalance: '1000.00' } },
        { idempotencyKey: `account-${id}` },
      );
    await transfer('first', '12.50');
  }, START_WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    await start?.end('SIGTERM');
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    watch = await Watch.of(page);
  });
  afterEach(() => context?.close());

  const section = (name: string) => page.getByRole('region', { name });
  const figure = (label: string) => page.locator('dl > div').filter({ has: page.getByText(label, { exact: true }) });
  const open = async (user: string, path = `/ledgers/${LEDGER}`): Promise<void> => {
    await signIn(page, `${url}/oauth2/start?rd=/api/v1/me`, user);
    await page.goto(`${url}${path}`);
  };
  const isUsable = async (): Promise<void> => {
    expect(await seriousInBothSchemes(page)).toEqual([]);
  };

  it(
    'shows an administrator how all stands, and that nothing needs them',
    async () => {
      await signIn(page, `${url}/oauth2/start?rd=/api/v1/me`, 'admin');
      // Of the dashboard alone, without the provider's pages.
      page = await context.newPage();
      watch = await Watch.of(page);
      await page.goto(`${url}/ledgers/${LEDGER}`);
      await section('What needs attention').getByText('Nothing needs you.').waitFor();
      await page.locator('.recharts-bar-rectangle path').first().waitFor();
      await expect(figure('Lag').innerText()).resolves.toContain('None');
      await expect(figure('Outbox').innerText()).resolves.toContain('Off');
      await expect(figure('Dead letters').innerText()).resolves.toMatch(/\n0\n/);
      await expect(figure('Drift').innerText()).resolves.toContain('None');
      await expect(figure('Throughput').innerText()).resolves.toMatch(/[\d.]+ a minute/);
      expect(await section('Services').getByText('Ready', { exact: true }).count()).toBeGreaterThanOrEqual(3);
      await isUsable();
      expect(watch.problems).toEqual([]);
      expect([...watch.origins]).toEqual([url]);
    },
    TEST_WAIT_MS,
  );

  it(
    'shows what moves while one looks',
    async () => {
      await open('operator');
      const volume = section('Volume');
      const recent = section('Recent activity');
      await recent.getByText('12.50').first().waitFor();
      const before = Number((await volume.locator('.amount').first().innerText()).replace(/[^\d.]/g, ''));
      await transfer('live', '3.25');
      await recent.getByText('3.25').waitFor({ timeout: LIVE_WAIT_MS });
      const after = (before + 3.25).toLocaleString('en', { minimumFractionDigits: 2 });
      await volume.getByText(`${after} USD`).first().waitFor({ timeout: LIVE_WAIT_MS });
      // Another range and currency are in the address, so a link shows them.
      await volume.getByRole('button', { name: '24 hours' }).click();
      await volume.getByLabel('Currency').selectOption('EUR');
      await volume.getByText('Nothing moved in this time').waitFor();
      expect(new URL(page.url()).search).toBe('?range=day&currency=EUR');
      await recent.getByRole('link', { name: 'Transfer' }).first().click();
      await page.waitForURL(`${url}/ledgers/${LEDGER}/transactions/*`);
    },
    TEST_WAIT_MS,
  );

  it(
    'shows a viewer the part of the ledger, and asks for no other',
    async () => {
      await open('viewer');
      await section('What needs attention').getByText('All is well with the books.').waitFor();
      await section('Recent activity').getByText('12.50').first().waitFor();
      expect(await section('Services').count()).toBe(0);
      expect(await page.locator('dl > div dt').allInnerTexts()).toEqual(['Throughput', 'Drift']);
      await page.setViewportSize({ width: 360, height: 800 });
      // The chart follows the page's width a frame later.
      await until('nothing is wider than the page', () => page.evaluate<boolean>('document.documentElement.scrollWidth === 360'));
      await isUsable();
      expect(watch.urls.filter((address) => address.includes('/admin/'))).toEqual([]);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'has the worst on top, with the way to it, and is not calm when something could not be asked',
    async () => {
      const check = { name: 'audit store', ok: false, reason: 'it is slow', since: '2026-11-22T07:00:00.000Z', advisory: true };
      const services = [
        { name: 'admin-gateway', version: '0.1.0', ready: true, checks: [check] },
        { name: 'ledger-writer', version: null, ready: false, error: 'nobody listens' },
      ];
      await page.route('**/api/v1/admin/health', (route) => route.fulfill({ json: { ready: false, services } }));
      const problem = { type: 'about:blank', status: 403, code: 'forbidden', title: 'No', detail: 'Not now.', requestId: 'request-1' };
      await page.route('**/api/v1/admin/outbox', (route) =>
        route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      );
      watch.expect(403, '/api/v1/admin/outbox');
      await open('admin');
      const items = section('What needs attention').getByRole('listitem');
      await items.nth(2).waitFor();
      const texts = await items.allInnerTexts();
      expect(texts.map((text) => text.split('\n')[0])).toEqual([
        'Critical: ledger-writer is not ready',
        'Warning: admin-gateway lacks something it can work without',
        'Not known: It is not known how it stands with the outbox',
      ]);
      expect(texts[2]).toContain('request-1');
      await items.first().getByRole('link').click();
      expect(new URL(page.url()).hash).toBe('#services');
      await section('Services').getByText('it is slow').waitFor();
      expect(await page.getByText('Nothing needs you').count()).toBe(0);
      await isUsable();
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'has a shell whose menus come with the first press, by keyboard as well',
    async () => {
      await open('admin');
      await page.getByRole('heading', { level: 1 }).waitFor();
      const scripts = (): number => watch.urls.filter((address) => address.endsWith('.js')).length;
      const before = scripts();
      const user = page.getByRole('button', { name: 'Signed in as admin' });
      await user.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
      expect(scripts()).toBeGreaterThan(before);
      await isUsable();
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(`document.activeElement.closest('[role=menu]') !== null`)).toBe(true);
      await page.keyboard.press('Escape');
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor({ state: 'hidden' });
      expect(await user.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true);

      await page.getByRole('button', { name: `Ledger: ${LEDGER}` }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('option', { name: OTHER }).waitFor();
      await page.getByRole('combobox', { name: 'Ledger' }).fill(OTHER);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${url}/ledgers/${OTHER}`);
      await section('Recent activity').getByText('No transactions yet').waitFor();

      await page.getByRole('heading', { level: 1 }).click();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await isUsable();
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'says so when a menu can not be had, and has it after reloading',
    async () => {
      await open('admin');
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.route('**/assets/user-menu-items-*.js', (route) => route.abort());
      const user = page.getByRole('button', { name: 'Signed in as admin' });
      await user.click();
      await page.getByRole('alert').getByRole('button', { name: 'Reload' }).waitFor();
      await page.unroute('**/assets/user-menu-items-*.js');
      await page.getByRole('button', { name: 'Reload' }).click();
      await user.click();
      await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    },
    TEST_WAIT_MS,
  );
});
