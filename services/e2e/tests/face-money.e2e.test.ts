import { beforeEach, expect } from '@jest/globals';
import type { Locator, Route } from 'playwright-core';
import { becomes, dashboard, STEP_MS, type Visit, whereThereIsABrowser } from '../browser/index.ts';

const LEDGER = 'shop';
const TRANSFERS = `**/api/v1/ledgers/${LEDGER}/transfers`;
const BATCHES = `**/api/v1/ledgers/${LEDGER}/transactions/batch`;

whereThereIsABrowser('moving money in a browser', () => {
  const app = dashboard({
    fill: (api) => api.openLedger({ body: { id: LEDGER, currencies: ['USD', 'EUR', 'JPY'] } }).then(() => undefined),
    // Without motion: a colour on its way to another is none of the page's.
    context: { reducedMotion: 'reduce' },
  });
  /** Accounts of the test at hand, so that what it wrote can be counted. */
  let from: string;
  let to: string;
  let tests = 0;

  beforeEach(async () => {
    tests++;
    [from, to] = [`alice-${tests}`, `bob-${tests}`];
    for (const id of [from, to]) await app.api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD' } });
    await app.api.createDeposit({ ledger: LEDGER, account: from, body: { amount: '100.00', currency: 'USD' } });
    // From then on the page finds it too.
    await balance(from);
  }, STEP_MS);

  const move = ({ enter }: Visit, path: string, user = 'operator'): Promise<void> => enter(user, `/ledgers/${LEDGER}/move${path}`);
  const button = (name: string | RegExp): Locator => app.page.getByRole('button', { name });
  const balance = async (account: string): Promise<string> => (await app.api.getAccount({ ledger: LEDGER, account })).posted;
  /** How often money came in: the count of what was written. */
  const entries = async (account: string): Promise<number> => (await app.api.listEntries({ ledger: LEDGER, account }).all(200)).length;

  /** What is asked is done; the page has not heard of it yet. */
  const passed = async (route: Route): Promise<void> => {
    const answer = await route.fetch();
    app.site.written(answer.url(), answer.headers());
  };

  /** The answer of what the gateway has done does not arrive. */
  const lose = async (route: Route): Promise<void> => {
    await passed(route);
    await route.abort();
  };

  /** A transfer as far as the confirmation. */
  async function previewed(visit: Visit, amount: string): Promise<void> {
    await move(visit, `?kind=transfer&from=${from}&to=${to}`);
    // The currency is that of the accounts.
    await visit.page.getByText('Available 100.00 USD').waitFor();
    await visit.page.getByLabel('Amount').fill(amount);
    await button('Preview').click();
    await button('Confirm transfer').waitFor();
  }

  app.it('shows what it would change, then what it changed', async (visit) => {
    const { page, api, expectUsable } = visit;
    await move(visit, `?from=${from}&to=${to}`);
    await page.getByText('Available 100.00 USD').waitFor();
    // The balance is live.
    await api.createDeposit({ ledger: LEDGER, account: from, body: { amount: '0.50', currency: 'USD' } });
    await page.getByText('Available 100.50 USD').waitFor();
    await expectUsable();
    await page.getByLabel('Amount').fill('12.34');
    await button('Reference, time, metadata').click();
    await page.getByRole('textbox', { name: 'Reference' }).fill('table 7');
    await page.getByRole('textbox', { name: 'Metadata' }).fill('{"table": "7"}');
    await button('Preview').click();
    await page.getByRole('heading', { name: 'Transfer of 12.34 USD' }).waitFor();
    const rows = page.getByRole('table').locator('tbody tr');
    expect(await rows.allInnerTexts()).toEqual([`${from}\t100.50\t-12.34\t88.16 USD`, `${to}\t0.00\t+12.34\t12.34 USD`]);
    expect(await entries(to)).toBe(0);
    await expectUsable();
    await button('Confirm transfer').click();
    await page.getByRole('heading', { name: 'Transferred' }).waitFor();
    expect(await rows.first().innerText()).toBe(`${from}\t100.50\t-12.34\t88.16 USD`);
    await expectUsable();
    const link = page.getByRole('main').locator('a[href*="/transactions/"]');
    const { reference, metadata } = await api.getTransaction({ ledger: LEDGER, transaction: await link.innerText() });
    expect([reference, metadata, await balance(to)]).toEqual(['table 7', { table: '7' }, '12.34']);
  });

  app.it('makes one record of a double click, and of a key held down', async (visit) => {
    const { page } = visit;
    await previewed(visit, '1.00');
    await button('Confirm transfer').dblclick();
    const transferred = page.getByRole('heading', { name: 'Transferred' });
    await transferred.waitFor();
    expect(await entries(to)).toBe(1);
    await button('The same again').click();
    await button('Preview').click();
    // The second press of a slow one on the preview's button confirms nothing.
    await button('Confirm transfer').click({ force: true });
    expect([await button('Confirm transfer').count(), await entries(to)]).toEqual([1, 1]);
    // A slow one: the second press comes when the result is there, on what stands in the same place then.
    await button('Confirm transfer').click();
    await transferred.waitFor();
    for (const name of ['Another one', 'The same again']) {
      await button(name).hover();
      await page.mouse.down({ clickCount: 2 });
      await page.mouse.up({ clickCount: 2 });
    }
    expect([await transferred.count(), await page.getByLabel('Amount').count(), await entries(to)]).toEqual([1, 0, 2]);
    await button('The same again').click();
    await page.getByLabel('Amount').focus();
    // Held down, it asks for the preview and goes no further; held down on the confirmation, no further than the result.
    const hold = async (): Promise<void> => {
      for (let repeats = 0; repeats < 5; repeats++) await page.keyboard.down('Enter');
    };
    await hold();
    await button('Confirm transfer').waitFor();
    await hold();
    await page.keyboard.up('Enter');
    expect([await button('Confirm transfer').count(), await entries(to)]).toEqual([1, 2]);
    await becomes('whether it can be confirmed', () => button('Confirm transfer').isEnabled(), true);
    await button('Confirm transfer').focus();
    await hold();
    await transferred.waitFor();
    await hold();
    await page.keyboard.up('Enter');
    expect([await transferred.count(), await entries(to), await balance(to)]).toEqual([1, 3, '3.00']);
  });

  app.it('makes one record when the answer is lost: it is unknown, and locked, until asked again', async (visit) => {
    const { page, watch, expectUsable } = visit;
    await previewed(visit, '5.00');
    watch.expectLosses();
    await page.route(TRANSFERS, lose);
    await button('Confirm transfer').click();
    await page.getByText('Outcome unknown').waitFor();
    expect([await entries(to), await button('Back').count(), await page.getByLabel('Amount').count()]).toEqual([1, 0, 0]);
    await expectUsable();
    await page.unroute(TRANSFERS);
    // Wherever one goes, and after a reload, it is said, and leads back.
    const reminder = page.getByText(`A transfer of 5.00 USD from ${from} to ${to} in ledger ${LEDGER}`);
    expect(await reminder.count()).toBe(0);
    await page.getByRole('link', { name: 'Accounts' }).first().click();
    await reminder.waitFor();
    await expectUsable();
    await page.reload();
    await page.getByRole('link', { name: 'Look, and ask again under the same key' }).click();
    await button('Ask again under the same key').click();
    await page.getByText('It had been done already').waitFor();
    expect([await entries(to), await balance(from)]).toEqual([1, '95.00']);
    await page.getByRole('link', { name: 'Accounts' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
    expect(await reminder.count()).toBe(0);
    await expectUsable();
  });

  app.it('makes one record when the page is reloaded between the confirmation and its answer', async (visit) => {
    const { page, watch } = visit;
    await previewed(visit, '7.00');
    const held = Promise.withResolvers<void>();
    watch.expectLosses();
    await page.route(TRANSFERS, async (route) => {
      await passed(route);
      held.resolve();
      // No answer: the page is gone before it.
    });
    await button('Confirm transfer').click();
    await held.promise;
    const key = await page.getByText('Idempotency key').innerText();
    await page.reload();
    await page.unroute(TRANSFERS);
    await page.getByText('Outcome unknown').waitFor();
    expect(await page.getByText('Idempotency key').innerText()).toBe(key);
    await button('Ask again under the same key').click();
    await page.getByText('It had been done already').waitFor();
    expect([await entries(to), await balance(to)]).toEqual([1, '7.00']);
  });

  app.it('makes one record when the command never arrived, and comes back from a reload with a preview of now', async (visit) => {
    const { page, api, watch } = visit;
    await previewed(visit, '8.00');
    const first = page
      .getByRole('table', { name: /^What it would change/ })
      .locator('tbody tr')
      .first();
    expect(await first.innerText()).toBe(`${from}\t100.00\t-8.00\t92.00 USD`);
    const key = await page.getByText('Idempotency key').innerText();
    const passedBy = (amount: string) => api.createDeposit({ ledger: LEDGER, account: from, body: { amount, currency: 'USD' } });
    await passedBy('20.00');
    await page.reload();
    // What was previewed before is not shown again, not even at first.
    await first.waitFor();
    expect(await first.innerText()).toBe(`${from}\t120.00\t-8.00\t112.00 USD`);
    await passedBy('1.00');
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.goBack();
    await first.waitFor();
    expect(await first.innerText()).toBe(`${from}\t121.00\t-8.00\t113.00 USD`);
    expect(await page.getByText('Idempotency key').innerText()).toBe(key);
    watch.expectLosses();
    await page.route(TRANSFERS, (route) => route.abort());
    await button('Confirm transfer').click();
    await page.getByText('Outcome unknown').waitFor();
    expect(await entries(to)).toBe(0);
    await page.unroute(TRANSFERS);
    await button('Ask again under the same key').click();
    await page.getByRole('heading', { name: 'Transferred' }).waitFor();
    expect(await page.getByText('It had been done already').count()).toBe(0);
    expect(await entries(to)).toBe(1);
  });

  app.it('puts what is wrong at its field', async (visit) => {
    const { page, api, watch, expectUsable } = visit;
    await move(visit, `?from=${from}&to=${to}`);
    const amount = page.getByLabel('Amount');
    await page.getByText('Available 100.00 USD').waitFor();
    await amount.fill('1.234');
    await page.getByText('USD has 2 decimals at most.').waitFor();
    await button('Preview').click();
    expect([await amount.getAttribute('aria-invalid'), await button('Confirm transfer').count()]).toEqual(['true', 0]);
    // Said beforehand, decided by the ledger.
    await amount.fill('100.01');
    await page.getByText(`More than ${from} has available now.`).waitFor();
    const refused = (pressed: string, told: string): Promise<void> =>
      watch.expect(422, `/api/v1/ledgers/${LEDGER}/transfers`, async () => {
        await button(pressed).click();
        await page.getByText(told).waitFor();
      });
    await refused('Preview', 'The available balance is too small. Available: 100.00.');
    await becomes('the focus is there', () => page.evaluate(`document.activeElement?.getAttribute('aria-invalid')`), 'true');
    await expectUsable();
    // Refused after a preview that was fine: it can be changed, and goes under another key.
    await amount.fill('100.00');
    await button('Preview').click();
    await button('Confirm transfer').waitFor();
    const key = await page.getByText('Idempotency key').innerText();
    await api.createWithdrawal({ ledger: LEDGER, account: from, body: { amount: '60.00', currency: 'USD' } });
    await refused('Confirm transfer', 'The available balance is too small. Available: 40.00.');
    await amount.fill('40.00');
    await button('Preview').click();
    await button('Confirm transfer').waitFor();
    expect(await page.getByText('Idempotency key').innerText()).not.toBe(key);
    await button('Confirm transfer').click();
    await page.getByRole('heading', { name: 'Transferred' }).waitFor();
    expect([await balance(from), await entries(to)]).toEqual(['0.00', 1]);
  });

  app.it('deposits, withdraws, and does several legs at once', async (visit) => {
    const { page, expectUsable } = visit;
    await move(visit, `?kind=deposit&to=${to}`);
    await page.getByText('Available 0.00 USD').waitFor();
    await page.getByLabel('Amount').fill('1 000,50');
    await button('Preview').click();
    await button('Confirm deposit').click();
    await page.getByRole('heading', { name: 'Deposited' }).waitFor();
    await page.getByRole('tab', { name: 'Withdrawal' }).click();
    await choose(0, 'Out of account', to);
    await page.getByLabel('Amount').fill('0.50');
    await button('Preview').click();
    await button('Confirm withdrawal').click();
    await page.getByRole('heading', { name: 'Withdrawn' }).waitFor();
    expect(await balance(to)).toBe('1000.00');

    await page.getByRole('tab', { name: 'Several legs' }).click();
    await choose(0, 'From', from);
    await choose(0, 'To', to);
    await choose(1, 'From', to);
    await choose(1, 'To', from);
    await page.getByLabel('Amount').nth(0).fill('10');
    await page.getByLabel('Amount').nth(1).fill('4');
    await expectUsable();
    await button('Preview').click();
    await page.getByRole('heading', { name: 'A transaction of 2 legs' }).waitFor();
    expect(await page.getByRole('table').locator('tbody tr').allInnerTexts()).toEqual([
      `${from}\t100.00\t-6.00\t94.00 USD`,
      `${to}\t1,000.00\t+6.00\t1,006.00 USD`,
    ]);
    await button('Confirm transaction').click();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    expect([await balance(from), await balance(to)]).toEqual(['94.00', '1006.00']);
  });

  /** Finds an account by its id, as a person does, and waits for what is told of it. */
  async function choose(index: number, label: string, id: string): Promise<void> {
    const balances = app.page.getByText(/^Available [\d,.]+ USD/);
    const known = await balances.count();
    await app.page.getByRole('combobox', { name: label }).nth(index).fill(id);
    await app.page.getByRole('option', { name: new RegExp(`^${id}\\b`) }).click();
    await balances.nth(known).waitFor();
  }

  const CSV = (count: number, wrong: Record<number, string>): string =>
    [
      'from,to,amount,currency,reference',
      ...Array.from({ length: count }, (_, index) => wrong[index + 2] ?? `${from},${to},1.00,USD,row ${index + 2}`),
    ].join('\n');
  const upload = (content: string): Promise<void> =>
    app.page.locator('input[type="file"]').setInputFiles({ name: 'pay.csv', mimeType: 'text/csv', buffer: Buffer.from(content) });

  app.it('sends the rows of a file, tells each what became of it, and goes on after a lost answer', async (visit) => {
    const { page, watch, saved, expectUsable } = visit;
    await move(visit, '?kind=batch');
    await button('Template').waitFor();
    await expectUsable();
    await upload(CSV(30, { 9: `${from},${to},1.234,USD,too precise`, 21: `${from},nobody,1.00,USD,to nobody` }));
    await page.getByText('1 row is wrong and will not be sent').waitFor();
    await page.getByText('amount: USD has 2 decimals at most.').waitFor();
    await button('Try without writing').click();
    await page.getByText('28 would be done, 1 refused, 1 not sent').waitFor();
    expect(await entries(to)).toBe(0);
    await expectUsable();
    watch.expectLosses();
    await page.route(BATCHES, lose);
    await button('Send 29 of 30 rows').click();
    // Nothing is sent before it was told what it comes to, and confirmed.
    const dialog = page.getByRole('dialog', { name: 'Send the file' });
    await dialog.getByText('29.00 USD').waitFor();
    await expectUsable();
    await dialog.getByRole('button', { name: 'Cancel' }).last().click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await entries(to)).toBe(0);
    await button('Send 29 of 30 rows').click();
    await button('Confirm 29 rows').click();
    await page.getByText('Not finished').waitFor();
    expect(await entries(to)).toBe(28);
    await expectUsable();
    await page.unroute(BATCHES);
    await page.reload();
    await button('Go on under the same keys').click();
    await page.getByText('28 done, 1 refused, 1 not sent').waitFor();
    await page.getByRole('group', { name: 'Moved' }).getByText('28.00 USD').waitFor();
    expect([await entries(to), await balance(from)]).toEqual([28, '72.00']);
    await expectUsable();

    const lines = (await saved()).trim().split('\r\n');
    expect(lines.length).toBe(31);
    expect(lines[20]).toMatch(/^21,.*,nobody,1\.00,Refused,There is no such account,USD,to nobody,,account_not_found$/);
    await page.getByText('Only those not done (2)').click();
    const rows = page.getByRole('table', { name: 'Rows of the file' }).locator('tbody tr:not([aria-hidden])');
    await becomes('rows', () => rows.count(), 2);
  });

  app.it('does all rows of a file or none', async (visit) => {
    const { page, watch } = visit;
    await move(visit, '?kind=batch');
    await button('Template').waitFor();
    await upload(CSV(3, { 4: `${from},nobody,1.00,USD,` }));
    await page.getByLabel('All rows or none').check();
    await button('Send 3 rows').click();
    await watch.expect(404, `/api/v1/ledgers/${LEDGER}/transactions/batch`, async () => {
      await button('Confirm 3 rows').click();
      await page.getByText('Line 4 was refused, so nothing of the file was written.').waitFor();
    });
    expect(await entries(to)).toBe(0);
    await button('Another file').click();
    await upload(CSV(3, {}));
    await page.getByLabel('All rows or none').check();
    await button('Send 3 rows').click();
    await button('Confirm 3 rows').click();
    await page.getByText('3 done').waitFor();
    expect(await entries(to)).toBe(3);
  });

  app.it('is not for a viewer, whatever the address', async (visit) => {
    const { page, expectUsable } = visit;
    await move(visit, `?from=${from}&to=${to}`, 'viewer');
    await page.getByText('This needs the role operator or admin.').waitFor();
    expect([await page.getByRole('link', { name: 'Move money' }).count(), await button('Preview').count()]).toEqual([0, 0]);
    await expectUsable();
  });
});
