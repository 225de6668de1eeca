import { describe, expect } from '@jest/globals';
import {
  becomes,
  crampedIn,
  dashboard,
  seriousIn,
  signIn,
  STEP_MS,
  timelessRowsIn,
  type Visit,
  whereThereIsABrowser,
} from '../browser/index.ts';
import { until } from '../stack/wait.ts';

/** Until a page that asks for nothing looks whether the gateway is there, and gives up an attempt; or finds the next one. */
const LOST_MS = 2 * STEP_MS;
const TOKEN = /eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/;

/** A phone, a tablet, half a screen. */
const NARROW = [390, 800, 1_024] as const;
const WIDTHS = [...NARROW, 1_360];
/** As long as an id may be. */
const LONG = 'long'.padEnd(128, '_account');
/** Lists of what happened. */
const DATED = new Set(['/ledgers/demo/transactions', '/ledgers/demo/events', '/audit', '/ledgers']);

/** Every page of the navigation by its address; ledger demo. */
const OF_LEDGER = {
  '/ledgers/demo': 'Overview',
  '/ledgers/demo/accounts': 'Accounts',
  '/ledgers/demo/transactions': 'Transactions',
  '/ledgers/demo/events': 'Live events',
  '/ledgers/demo/trial-balance': 'Trial balance',
} as const;
const FOR_OPERATORS = { '/ledgers/demo/move': 'Move money' } as const;
const FOR_AUDITORS = { '/audit': 'Audit' } as const;
const FOR_ADMINS = { '/outbox': 'Outbox', '/dead-letters': 'Dead letters', '/projections': 'Projections' } as const;
const FOR_ALL = { '/ledgers': 'Ledgers', '/me': 'Me' } as const;
const EVERY = { ...OF_LEDGER, ...FOR_OPERATORS, ...FOR_AUDITORS, ...FOR_ADMINS, ...FOR_ALL };
const SEEN_BY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  viewer: { ...OF_LEDGER, ...FOR_ALL },
  operator: { ...OF_LEDGER, ...FOR_OPERATORS, ...FOR_ALL },
  auditor: { ...OF_LEDGER, ...FOR_AUDITORS, ...FOR_ALL },
  admin: EVERY,
};

whereThereIsABrowser('the dashboard', () => {
  const app = dashboard({ args: () => ['--ephemeral'] });

  const heading = (title: string) => app.page.getByRole('heading', { level: 1, name: title });
  const navigation = () => app.page.getByRole('navigation', { name: 'Main' });
  /** Signed in by going to a page, as a person does; nobody yet is a 401 on the way. */
  async function arrive({ url, page, watch }: Visit, user: string, path = '/'): Promise<void> {
    const ledger = /^\/ledgers\/[^/?]+/.exec(path)?.[0];
    const enter = (): Promise<void> => watch.expect(401, '/api/v1/me', () => signIn(page, url + path, user));
    await (ledger === undefined ? enter() : watch.expect(401, `/api/v1${ledger}`, enter));
  }
  const lost = () => app.page.getByText('it is tried again on its own.');

  app.it(
    'leads whoever is not signed in to the sign-in, and from there to the very page, under a strict policy and without any token',
    async (visit) => {
      await arrive(visit, 'viewer', '/ledgers/demo/accounts?status=frozen');
      await heading('Accounts').waitFor();
      expect(visit.page.url()).toBe(`${visit.url}/ledgers/demo/accounts?status=frozen`);
      // What the page before it was told the browser has forgotten.
      const { page, url, watch } = await visit.tab();
      const answer = await page.goto(`${url}/me`);
      expect(answer?.headers()['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self' 'nonce-[^']+'; style-src 'self' 'nonce-[^']+';/,
      );
      await page.getByRole('heading', { level: 1, name: 'Me' }).waitFor();
      await page.getByText('viewer', { exact: true }).first().waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toMatch(TOKEN);
      expect((await watch.bodies()).filter(({ text }) => TOKEN.test(text))).toEqual([]);
    },
  );

  app.it('is at the address that npm start prints, where the first ledger is shown', async (visit) => {
    await arrive(visit, 'viewer');
    await heading('Overview').waitFor();
    expect(new URL(visit.page.url()).pathname).toBe('/ledgers/demo');
  });

  for (const [user, seen] of Object.entries(SEEN_BY))
    app.it(`shows ${user} what they may see, on pages that all can use`, async (visit) => {
      const { page, open, loaded } = visit;
      await arrive(visit, user, '/ledgers');
      await heading('Ledgers').waitFor();
      await open('/ledgers/demo');
      await navigation().getByRole('link', { name: 'Overview' }).waitFor();
      expect((await navigation().getByRole('link').allInnerTexts()).toSorted()).toEqual(Object.values(seen).toSorted());
      for (const [path, title] of Object.entries(seen)) {
        await navigation().getByRole('link', { name: title, exact: true }).click();
        await heading(title).waitFor();
        expect(new URL(page.url()).pathname).toBe(path);
        await loaded();
        expect([path, await seriousIn(page, 'light')]).toEqual([path, []]);
      }
    });

  app.it('can be used by all in the dark, and on a phone', async (visit) => {
    const { page, open, loaded } = visit;
    await page.setViewportSize({ width: 390, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await arrive(visit, 'admin', '/ledgers/demo');
    for (const [path, title] of Object.entries(EVERY)) {
      await open(path);
      await heading(title).waitFor();
      await loaded();
      expect([path, await seriousIn(page, 'dark')]).toEqual([path, []]);
      // A chart follows the page's width a frame later.
      const excess = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      await becomes(`what ${path} is too wide by`, () => page.evaluate(excess), 0);
    }
  });

  app.it('has room for what matters on narrow screens, where rows say when they were', async (visit) => {
    const { page, api, open, loaded } = visit;
    await api.openAccount({ ledger: 'demo', body: { id: LONG, name: 'n'.repeat(80), currency: 'USD' } });
    await api.createDeposit({ ledger: 'demo', account: LONG, body: { amount: `${'9'.repeat(33)}.99`, currency: 'USD' } });
    await arrive(visit, 'admin', '/ledgers/demo');
    const accounts = Object.fromEntries(['alice', LONG].map((id) => [`/ledgers/demo/accounts/${id}`, id]));
    for (const [path, title] of Object.entries({ ...EVERY, ...accounts })) {
      await page.setViewportSize({ width: NARROW[0], height: 900 });
      await open(path);
      await heading(title).waitFor();
      await loaded();
      if (DATED.has(path)) {
        await page.getByRole('table').getByRole('row').nth(1).waitFor();
        expect([path, await timelessRowsIn(page)]).toEqual([path, 0]);
      }
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await becomes(`what is cramped on ${path} at ${width} px`, () => crampedIn(page), []);
      }
    }
  });

  app.it('keeps filters behind a button on a phone, which says how many are set and works by the keyboard', async (visit) => {
    const { page, open } = visit;
    await page.setViewportSize({ width: NARROW[0], height: 900 });
    await arrive(visit, 'admin', '/ledgers/demo/accounts?status=open&q=alice');
    for (const [path, label, count] of [
      ['/ledgers/demo/accounts?status=open&q=alice', 'Owner', 2],
      ['/ledgers/demo/transactions', 'Reference', 0],
      ['/ledgers/demo/events?actor=nobody', 'Type of record or event', 1],
      ['/dead-letters', 'State', 0],
      ['/projections?ledger=demo', 'Projection', 1],
      ['/audit?actor=nobody&outcome=done&source=ledger', 'Action', 3],
    ] as const) {
      await open(path);
      const button = page.getByRole('button', { name: count === 0 ? 'Filters' : `Filters (${count})`, exact: true });
      const field = page.locator('main section').filter({ has: button }).getByLabel(label, { exact: true });
      await button.waitFor();
      expect([path, await button.getAttribute('aria-expanded'), await field.isVisible()]).toEqual([path, 'false', false]);
      await button.press('Enter');
      await field.waitFor();
      expect([path, await button.getAttribute('aria-expanded')]).toEqual([path, 'true']);
      await button.press('Space');
      await field.waitFor({ state: 'hidden' });
    }
    // The navigation beside the screen is not among what the tab key goes to until it is asked for.
    const menu = page.getByRole('button', { name: 'Menu' });
    const links = page.getByRole('navigation').getByRole('link');
    expect([await menu.getAttribute('aria-expanded'), await links.count()]).toEqual(['false', 0]);
    await menu.press('Enter');
    await links.first().waitFor();
    expect(await menu.getAttribute('aria-expanded')).toBe('true');
  });

  app.it("refuses a viewer who types an administrator's address, and asks the gateway for nothing there", async (visit) => {
    const { page, watch, open } = visit;
    await arrive(visit, 'viewer', '/me');
    await heading('Me').waitFor();
    for (const path of ['/outbox', '/dead-letters', '/projections', '/audit', '/ledgers/demo/move']) {
      await open(path);
      await page.getByText('Not for you').waitFor();
      await page.getByText(/This needs the role (admin|auditor or admin|operator or admin)\./).waitFor();
    }
    expect(watch.urls.filter((address) => address.includes('/api/v1/admin/'))).toEqual([]);
    // Neither would the gateway.
    const asked = `fetch('/api/v1/admin/outbox').then(({ status }) => status)`;
    expect(await watch.expect(403, '/api/v1/admin/outbox', () => page.evaluate(asked))).toBe(403);
  });

  app.it('says when there is no such page, ledger or account', async (visit) => {
    const { page, watch, open } = visit;
    await arrive(visit, 'admin', '/nothing');
    await page.getByText('There is no page at this address').waitFor();
    await open('/accounts/50%');
    await page.getByText('There is no page at this address').waitFor();
    await watch.expect(404, '/api/v1/ledgers/nothing', async () => {
      await open('/ledgers/nothing/accounts');
      await page.getByText('There is no ledger nothing').waitFor();
    });
    await page.getByRole('main').getByRole('link', { name: 'All ledgers' }).click();
    await heading('Ledgers').waitFor();
  });

  app.it('is gone through by the keyboard alone', async (visit) => {
    const { page, open, expectUsable } = visit;
    await arrive(visit, 'admin', '/ledgers/demo');
    await heading('Overview').waitFor();
    await page.keyboard.press('/');
    await becomes('the focus in the search', () => page.evaluate('document.activeElement.type'), 'search');
    await page.keyboard.type('alice');
    await page.keyboard.press('Enter');
    await heading('Accounts').waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('alice');
    const focused = (): Promise<string> => page.evaluate('document.activeElement.tagName + " " + document.activeElement.textContent');
    await becomes('the focus', focused, 'H1 Accounts');
    const field = page.getByRole('search').getByRole('combobox', { name: 'Find an account' });
    await field.fill('ali');
    await page.getByRole('listbox', { name: 'Accounts found' }).getByRole('option', { name: 'alice' }).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await expectUsable();
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'hidden' });
    expect(await field.inputValue()).toBe('ali');
    await field.fill('alice');
    await page.getByRole('option', { name: 'alice' }).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await becomes('the account', () => new URL(page.url()).pathname, '/ledgers/demo/accounts/alice');
    await becomes('the focus', focused, 'H1 alice');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    for (const [letter, title] of [
      ['o', 'Overview'],
      ['a', 'Accounts'],
      ['t', 'Transactions'],
      ['p', 'Projections'],
      ['l', 'Ledgers'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(letter);
      await heading(title).waitFor();
      await becomes('the focus', focused, `H1 ${title}`);
    }
    // From a page of no ledger to the one that was last looked at.
    await page.getByRole('button', { name: 'Ledger: demo' }).click();
    await page.getByRole('option', { name: 'demo', exact: true }).click();
    await becomes('the focus', focused, 'H1 Overview');
    await open('/ledgers/demo/accounts?status=open');
    await page.getByRole('button', { name: 'Clear filters' }).press('Enter');
    await page.getByRole('button', { name: 'Clear filters' }).waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Filter the accounts');
    // The first stop of the tab key leads past the navigation.
    await open('/me');
    await heading('Me').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  });

  describe('while it is open', () => {
    app.it('tells that the gateway is away and that it is back, and goes on', async (visit) => {
      const { page, watch } = visit;
      await arrive(visit, 'admin', '/ledgers/demo');
      await heading('Overview').waitFor();
      const pid = app.site.gatewayPid();
      watch.expectLosses();
      // It answers no more; then it is gone, and another one comes.
      process.kill(pid, 'SIGSTOP');
      await lost().waitFor({ timeout: LOST_MS });
      process.kill(pid, 'SIGKILL');
      await lost().waitFor({ state: 'detached', timeout: LOST_MS });
      await navigation().getByRole('link', { name: 'Ledgers' }).click();
      await page.getByRole('link', { name: 'demo', exact: true }).waitFor();
      expect(app.site.gatewayPid()).not.toBe(pid);
    });

    app.it('tells that the session is over, keeps what was typed, and goes on after a sign-in in another tab', async (visit) => {
      const { page, context, watch } = visit;
      await arrive(visit, 'admin', '/ledgers');
      await page.getByRole('button', { name: 'Open a ledger' }).click();
      await page.getByRole('textbox', { name: 'Id' }).fill('kept');
      await context.clearCookies();
      const meanwhile = async (): Promise<void> => {
        // The page looks whether somebody is signed in, and nobody is.
        const looked = page.waitForResponse((answer) => new URL(answer.url()).pathname === '/api/v1/me' && answer.status() === 401);
        await page.getByRole('button', { name: 'Open', exact: true }).click();
        await page.getByText('You are signed out').waitFor();
        await looked;
        const [other] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Sign in in a new tab' }).click()]);
        await other.getByLabel('User').fill('admin');
        await other.getByLabel('Password').fill('admin-password');
        await other.getByRole('button', { name: 'Sign in' }).click();
        await other.getByText('You are signed in').waitFor();
        await other.close();
        await page.getByText('You are signed out').waitFor({ state: 'detached' });
      };
      await watch.expect(401, '/api/v1/ledgers', () => watch.expect(401, '/api/v1/me', meanwhile));
      expect(await page.getByRole('textbox', { name: 'Id' }).inputValue()).toBe('kept');
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await heading('Overview').waitFor();
      expect(new URL(page.url()).pathname).toBe('/ledgers/kept');
    });
  });

  app.it(
    'opens a ledger once, however often one presses, and adds a currency; what the ledger refuses is told at its place',
    async (visit) => {
      const { page, api, watch, open } = visit;
      await arrive(visit, 'admin', '/ledgers');
      await page.getByRole('button', { name: 'Open a ledger' }).click();
      await page.getByRole('textbox', { name: 'Id' }).fill('a b');
      await page.getByText('Only A–Z').waitFor();
      await page.getByRole('textbox', { name: 'Id' }).fill('twice');
      await page.getByRole('combobox', { name: 'Currencies' }).fill('EUR,');
      const keys: unknown[] = [];
      page.on('request', (request) => {
        if (request.method() === 'POST') keys.push(request.headers()['idempotency-key']);
      });
      await page.getByRole('button', { name: 'Open', exact: true }).dblclick();
      await heading('Overview').waitFor();
      expect(new Set(keys).size).toBe(1);
      // The list is read without what this page knew of its writes.
      await until('the ledger can be read', async () => (await api.listLedgers().all(100)).some(({ id }) => id === 'twice'), STEP_MS);
      await open('/ledgers');
      await page.getByRole('button', { name: 'Add currency: twice' }).click();
      await page.getByLabel('Code').fill('POINTS');
      await page.getByLabel('Decimals').fill('0');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('twice has POINTS now').waitFor();
      await page.getByRole('row', { name: /twice/ }).getByText('POINTS').waitFor();
      await page.getByRole('button', { name: 'Open a ledger' }).click();
      await page.getByRole('textbox', { name: 'Id' }).fill('twice');
      const problem = page.getByRole('alert').filter({ hasText: 'Request' });
      await watch.expect(409, '/api/v1/ledgers', async () => {
        await page.getByRole('button', { name: 'Open', exact: true }).click();
        await problem.waitFor();
      });
      expect(await problem.innerText()).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
    },
  );
});
