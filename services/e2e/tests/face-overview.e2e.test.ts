import { expect } from '@jest/globals';
import type { LedgerFlow } from '@ledgerflow/client';
import { becomes, dashboard, type Visit, whereThereIsABrowser } from '../browser/index.ts';

const LEDGER = 'shop';
const OTHER = 'other';
const MENU = '/assets/user-menu-items-';

const transfer = (api: LedgerFlow, key: string, amount: string) =>
  api.createTransfer({ ledger: LEDGER, body: { from: 'anna', to: 'till', amount, currency: 'USD' } }, { idempotencyKey: key });

async function fill(api: LedgerFlow): Promise<void> {
  for (const id of [LEDGER, OTHER]) await api.openLedger({ body: { id, currencies: ['USD', 'EUR'] } }, { idempotencyKey: `ledger-${id}` });
  for (const id of ['anna', 'till'])
    await api.openAccount(
      { ledger: LEDGER, body: { id, currency: 'USD', initialBalance: '1000.00' } },
      { idempotencyKey: `account-${id}` },
    );
  await transfer(api, 'first', '12.50');
}

whereThereIsABrowser('the Overview', () => {
  const app = dashboard({ fill });

  const section = (name: string) => app.page.getByRole('region', { name });
  const figure = (label: string) => app.page.locator('dl > div').filter({ has: app.page.getByText(label, { exact: true }) });
  const userButton = () => app.page.getByRole('button', { name: 'Signed in as admin' });
  const open = ({ enter }: Visit, user: string): Promise<void> => enter(user, `/ledgers/${LEDGER}`);

  app.it('shows an administrator how all stands, and that nothing needs them', async (visit) => {
    await visit.enter('admin', '/api/v1/me');
    // Of the dashboard alone, without the provider's pages.
    const { watch } = visit;
    const before = watch.urls.length;
    await visit.open(`/ledgers/${LEDGER}`);
    await section('What needs attention').getByText('Nothing needs you.').waitFor();
    await visit.page.locator('.recharts-bar-rectangle path').first().waitFor();
    for (const [label, text] of [
      ['Lag', 'None'],
      ['Outbox', 'Off'],
      ['Dead letters', '0'],
      ['Drift', 'None'],
    ] as const)
      await figure(label).getByText(text, { exact: true }).waitFor();
    await figure('Throughput')
      .filter({ hasText: /[\d.]+ a minute/ })
      .waitFor();
    await section('Services').getByText('Ready', { exact: true }).nth(2).waitFor();
    await visit.expectUsable();
    expect(watch.urls.slice(before).filter((address) => !address.startsWith(`${visit.url}/`) && !/^(data|blob):/.test(address))).toEqual(
      [],
    );
  });

  app.it('shows what moves while one looks', async (visit) => {
    const { page, url, api } = visit;
    await open(visit, 'operator');
    const volume = section('Volume');
    const recent = section('Recent activity');
    await recent.getByText('12.50').first().waitFor();
    const before = Number((await volume.locator('.amount').first().innerText()).replace(/[^\d.]/g, ''));
    await transfer(api, 'live', '3.25');
    await recent.getByText('3.25').waitFor();
    const after = (before + 3.25).toLocaleString('en', { minimumFractionDigits: 2 });
    await volume.getByText(`${after} USD`).first().waitFor();
    // Another range and currency are in the address, so a link shows them.
    await volume.getByRole('button', { name: '24 hours' }).click();
    await volume.getByLabel('Currency').selectOption('EUR');
    await volume.getByText('Nothing moved in this time').waitFor();
    expect(new URL(page.url()).search).toBe('?range=day&currency=EUR');
    await recent.getByRole('link', { name: 'Transfer' }).first().click();
    await page.waitForURL(`${url}/ledgers/${LEDGER}/transactions/*`);
  });

  app.it('shows a viewer the part of the ledger, and asks for no other', async (visit) => {
    const { page, watch, expectUsable } = visit;
    await open(visit, 'viewer');
    await section('What needs attention').getByText('All is well with the books.').waitFor();
    await section('Recent activity').getByText('12.50').first().waitFor();
    expect(await section('Services').count()).toBe(0);
    await becomes('figures', () => page.locator('dl > div dt').allInnerTexts(), ['Throughput', 'Drift']);
    await page.setViewportSize({ width: 360, height: 800 });
    // The chart follows the page's width a frame later.
    await becomes("the page's width", () => page.evaluate('document.documentElement.scrollWidth'), 360);
    await expectUsable();
    expect(watch.urls.filter((address) => address.includes('/admin/'))).toEqual([]);
  });

  app.it('shows what moves on a machine whose clock is half an hour behind, and says that it is', async (visit) => {
    const { page } = visit;
    await page.addInitScript('{ const { now } = Date; Date.now = () => now() - 1_800_000; }');
    await open(visit, 'viewer');
    await section('What needs attention').getByText("This machine's clock is 30 min behind the ledger's").waitFor();
    await section('Volume').locator('.recharts-bar-rectangle path').first().waitFor();
    expect(await section('Volume').getByText('Nothing moved').count()).toBe(0);
  });

  app.it('has the worst on top, with the way to it, and is not calm when something could not be asked', async (visit) => {
    const { page, watch, expectUsable } = visit;
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
    await watch.expect(403, '/api/v1/admin/outbox', async () => {
      await open(visit, 'admin');
      const items = section('What needs attention').getByRole('listitem');
      await becomes('what is wrong', async () => (await items.allInnerTexts()).map((text) => text.split('\n')[0]), [
        'Critical: ledger-writer is not ready',
        'Warning: admin-gateway lacks something it can work without',
        'Not known: It is not known how it stands with the outbox',
      ]);
      await items.nth(2).getByText('request-1').waitFor();
      await items.first().getByRole('link').click();
      await page.waitForURL(/#services$/);
      await section('Services').getByText('it is slow').waitFor();
      expect(await page.getByText('Nothing needs you').count()).toBe(0);
      await expectUsable();
    });
  });

  app.it('has a shell whose menus come with the first press, by keyboard as well', async (visit) => {
    const { page, url, watch, expectUsable } = visit;
    await open(visit, 'admin');
    await page.getByRole('heading', { level: 1 }).waitFor();
    const isAsked = (): boolean => watch.urls.some((address) => address.includes(MENU));
    expect(isAsked()).toBe(false);
    await userButton().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    expect(isAsked()).toBe(true);
    await expectUsable();
    await page.keyboard.press('ArrowDown');
    await becomes('the focus in the menu', () => page.evaluate(`document.activeElement.closest('[role=menu]') !== null`), true);
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor({ state: 'hidden' });
    await becomes('the focus back', () => userButton().evaluate((button) => button === button.ownerDocument.activeElement), true);

    await page.getByRole('button', { name: `Ledger: ${LEDGER}` }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: OTHER }).waitFor();
    await page.getByRole('combobox', { name: 'Ledger' }).fill(OTHER);
    await page.getByRole('option', { name: LEDGER }).waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/ledgers/${OTHER}`);
    await section('Recent activity').getByText('No transactions yet').waitFor();

    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await expectUsable();
  });

  app.it('says so when a menu can not be had, and has it after reloading', async (visit) => {
    const { page, watch } = visit;
    await open(visit, 'admin');
    await page.getByRole('heading', { level: 1 }).waitFor();
    watch.expectLosses();
    await page.route(`**${MENU}*.js`, (route) => route.abort());
    await userButton().click();
    const reload = page.getByRole('alert').getByRole('button', { name: 'Reload' });
    await reload.waitFor();
    await page.unroute(`**${MENU}*.js`);
    // The button of the page that goes away would take the next press.
    await Promise.all([page.waitForEvent('domcontentloaded'), reload.click()]);
    await userButton().click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  });
});
