import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { axe, BROWSER_WAIT_MS, isSerious, launch, signIn, Watch, whereThereIsABrowser } from '../browser/index.ts';
import { freePort, Start } from '../stack/start.ts';
import { until } from '../stack/wait.ts';

const START_WAIT_MS = BROWSER_WAIT_MS + 120_000;
const TEST_WAIT_MS = 180_000;
/** For what the page shows: the machine may be busy. */
const SHOWN_MS = 30_000;
/** Until a page that asks for nothing looks whether the gateway is there, and gives up an attempt. */
const LOST_MS = 60_000;
const TOKEN = /eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/;

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
  let start: Start;
  let url: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let watch: Watch;

  beforeAll(async () => {
    start = new Start(['--port', String(await freePort()), '--ephemeral']);
    [url, browser] = await Promise.all([start.ready(), launch()]);
  }, START_WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    await start?.end('SIGTERM');
  });

  async function open(colorScheme: 'light' | 'dark' = 'light', width = 1_280): Promise<void> {
    context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(SHOWN_MS);
    watch = await Watch.of(page);
  }
  beforeEach(() => open());
  afterEach(() => context?.close());

  const heading = (title: string) => page.getByRole('heading', { level: 1, name: title });
  const navigation = () => page.getByRole('navigation', { name: 'Main' });
  /** Signed in by going to a page, as a person does; nobody yet is a 401 on the way. */
  async function enter(user: string, path = '/'): Promise<void> {
    watch.expect(401, '/api/v1/me');
    const ledger = /^\/ledgers\/[^/?]+/.exec(path)?.[0];
    if (ledger !== undefined) watch.expect(401, `/api/v1${ledger}`);
    await signIn(page, url + path, user);
  }
  /** Nothing is on its way any more. */
  const shown = (): Promise<unknown> =>
    until('the page has what it asked for', async () => (await page.getByRole('status', { name: 'Loading' }).count()) === 0, SHOWN_MS);
  const lost = () => page.getByText('it is tried again on its own.');
  const gatewayPid = (): number => {
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(start.child.pid)], { encoding: 'utf8' });
    const line = children.split('\n').find((text) => text.includes('admin-gateway/src/main.ts'));
    return Number(line?.trim().split(/\s+/)[0]);
  };

  it(
    'leads whoever is not signed in to the sign-in, and from there to the very page, under a strict policy and without any token',
    async () => {
      await enter('viewer', '/ledgers/demo/accounts?status=frozen');
      await heading('Accounts').waitFor();
      expect(page.url()).toBe(`${url}/ledgers/demo/accounts?status=frozen`);
      // What the page before it was told the browser has forgotten.
      page = await context.newPage();
      const fresh = await Watch.of(page);
      const answer = await page.goto(`${url}/me`);
      expect(answer?.headers()['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self' 'nonce-[^']+'; style-src 'self' 'nonce-[^']+';/,
      );
      await heading('Me').waitFor();
      await page.getByText('viewer', { exact: true }).first().waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')).not.toMatch(TOKEN);
      expect((await fresh.bodies()).filter(({ text }) => TOKEN.test(text))).toEqual([]);
      expect([...watch.problems, ...fresh.problems]).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it.each(['viewer', 'operator', 'auditor', 'admin'])(
    'shows %s what they may see, on pages that all can use',
    async (user) => {
      await enter(user, '/ledgers');
      await heading('Ledgers').waitFor();
      await page.goto(`${url}/ledgers/demo`);
      await navigation().getByRole('link', { name: 'Overview' }).waitFor();
      const seen = SEEN_BY[user] ?? {};
      expect((await navigation().getByRole('link').allInnerTexts()).toSorted()).toEqual(Object.values(seen).toSorted());
      for (const [path, title] of Object.entries(seen)) {
        await navigation().getByRole('link', { name: title, exact: true }).click();
        await heading(title).waitFor();
        expect(new URL(page.url()).pathname).toBe(path);
        await shown();
        expect([path, (await axe(page)).filter(isSerious)]).toEqual([path, []]);
      }
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'can be used by all in the dark, and on a phone',
    async () => {
      await context.close();
      await open('dark', 390);
      await enter('admin', '/ledgers/demo');
      for (const [path, title] of Object.entries(EVERY)) {
        await page.goto(url + path);
        await heading(title).waitFor();
        await shown();
        expect([path, (await axe(page)).filter(isSerious)]).toEqual([path, []]);
        const excess = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        expect([path, excess]).toEqual([path, 0]);
      }
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    "refuses a viewer who types an administrator's address, and asks the gateway for nothing there",
    async () => {
      await enter('viewer', '/me');
      await heading('Me').waitFor();
      for (const path of ['/outbox', '/dead-letters', '/projections', '/audit', '/ledgers/demo/move']) {
        await page.goto(url + path);
        await page.getByText('Not for you').waitFor();
        await page.getByText(/This needs the role (admin|auditor|operator)\./).waitFor();
      }
      expect(watch.urls.filter((address) => address.includes('/api/v1/admin/'))).toEqual([]);
      // Neither would the gateway.
      watch.expect(403, '/api/v1/admin/outbox');
      expect(await page.evaluate(`fetch('/api/v1/admin/outbox').then(({ status }) => status)`)).toBe(403);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'says when there is no such page, ledger or account',
    async () => {
      await enter('admin', '/nothing');
      await page.getByText('There is no page at this address.').waitFor();
      watch.expect(404, '/api/v1/ledgers/nothing');
      await page.goto(`${url}/ledgers/nothing/accounts`);
      await page.getByText('There is no such thing').waitFor();
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'is gone through by the keyboard alone',
    async () => {
      await enter('admin', '/ledgers/demo');
      await heading('Overview').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('alice');
      await page.keyboard.press('Enter');
      await heading('Accounts').waitFor();
      expect(new URL(page.url()).searchParams.get('q')).toBe('alice');
      await page.evaluate('document.activeElement.blur()');
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
      }
      // The first stop of the tab key leads past the navigation.
      await page.goto(`${url}/me`);
      await heading('Me').waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  describe('while it is open', () => {
    it(
      'tells that the gateway is away and that it is back, and goes on',
      async () => {
        await enter('admin', '/ledgers/demo');
        await heading('Overview').waitFor();
        const pid = gatewayPid();
        // It answers no more; then it is gone, and another one comes.
        process.kill(pid, 'SIGSTOP');
        await lost().waitFor({ timeout: LOST_MS });
        process.kill(pid, 'SIGKILL');
        await lost().waitFor({ state: 'detached' });
        await navigation().getByRole('link', { name: 'Ledgers' }).click();
        await page.getByRole('link', { name: 'demo', exact: true }).waitFor();
        expect(gatewayPid()).not.toBe(pid);
      },
      TEST_WAIT_MS,
    );

    it(
      'tells that the session is over, keeps what was typed, and goes on after a sign-in in another tab',
      async () => {
        await enter('admin', '/ledgers');
        await page.getByRole('button', { name: 'Open a ledger' }).click();
        await page.getByRole('textbox', { name: 'Id' }).fill('kept');
        await context.clearCookies();
        await page.getByRole('button', { name: 'Open', exact: true }).click();
        await page.getByText('You are signed out').waitFor();
        const [other] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Sign in in a new tab' }).click()]);
        await other.getByLabel('User').fill('admin');
        await other.getByLabel('Password').fill('admin-password');
        await other.getByRole('button', { name: 'Sign in' }).click();
        await other.getByText('You are signed in').waitFor();
        await other.close();
        await page.getByText('You are signed out').waitFor({ state: 'detached' });
        expect(await page.getByRole('textbox', { name: 'Id' }).inputValue()).toBe('kept');
        await page.getByRole('button', { name: 'Open', exact: true }).click();
        await heading('Overview').waitFor();
        expect(new URL(page.url()).pathname).toBe('/ledgers/kept');
      },
      TEST_WAIT_MS,
    );
  });

  it(
    'opens a ledger once, however often one presses, and adds a currency; what the ledger refuses is told at its place',
    async () => {
      await enter('admin', '/ledgers');
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
      await page.goto(`${url}/ledgers`);
      await page.getByRole('button', { name: 'Add currency: twice' }).click();
      await page.getByLabel('Code').fill('POINTS');
      await page.getByLabel('Decimals').fill('0');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('twice has POINTS now').waitFor();
      await page.getByRole('row', { name: /twice/ }).getByText('POINTS').waitFor();
      await page.getByRole('button', { name: 'Open a ledger' }).click();
      await page.getByRole('textbox', { name: 'Id' }).fill('twice');
      watch.expect(409, '/api/v1/ledgers');
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      const problem = page.getByRole('alert').filter({ hasText: 'Request' });
      await problem.waitFor();
      expect(await problem.innerText()).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );
});
