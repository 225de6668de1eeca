import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import { requestAccessToken } from '@ledgerflow/local/access';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import type { Browser, BrowserContext, Download, Page } from 'playwright-core';
import { BROWSER_WAIT_MS, launch, seriousInBothSchemes, signIn, Watch, whereThereIsABrowser } from '../browser/index.ts';
import { type RunningKafka, startKafka } from '../kafka/index.ts';
import { freePort, Start } from '../stack/start.ts';
import { until } from '../stack/wait.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUILD = join(ROOT, 'scripts/build-dashboard.mjs');
const START_WAIT_MS = BROWSER_WAIT_MS + 180_000;
/** For a test: the pages are light, the machine may be busy. */
const TEST_WAIT_MS = 180_000;
const SEEN_WAIT_MS = 30_000;
const LEDGER = 'books';
const SLOTS = 32;

whereThereIsABrowser('outbox, dead letters, projections and audit in a browser', () => {
  let folder: string;
  let kafka: RunningKafka;
  let start: Start;
  let url: string;
  let api: LedgerFlow;
  /** As the owner of the read model's tables. */
  let owner: Pool;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let watch: Watch;

  async function ownerUrl(): Promise<string> {
    const { passwords } = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as { passwords: Record<string, string> };
    const port = (await readFile(join(folder, 'postgres/postmaster.pid'), 'utf8')).split('\n')[3];
    const password = encodeURIComponent(passwords['ledgerflow_read_owner'] ?? '');
    return `postgres://ledgerflow_read_owner:${password}@127.0.0.1:${port}/ledgerflow_read`;
  }

  beforeAll(async () => {
    const build = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`${build.stdout}${build.stderr}`);
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-face-'));
    // PostgreSQL may run as another user.
    await chmod(folder, 0o755);
    kafka = await startKafka();
    start = new Start(['--port', String(await freePort()), '--data-dir', folder, '--no-demo', '--kafka', kafka.brokers[0] as string]);
    [url, browser] = await Promise.all([start.ready(), launch()]);
    api = createLedgerFlow({ baseUrl: url, credentials: await requestAccessToken(url, { roles: ['admin'], subject: 'tester' }) });
    owner = createPool({ url: await ownerUrl(), max: 1, applicationName: 'test', log: silentLogger });
    await api.openLedger({ body: { id: LEDGER, currencies: ['USD'] } });
    for (const id of ['alice', 'other']) await api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD' } });
    for (let i = 0; i < 20; i++) await deposit('alice');
  }, START_WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    await owner?.end();
    await start?.end('SIGTERM');
    await kafka?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function open(user: string): Promise<void> {
    context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
    context.setDefaultTimeout(SEEN_WAIT_MS);
    page = await context.newPage();
    watch = await Watch.of(page);
    await signIn(page, `${url}/oauth2/start?rd=/me`, user);
  }
  beforeEach(() => open('admin'), TEST_WAIT_MS);
  afterEach(() => context?.close());

  const deposit = (account: string) => api.createDeposit({ ledger: LEDGER, account, body: { amount: '1.00', currency: 'USD' } });
  const goTo = async (path: string, heading: string): Promise<void> => {
    await page.goto(`${url}${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const seen = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const press = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  /** In a dialog that covers the page. */
  const dialog = () => page.getByRole('dialog');
  const said = (text: string | RegExp) => page.getByRole('status').filter({ hasText: text }).first().waitFor();
  const generation = async (): Promise<number> => {
    const { rows } = await owner.query<{ generation: number }>(
      `select generation from read.projections p join read.checkpoints c using (ledger) where c.id = $1 and projection = 'account_summary'`,
      [LEDGER],
    );
    return rows[0]?.generation ?? 0;
  };
  /** account_summary takes no more rows that this does not hold for. */
  const poison = async (condition: string): Promise<void> => {
    await heal();
    await owner.query(
      `alter table read.account_summary add constraint poison check (generation <> ${await generation()} or ${condition}) not valid`,
    );
  };
  const heal = () => owner.query('alter table read.account_summary drop constraint if exists poison');
  const parked = (count: number) =>
    until(
      `${count} records are parked`,
      async () => (await api.listDeadLetters({ ledger: LEDGER }).all(100)).length === count,
      SEEN_WAIT_MS,
    );
  async function accessible(): Promise<void> {
    expect(await seriousInBothSchemes(page)).toEqual([]);
  }
  const contentOf = async (download: Download): Promise<string> => readFile(await download.path(), 'utf8');
  const downloaded = async (press: () => Promise<void>): Promise<string> => {
    const [download] = await Promise.all([page.waitForEvent('download'), press()]);
    return contentOf(download);
  };
  const letterPath = async (state: 'refused' | 'queued'): Promise<string> => {
    const [letter] = await api.listDeadLetters({ ledger: LEDGER, state }).all(100);
    return `/api/v1/admin/dlq/${letter?.id}`;
  };

  it(
    'a dead letter from poison to healed',
    async () => {
      await poison(`id <> 'other'`);
      const { position } = await deposit('other');
      await deposit('other');
      await parked(2);
      const path = await letterPath('refused');

      await goTo(`/dead-letters?ledger=${LEDGER}`, 'Dead letters');
      await page.getByRole('row').filter({ hasText: 'Queued' }).waitFor();
      await accessible();
      await page.getByRole('row').filter({ hasText: 'Refused' }).getByRole('link', { name: position }).click();
      await page.getByRole('heading', { level: 1, name: `Record ${position} of ${LEDGER}` }).waitFor();
      await seen(/violates check constraint "poison"/);
      const payload = await page.getByRole('region', { name: 'As it came' }).innerText();
      expect(JSON.parse(payload)).toMatchObject({ ledger: LEDGER, position, type: 'FundsDeposited' });
      await press('Compare with the log');
      await said('It is what the log has.');
      // It moves money: nobody is offered to give it up.
      await seen('A balance depends on this record');
      expect(await page.getByRole('button', { name: 'Discard' }).count()).toBe(0);
      await accessible();

      watch.expect(409, `${path}/retry`);
      await press('Retry');
      await page.getByRole('alert').filter({ hasText: 'poison' }).waitFor();
      await page.getByRole('row').filter({ hasText: 'Attempts' }).filter({ hasText: '2' }).waitFor();
      await heal();
      await press('Retry');
      await said('2 records applied');
      await accessible();
      expect(await page.getByRole('button', { name: 'Retry' }).count()).toBe(0);
      const balance = await api.answer('getBalance', { ledger: LEDGER, account: 'other' });
      expect(balance).toMatchObject({ data: { posted: '2.00' }, heldAt: null });
      await page.getByRole('link', { name: 'All dead letters' }).click();
      await seen('Nothing that is parked fits these filters');
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'what waits is not retried by itself, and everything of a ledger at once is',
    async () => {
      await poison(`id <> 'other'`);
      await deposit('other');
      await deposit('other');
      await parked(2);
      const [queued] = await api.listDeadLetters({ ledger: LEDGER, state: 'queued' }).all(10);
      await goTo(`/dead-letters/${queued?.id}`, `Record ${queued?.position} of ${LEDGER}`);
      await seen('Not refused: it waits behind an earlier record');
      expect(await page.getByRole('button', { name: /^(Retry|Discard)$/ }).count()).toBe(0);
      await heal();
      await goTo(`/dead-letters?ledger=${LEDGER}&state=refused`, 'Dead letters');
      expect(await page.getByRole('row').filter({ hasText: 'Queued' }).count()).toBe(0);
      await press('Retry all');
      await dialog().getByLabel('Of the ledger').waitFor();
      await accessible();
      await press(`Retry all of ${LEDGER}`);
      await said('2 records applied');
      await said('Nothing of it is parked any more.');
      await seen('Nothing that is parked fits these filters');
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'a record is given up with a reason, where no balance depends on it',
    async () => {
      // That it is passed over is a change of the row, too, and is refused as well.
      await poison(`id <> 'other'`);
      await api.updateAccount({ ledger: LEDGER, account: 'other', body: { metadata: { tier: 'iron' } } });
      await parked(1);
      const refusedPath = await letterPath('refused');
      await goTo(refusedPath.replace('/api/v1/admin/dlq', '/dead-letters'), `of ${LEDGER}`);
      await press('Discard');
      await dialog().getByText('marked diverged').waitFor();
      await accessible();
      await press('Discard it');
      await dialog().getByText('Say why').waitFor();
      await dialog().getByLabel('Reason').fill('try');
      watch.expect(409, `${refusedPath}/discard`);
      await press('Discard it');
      await page.getByRole('alert').filter({ hasText: 'balance' }).waitFor();
      await heal();
      await press('Retry');
      await said('1 record applied');

      await poison(`name is distinct from 'Unspeakable'`);
      await api.updateAccount({ ledger: LEDGER, account: 'other', body: { name: 'Unspeakable' } });
      await parked(1);
      await goTo((await letterPath('refused')).replace('/api/v1/admin/dlq', '/dead-letters'), `of ${LEDGER}`);
      await press('Discard');
      await dialog().getByLabel('Reason').fill('a name that nobody may read');
      await press('Discard it');
      await said('Discarded');
      await said(/is missing from .*account_summary/);
      await heal();
      await parked(0);
      await goTo(`/projections?ledger=${LEDGER}&projection=account_summary`, 'Projections');
      await page.getByRole('button', { name: 'account_summary' }).click();
      await dialog().getByText('Records that were discarded').waitFor();
      await accessible();
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'a rebuild is followed to its swap, and another one is cancelled',
    async () => {
      await goTo(`/projections?ledger=${LEDGER}`, 'Projections');
      await page.getByRole('row').filter({ hasText: 'account_summary' }).filter({ hasText: 'Live' }).waitFor();
      await accessible();
      await press('Rebuild');
      await dialog().getByText('readers notice nothing').waitFor();
      await accessible();
      await press('Start the rebuild');
      await page.waitForURL(/\/projections\/rebuilds\/[0-9a-f-]{36}$/);
      const swapped = page.url().split('/').at(-1) ?? '';
      await said('Swapped');
      await page
        .getByRole('table', { name: 'Generations' })
        .getByRole('row')
        .filter({ hasText: 'account_summary' })
        .filter({ hasText: 'Swapped' })
        .waitFor();
      expect(await page.getByRole('button', { name: 'Cancel the rebuild' }).count()).toBe(0);
      expect(await api.getRebuild({ projection: 'all', rebuild: swapped })).toMatchObject({
        ledger: LEDGER,
        state: 'swapped',
        percent: 100,
      });
      await accessible();
      // It has what was discarded.
      expect((await api.listProjections({ ledger: LEDGER }).all(100)).map(({ divergences }) => divergences)).not.toContain(1);

      await goTo('/projections/rebuilds', 'Rebuilds');
      await press('Rebuild');
      await dialog().getByLabel('Projection').fill('account_statement');
      await dialog().getByLabel('Ledger').fill(LEDGER);
      await dialog().getByLabel('Records a second at most').fill('1');
      await press('Start the rebuild');
      await page.waitForURL(/\/projections\/rebuilds\/[0-9a-f-]{36}$/);
      const cancelled = page.url().split('/').at(-1) ?? '';
      await said('Running');
      await seen('at most 1');
      await press('Cancel the rebuild');
      await dialog().getByText('What it has built is dropped').waitFor();
      await accessible();
      await dialog().getByRole('button', { name: 'Cancel the rebuild' }).click();
      await said('Cancelled');
      await page.getByRole('link', { name: 'All rebuilds' }).click();
      for (const word of ['Swapped', 'Cancelled']) await page.getByRole('row').filter({ hasText: word }).waitFor();
      await accessible();
      expect(await api.getRebuild({ projection: 'all', rebuild: cancelled })).toMatchObject({ state: 'cancelled' });

      // A second one of the same rows, and one that is not there.
      watch.expect(404, '/api/v1/admin/projections/nothing/rebuilds');
      await press('Rebuild');
      await dialog().getByLabel('Projection').fill('nothing');
      await press('Start the rebuild');
      await dialog().getByRole('alert').waitFor();
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'the audit shows all of that, and exports what the API says',
    async () => {
      await goTo(`/audit?ledger=${LEDGER}&source=gateway&actor=admin&action=dlq.discard`, 'Audit');
      await page.getByRole('row').filter({ hasText: 'balance_depends' }).waitFor();
      await page.getByRole('row').filter({ hasText: 'done' }).getByRole('button').click();
      await dialog().getByText('a name that nobody may read').waitFor();
      await accessible();
      await page.keyboard.press('Escape');
      for (const action of ['dlq.retry', 'dlq.retry-all', 'rebuild.request', 'rebuild.cancel']) {
        await goTo(`/audit?ledger=${LEDGER}&actor=admin&action=${action}`, 'Audit');
        await page.getByRole('row').filter({ hasText: action }).first().waitFor();
      }
      // Of a cancellation to its rebuild.
      await page.getByRole('row').filter({ hasText: 'rebuild.cancel' }).getByRole('link').click();
      await said('Cancelled');

      // Up to then everything is written: reads are a second later.
      const [last] = await api.listAudit({ ledger: LEDGER, action: 'rebuild.cancel' }).all(10);
      const filters = { ledger: LEDGER, to: last?.recordedAt ?? '' };
      await goTo(`/audit?${new URLSearchParams(filters).toString()}`, 'Audit');
      await page.getByRole('row').filter({ hasText: 'rebuild.cancel' }).first().waitFor();
      await accessible();
      await press('Export NDJSON');
      await dialog().getByText('itself an action that the audit keeps').waitFor();
      await accessible();
      const text = await downloaded(() => press('Start the export'));
      const lines = text.split('\n').slice(0, -1);
      await said(`${lines.length} entries exported`);
      const told: string[] = [];
      for await (const entry of api.exportAudit(filters)) told.push(JSON.stringify(entry));
      expect(lines.length).toBeGreaterThan(40);
      expect(lines).toEqual(told);
      expect(text).toMatch(/"FundsDeposited"[^]*"LedgerOpened"/);
      await dialog().getByRole('button', { name: 'Close' }).last().click();
      const csv = await downloaded(() => press('Export CSV'));
      expect(csv.trimEnd().split('\r\n').length).toBeGreaterThan(lines.length);
      const exports = await api.listAudit({ action: 'audit.export', actor: 'admin' }).all(10);
      expect(exports).toMatchObject([{ outcome: { outcome: 'done' } }]);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'a viewer is refused at all of these addresses, and asks for nothing',
    async () => {
      await context.close();
      await open('viewer');
      for (const path of [
        '/outbox',
        '/dead-letters',
        '/dead-letters/1',
        '/projections',
        '/projections/rebuilds',
        '/projections/rebuilds/1',
        '/audit',
      ]) {
        await page.goto(`${url}${path}`);
        await seen('Not for you');
      }
      await accessible();
      expect(await page.getByRole('link', { name: /Outbox|Dead letters|Projections|Audit/ }).count()).toBe(0);
      expect(watch.urls.filter((address) => address.includes('/api/v1/admin/'))).toEqual([]);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );

  it(
    'the outbox slot by slot, and what waits when Kafka is gone',
    async () => {
      await goTo('/outbox', 'Outbox');
      const rows = page.getByRole('table', { name: 'Slots of the outbox' });
      await rows.waitFor();
      expect(await rows.getAttribute('aria-rowcount')).toBe(String(SLOTS + 1));
      await accessible();
      await kafka.kill();
      await deposit('alice');
      // Its slot comes first, with what is wrong.
      const first = rows.locator('tr[aria-rowindex="2"]');
      await first.filter({ hasText: 'open' }).waitFor({ timeout: 90_000 });
      await first.filter({ hasText: /\b1\b/ }).waitFor();
      await said('Last errors');
      await accessible();
      expect(watch.problems).toEqual([]);

      // As a deployment without Kafka answers.
      await page.route('**/api/v1/admin/outbox', (route) => route.fulfill({ json: { relay: 'off', data: [], nextCursor: null } }));
      await page.reload();
      await said('The relay is off');
      await accessible();
    },
    TEST_WAIT_MS,
  );
});
