import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import type { LedgerFlow } from '@ledgerflow/client';
import { becomes, dashboard, ReadOwner, STEP_MS, type Visit, whereThereIsABrowser } from '../browser/index.ts';
import { type RunningKafka, startKafka } from '../kafka/index.ts';

const START_WAIT_MS = 180_000;
const LEDGER = 'books';
const SLOTS = 32;
/** At one record a second a rebuild of them is long enough to be looked at and cancelled. */
const RECORDS = 200;

const deposit = (api: LedgerFlow, account: string) =>
  api.createDeposit({ ledger: LEDGER, account, body: { amount: '1.00', currency: 'USD' } });

async function fill(api: LedgerFlow): Promise<void> {
  await api.openLedger({ body: { id: LEDGER, currencies: ['USD'] } });
  for (const id of ['alice', 'bob', 'other']) await api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD' } });
  for (let count = 0; count < 20; count++) await deposit(api, 'alice');
  const transactions = Array.from({ length: RECORDS }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['alice', 'bob'] : ['bob', 'alice'];
    return { postings: [{ from: from as string, to: to as string, amount: '1.00', currency: 'USD' }] };
  });
  await api.createTransactionBatch({ ledger: LEDGER, body: { atomic: false, transactions } });
}

whereThereIsABrowser('outbox, dead letters, projections and audit in a browser', () => {
  let folder: string;
  let kafka: RunningKafka;
  let owner: ReadOwner;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-face-'));
    // PostgreSQL may run as another user.
    await chmod(folder, 0o755);
    kafka = await startKafka();
  }, START_WAIT_MS);
  afterAll(() => owner?.close());
  const app = dashboard({
    args: () => ['--data-dir', folder, '--no-demo', '--kafka', kafka.brokers[0] as string],
    fill,
    context: { reducedMotion: 'reduce' },
  });
  beforeAll(async () => {
    owner = await ReadOwner.open(folder);
  });
  afterAll(async () => {
    await kafka?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }, STEP_MS);

  const goTo = async (path: string, heading: string): Promise<void> => {
    await app.page.goto(`${app.site.url}${path}`);
    await app.page.getByRole('heading', { level: 1, name: heading }).waitFor();
  };
  const seen = (text: string | RegExp) => app.page.getByText(text).first().waitFor();
  const press = (name: string | RegExp) => app.page.getByRole('button', { name, exact: typeof name === 'string' }).click();
  /** In a dialog that covers the page. */
  const dialog = () => app.page.getByRole('dialog');
  const said = (text: string | RegExp) => app.page.getByRole('status').filter({ hasText: text }).first().waitFor();
  const poison = (condition: string) => owner.poison(LEDGER, condition);
  const heal = () => owner.heal();
  const letters = (state?: 'refused' | 'queued') =>
    app.api.listDeadLetters({ ledger: LEDGER, ...(state === undefined ? {} : { state }) }).all(100);
  const parked = (count: number) => becomes('records that are parked', async () => (await letters()).length, count);
  const refusedPath = async (): Promise<string> => `/api/v1/admin/dlq/${(await letters('refused'))[0]?.id}`;
  const admin = (name: string, test: (visit: Visit) => Promise<void>): void =>
    app.it(name, async (visit) => {
      await visit.enter('admin', '/me');
      await test(visit);
    });

  admin('a dead letter from poison to healed', async ({ page, api, watch, expectUsable }) => {
    await poison(`id <> 'other'`);
    const { position } = await deposit(api, 'other');
    await deposit(api, 'other');
    await parked(2);
    const path = await refusedPath();

    await goTo(`/dead-letters?ledger=${LEDGER}`, 'Dead letters');
    await page.getByRole('row').filter({ hasText: 'Queued' }).waitFor();
    await expectUsable();
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
    await expectUsable();

    await watch.expect(409, `${path}/retry`, async () => {
      await press('Retry');
      await page.getByRole('alert').filter({ hasText: 'poison' }).waitFor();
    });
    await page.getByRole('row').filter({ hasText: 'Attempts' }).filter({ hasText: '2' }).waitFor();
    await heal();
    await press('Retry');
    await said('2 records applied');
    await expectUsable();
    await page.getByRole('button', { name: 'Retry' }).waitFor({ state: 'detached' });
    const balance = await api.answer('getBalance', { ledger: LEDGER, account: 'other' });
    expect(balance).toMatchObject({ data: { posted: '2.00' }, heldAt: null });
    await page.getByRole('link', { name: 'All dead letters' }).click();
    await seen('Nothing that is parked fits these filters');
  });

  admin('what waits is not retried by itself, and everything of a ledger at once is', async ({ page, api, expectUsable }) => {
    await poison(`id <> 'other'`);
    await deposit(api, 'other');
    await deposit(api, 'other');
    await parked(2);
    await goTo(`/ledgers/${LEDGER}/transactions`, 'Transactions');
    await seen('since a record could not be applied');
    const [queued] = await letters('queued');
    await goTo(`/dead-letters/${queued?.id}`, `Record ${queued?.position} of ${LEDGER}`);
    await seen('Not refused: it waits behind an earlier record');
    expect(await page.getByRole('button', { name: /^(Retry|Discard)$/ }).count()).toBe(0);
    await heal();
    await goTo(`/dead-letters?ledger=${LEDGER}&state=refused`, 'Dead letters');
    await page.getByRole('cell', { name: 'Refused', exact: true }).waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'Queued' }).count()).toBe(0);
    await press('Retry all');
    await dialog().getByLabel('Of the ledger').waitFor();
    await expectUsable();
    await press(`Retry all of ${LEDGER}`);
    await said('2 records applied');
    await said('Nothing of it is parked any more.');
    await seen('Nothing that is parked fits these filters');
  });

  admin('a record is given up with a reason, where no balance depends on it', async ({ page, api, watch, expectUsable }) => {
    // That it is passed over is a change of the row, too, and is refused as well.
    await poison(`id <> 'other'`);
    await api.updateAccount({ ledger: LEDGER, account: 'other', body: { metadata: { tier: 'iron' } } });
    await parked(1);
    const path = await refusedPath();
    await goTo(path.replace('/api/v1/admin/dlq', '/dead-letters'), `of ${LEDGER}`);
    await press('Discard');
    await dialog().getByText('marked diverged').waitFor();
    await expectUsable();
    await press('Discard it');
    await dialog().getByText('Say why').waitFor();
    await dialog().getByLabel('Reason').fill('try');
    await watch.expect(409, `${path}/discard`, async () => {
      await press('Discard it');
      await page.getByRole('alert').filter({ hasText: 'balance' }).waitFor();
    });
    await heal();
    await press('Retry');
    await said('1 record applied');

    await poison(`name is distinct from 'Unspeakable'`);
    await api.updateAccount({ ledger: LEDGER, account: 'other', body: { name: 'Unspeakable' } });
    await parked(1);
    await goTo((await refusedPath()).replace('/api/v1/admin/dlq', '/dead-letters'), `of ${LEDGER}`);
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
    await expectUsable();
  });

  admin('a rebuild is followed to its swap, and another one is cancelled', async ({ page, api, watch, expectUsable }) => {
    await goTo(`/projections?ledger=${LEDGER}`, 'Projections');
    await page.getByRole('row').filter({ hasText: 'account_summary' }).filter({ hasText: 'Live' }).waitFor();
    await expectUsable();
    await press('Rebuild');
    await dialog().getByText('readers notice nothing').waitFor();
    await expectUsable();
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
    await expectUsable();
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
    await expectUsable();
    await dialog().getByRole('button', { name: 'Cancel the rebuild' }).click();
    await said('Cancelled');
    await page.getByRole('link', { name: 'All rebuilds' }).click();
    for (const word of ['Swapped', 'Cancelled']) await page.getByRole('row').filter({ hasText: word }).waitFor();
    await expectUsable();
    expect(await api.getRebuild({ projection: 'all', rebuild: cancelled })).toMatchObject({ state: 'cancelled' });

    // A second one of the same rows, and one that is not there.
    await press('Rebuild');
    await dialog().getByLabel('Projection').fill('nothing');
    await watch.expect(404, '/api/v1/admin/projections/nothing/rebuilds', async () => {
      await press('Start the rebuild');
      await dialog().getByRole('alert').waitFor();
    });
  });

  admin('the audit shows all of that, and exports what the API says', async ({ page, api, saved, expectUsable }) => {
    await goTo(`/audit?ledger=${LEDGER}&source=gateway&actor=admin&action=dlq.discard`, 'Audit');
    await page.getByRole('row').filter({ hasText: 'balance_depends' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'done' }).getByRole('button').click();
    await dialog().getByText('a name that nobody may read').waitFor();
    await expectUsable();
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
    await expectUsable();
    await press('Export NDJSON');
    await dialog().getByText('itself an action that the audit keeps').waitFor();
    await expectUsable();
    const text = await saved(() => press('Start the export'));
    const lines = text.split('\n').slice(0, -1);
    await said(`${lines.length} entries exported`);
    const told: string[] = [];
    for await (const entry of api.exportAudit(filters)) told.push(JSON.stringify(entry));
    expect(lines.length).toBeGreaterThan(40);
    expect(lines).toEqual(told);
    expect(text).toMatch(/"FundsDeposited"[^]*"LedgerOpened"/);
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    const csv = await saved(() => press('Export CSV'));
    expect(csv.trimEnd().split('\r\n').length).toBeGreaterThan(lines.length);
    const exports = () => api.listAudit({ action: 'audit.export', actor: 'admin' }).all(10);
    await becomes('the export in the audit', exports, [expect.objectContaining({ outcome: expect.objectContaining({ outcome: 'done' }) })]);
  });

  app.it('a viewer is refused at all of these addresses, and asks for nothing', async ({ page, watch, enter, open, expectUsable }) => {
    await enter('viewer', '/me');
    for (const path of [
      '/outbox',
      '/dead-letters',
      '/dead-letters/1',
      '/projections',
      '/projections/rebuilds',
      '/projections/rebuilds/1',
      '/audit',
    ]) {
      await open(path);
      await seen('Not for you');
    }
    await expectUsable();
    expect(await page.getByRole('link', { name: /Outbox|Dead letters|Projections|Audit/ }).count()).toBe(0);
    expect(watch.urls.filter((address) => address.includes('/api/v1/admin/'))).toEqual([]);
  });

  admin('the outbox slot by slot, and what waits when Kafka is gone', async ({ page, api, expectUsable }) => {
    await goTo('/outbox', 'Outbox');
    const rows = page.getByRole('table', { name: 'Slots of the outbox' });
    await rows.waitFor();
    await becomes('slots and titles', () => rows.getAttribute('aria-rowcount'), String(SLOTS + 1));
    await expectUsable();
    await kafka.kill();
    await deposit(api, 'alice');
    // Its slot comes first, with what is wrong.
    const first = rows.locator('tr[aria-rowindex="2"]');
    await first.filter({ hasText: 'open' }).waitFor({ timeout: 90_000 });
    await first.filter({ hasText: /\b1\b/ }).waitFor();
    await said('Last errors');
    await expectUsable();

    // As a deployment without Kafka answers.
    await page.route('**/api/v1/admin/outbox', (route) => route.fulfill({ json: { relay: 'off', data: [], nextCursor: null } }));
    await page.reload();
    await said('The relay is off');
    await expectUsable();
  });
});
