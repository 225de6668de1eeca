import { describe, expect } from '@jest/globals';
import type { LedgerFlow, LedgerRecord } from '@ledgerflow/client';
import { becomes, dashboard, STEP_MS, whereThereIsABrowser } from '../browser/index.ts';
import { until } from '../stack/wait.ts';

const LEDGER = 'book';
const ALL = 34;

const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
/** As the page shows it. */
const shown = (amount: string): string => {
  const minor = cents(amount);
  const [sign, digits] = minor < 0n ? ['-', -minor] : ['', minor];
  return `${sign}${(digits / 100n).toLocaleString('en')}.${String(digits % 100n).padStart(2, '0')}`;
};
/** The browser's zone is UTC: what the page shows and takes is the API's text in another form. */
const typed = (instant: string): string => instant.slice(0, 26).replace('T', ' ');
/** A moment some microseconds later or earlier. */
function shifted(instant: string, micros: bigint): string {
  const all = BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1_000n + BigInt(instant.slice(20, 26)) + micros;
  return `${new Date(Number(all / 1_000n)).toISOString().slice(0, 23)}${String(all % 1_000n).padStart(3, '0')}Z`;
}

const deposit = (api: LedgerFlow, account: string, amount: string, effectiveAt?: string) =>
  api.createDeposit({
    ledger: LEDGER,
    account,
    body: { amount, currency: 'USD', ...(effectiveAt === undefined ? {} : { effectiveAt }) },
  });

async function fill(api: LedgerFlow): Promise<void> {
  await api.openLedger({ body: { id: LEDGER, currencies: ['USD', 'EUR'] } });
  const open = (id: string, more: Record<string, unknown> = {}) =>
    api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD', ...more } });
  await open('alice', { name: 'Alice Meyer', ownerId: 'customer-1', metadata: { tier: 'gold', limits: [1, 2] } });
  await open('bob', { name: 'Bob Stone', ownerId: 'customer-2' });
  await open('empty-one');
  await open('frosty', { currency: 'EUR', ownerId: 'customer-9' });
  await api.freezeAccount({ ledger: LEDGER, account: 'frosty', body: { reason: 'under review', scope: 'debits' } });
  await Promise.all(Array.from({ length: ALL - 4 }, (_, index) => open(`acct-${String(index).padStart(2, '0')}`)));
  await deposit(api, 'alice', '90071992547409930.12');
  for (const amount of ['20.00', '30.50', '0.01'])
    await api.createTransfer({ ledger: LEDGER, body: { from: 'alice', to: 'bob', amount, currency: 'USD' } });
  await api.updateAccount({ ledger: LEDGER, account: 'alice', body: { name: 'Alice Meyer-Ruiz', maxBalance: '90071992547409999.00' } });
  await api.createTransfer({ ledger: LEDGER, body: { from: 'bob', to: 'alice', amount: '5.00', currency: 'USD' } });
}

whereThereIsABrowser('accounts in a browser', () => {
  const app = dashboard({ fill, context: { viewport: { width: 1280, height: 1_000 } } });

  const accountPath = (account: string, search = ''): string => `/ledgers/${LEDGER}/accounts/${account}${search}`;

  /** First cells of the rows of the list that are drawn. */
  const ids = async (): Promise<string[]> =>
    (
      await app.page.getByRole('table', { name: 'Accounts', exact: true }).locator('tbody tr[aria-rowindex] td:first-child').allInnerTexts()
    ).map((text) => text.trim());
  const idsAre = (expected: string[]): Promise<void> => becomes('accounts', ids, expected);
  const rowsOf = (csv: string): string[][] =>
    csv
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(','));

  describe('the list', () => {
    app.it('shows what the filters in its address say, and all without them', async ({ page, enter, open, saved, expectUsable }) => {
      await enter('viewer', `/ledgers/${LEDGER}/accounts?status=frozen&currency=EUR&ownerId=customer-9&prefix=fr`);
      await idsAre(['frosty']);
      await page.getByText('Frozen: debits').waitFor();
      await expectUsable();
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.getByText(`${ALL} accounts`).waitFor();
      expect(new URL(page.url()).search).toBe('');
      expect(rowsOf(await saved())).toHaveLength(ALL);
      // Without the right to open one there is no button for it.
      expect(await page.getByRole('button', { name: 'Open an account' }).count()).toBe(0);
      await page.getByLabel('Search', { exact: true }).fill('meyer');
      await idsAre(['alice']);
      expect(new URL(page.url()).searchParams.get('q')).toBe('meyer');
      await page.getByLabel('Search', { exact: true }).fill('customer-2');
      // The best match first; what looks like it may follow.
      await becomes('bob by his owner', async () => (await ids())[0], 'bob');
      await page.getByLabel('Search', { exact: true }).fill('nobody at all');
      await page.getByText('Nothing is under these filters.').waitFor();
      await open(`/ledgers/${LEDGER}/accounts?q=gold`);
      await idsAre(['alice']);
      await page.getByRole('link', { name: 'alice' }).click();
      await page.getByRole('heading', { level: 1, name: 'alice' }).waitFor();
    });

    app.it('opens an account, and says at the field what the ledger does not take', async ({ page, watch, api, enter, expectUsable }) => {
      await enter('admin', `/ledgers/${LEDGER}/accounts`);
      await page.getByRole('button', { name: 'Open an account' }).click();
      const form = page.getByRole('dialog', { name: 'Open an account' });
      const currency = form.getByRole('combobox', { name: 'Currency' });
      await form.getByLabel('Id', { exact: true }).fill('x'.repeat(129));
      await form.getByLabel('First deposit').fill('-12');
      await form.getByRole('button', { name: 'Open', exact: true }).click();
      // All that is wrong, and nothing is sent.
      await form.getByText('Ids are 1 to 128 of').waitFor();
      await form.getByText('Choose a currency.').waitFor();
      await form.getByText('Without a sign.').waitFor();
      await becomes('the focus is there', () => page.evaluate(`document.activeElement?.getAttribute('aria-invalid')`), 'true');
      expect((await form.getByLabel('Id', { exact: true }).inputValue()).length).toBe(129);
      await form.getByLabel('Id', { exact: true }).fill('dora');
      await currency.click();
      await page.getByRole('option', { name: 'USD' }).click();
      await form.getByLabel('First deposit').fill('12.345');
      await expectUsable();
      await form.getByRole('button', { name: 'Open', exact: true }).click();
      await form.locator('[aria-invalid=true]').first().waitFor();
      expect(await form.getByLabel('First deposit').getAttribute('aria-invalid')).toBe('true');
      await form.getByLabel('First deposit').fill('12.34');
      await form.getByLabel('Id', { exact: true }).fill('alice');
      await watch.expect(409, `/api/v1/ledgers/${LEDGER}/accounts`, async () => {
        await form.getByRole('button', { name: 'Open', exact: true }).click();
        await becomes('the id is taken', () => form.getByLabel('Id', { exact: true }).getAttribute('aria-invalid'), 'true');
      });
      await form.getByLabel('Id', { exact: true }).fill('dora');
      await form.getByLabel('Lowest balance').fill('-50.00');
      await form.getByRole('button', { name: 'Add an entry' }).click();
      await form.getByLabel('Key').fill('seats');
      await form.getByLabel('Value seats').fill('[1, "a"]');
      await form.getByRole('button', { name: 'Open', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'dora' }).waitFor();
      expect(await api.getAccount({ ledger: LEDGER, account: 'dora' })).toMatchObject({
        posted: '12.34',
        minBalance: '-50.00',
        metadata: { seats: [1, 'a'] },
      });
      await page.getByRole('tab', { name: 'Metadata' }).click();
      await page.getByRole('cell', { name: '[1,"a"]' }).waitFor();
    });
  });

  describe('an account', () => {
    const more = () => app.page.getByRole('button', { name: 'More actions' });

    app.it(
      'is frozen, released and closed, each with a reason, by an administrator only',
      async ({ page, api, enter, open, expectUsable }) => {
        await enter('admin', accountPath('empty-one'));
        await more().click();
        await page.getByRole('menuitem', { name: 'Freeze' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
        await dialog.getByText('Say why').waitFor();
        await dialog.getByLabel('Reason').fill('looks odd');
        await dialog.getByLabel('Debits: nothing goes out').check();
        await expectUsable();
        await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
        await page.getByText('Frozen: nothing goes out; money may come in.').waitFor();
        expect(await api.getAccount({ ledger: LEDGER, account: 'empty-one' })).toMatchObject({ status: 'frozen', freezeScope: 'debits' });

        const viewer = await app.visit();
        await viewer.enter('viewer', accountPath('empty-one'));
        await viewer.page.getByText('Frozen: nothing goes out; money may come in.').waitFor();
        for (const name of ['More actions', 'Edit', 'Move money']) expect(await viewer.page.getByRole('button', { name }).count()).toBe(0);

        await more().click();
        await page.getByRole('menuitem', { name: 'Unfreeze' }).click();
        await dialog.getByLabel('Reason').fill('it is not');
        await dialog.getByRole('button', { name: 'Unfreeze', exact: true }).click();
        await page.getByText('Frozen: nothing goes out').waitFor({ state: 'detached' });
        await more().click();
        await page.getByRole('menuitem', { name: 'Close' }).click();
        await dialog.getByLabel('Reason').fill('opened by mistake');
        const close = dialog.getByRole('button', { name: 'Close for good' });
        expect(await close.isDisabled()).toBe(true);
        await dialog.getByLabel('I know that this can not be undone').check();
        await close.click();
        await page.getByText('Closed for good').waitFor();
        await more().waitFor({ state: 'detached' });

        await open(accountPath('bob'));
        await more().click();
        await page.getByRole('menuitem', { name: 'Close' }).click();
        await dialog.getByText(/45\.51 USD is posted on it/).waitFor();
        expect(await close.count()).toBe(0);
      },
    );

    app.it('is edited on the version that was seen', async ({ page, watch, api, enter, expectUsable }) => {
      await enter('admin', accountPath('acct-00'));
      await page.getByRole('button', { name: 'Edit' }).click();
      const form = page.getByRole('dialog', { name: 'Edit acct-00' });
      await form.getByLabel('Highest balance').fill('100.00');
      await api.updateAccount({ ledger: LEDGER, account: 'acct-00', body: { name: 'Of somebody else' } });
      // So the page, which has no token of that, can read it too.
      await api.getAccount({ ledger: LEDGER, account: 'acct-00' });
      await watch.expect(412, `/api/v1/ledgers/${LEDGER}/accounts/acct-00`, async () => {
        await form.getByRole('button', { name: 'Save' }).click();
        await form.getByText('Somebody was faster').waitFor();
      });
      await form.getByText(/were changed meanwhile: name\./).waitFor();
      await expectUsable();
      await form.getByRole('button', { name: 'Save over it' }).click();
      await form.waitFor({ state: 'detached' });
      // What was not touched in the form is as the other one left it.
      expect(await api.getAccount({ ledger: LEDGER, account: 'acct-00' })).toMatchObject({
        name: 'Of somebody else',
        maxBalance: '100.00',
      });
      await page.getByTestId('summary').getByText('0.00 to 100.00').waitFor();
    });

    app.it('has a statement whose amounts make its balances', async ({ page, api, enter, saved }) => {
      await enter('viewer', accountPath('alice'));
      await page.getByText('5 entries').waitFor();
      const rows = rowsOf(await saved());
      let balance = 0n;
      for (const [, , , direction, amount = '', , after = ''] of rows) {
        balance += cents(amount);
        expect(cents(after)).toBe(balance);
        expect(direction).toBe(amount.startsWith('-') ? 'Out' : 'In');
      }
      const { posted } = await api.getAccount({ ledger: LEDGER, account: 'alice' });
      expect(cents(posted)).toBe(balance);
      await page.getByTestId('summary').getByText(shown(posted)).first().waitFor();
      const second = rows[1]?.[0] ?? '';
      await page.getByLabel(/^Recorded to/).fill(typed(second));
      await page.keyboard.press('Enter');
      await page.getByText('2 entries').waitFor();
      expect(new URL(page.url()).searchParams.get('to')).toBe(second);
      const entries = page.getByRole('table', { name: 'Entries of the account' }).locator('tbody tr:not([aria-hidden])');
      const oldestFirst = await entries.allInnerTexts();
      await page.getByText('Newest first').click();
      await becomes('the order', () => entries.allInnerTexts(), oldestFirst.toReversed());
      expect(new URL(page.url()).searchParams.get('order')).toBe('desc');
      expect(rowsOf(await saved()).map(([recorded]) => recorded)).toEqual([second, rows[0]?.[0]]);
    });
  });

  describe('time travel', () => {
    const cell = (row: string, column: 'then' | 'now') =>
      app.page.locator(`[data-testid=comparison] [data-row=${row}] td`).nth(column === 'then' ? 0 : 1);
    const isThen = (row: string, text: string): Promise<unknown> =>
      until(
        `${row} then is ${text}`,
        async () => {
          const isOfBefore = (await app.page.getByTestId('comparison').getAttribute('aria-busy')) === 'true';
          return !isOfBefore && (await cell(row, 'then').innerText()).startsWith(text);
        },
        STEP_MS,
      );
    const recordedAt = () => app.page.getByLabel(/^Recorded at/);
    /** As the page has it, which follows the address. */
    const isAt = (at: string): Promise<void> => becomes('the moment', () => recordedAt().inputValue(), typed(at));

    async function recordsOf(account: string): Promise<LedgerRecord[]> {
      const records: LedgerRecord[] = [];
      for await (const record of app.api.listEvents({ ledger: LEDGER, account })) records.push(record);
      return records;
    }

    app.it('shows at any microsecond what the log says, and its address carries the moment', async ({ page, enter, expectUsable }) => {
      const records = await recordsOf('alice');
      const moved = records.filter(({ events }) => events.some(({ account, type }) => account === 'alice' && type === 'EntryPosted'));
      /** From the log alone. */
      const postedAt = (at: string): string =>
        records
          .filter((record) => record.recordedAt <= at)
          .flatMap(({ events }) => events.filter(({ account }) => account === 'alice'))
          .at(-1)?.postedAfter ?? '';
      await enter('viewer', accountPath('alice'));
      for (const { recordedAt: time } of moved.slice(1, 3))
        for (const micros of [-1n, 0n, 1n]) {
          const at = shifted(time, micros);
          await recordedAt().fill(typed(at));
          await recordedAt().press('Enter');
          await isAt(at);
          expect(new URL(page.url()).searchParams.get('at')).toBe(at);
          await isThen('posted', shown(postedAt(at)));
        }
      expect(postedAt(shifted(moved[2]?.recordedAt ?? '', -1n))).not.toBe(postedAt(moved[2]?.recordedAt ?? ''));
      await becomes('the name then', () => cell('name', 'then').innerText(), 'Alice Meyer');
      expect(await cell('name', 'now').innerText()).toBe('Alice Meyer-Ruiz');
      await page.getByRole('slider').waitFor();
      await expectUsable();

      // From entry to entry, by button and by key.
      await page.getByRole('button', { name: 'Next entry' }).click();
      await isAt(moved[3]?.recordedAt ?? '');
      await page.getByRole('slider').press('ArrowLeft');
      await isAt(moved[2]?.recordedAt ?? '');
      expect(await page.getByRole('slider').getAttribute('aria-valuetext')).toContain(typed(moved[2]?.recordedAt ?? ''));
      expect(new URL(page.url()).searchParams.get('at')).toBe(moved[2]?.recordedAt);
      await page.getByRole('slider').press('Shift+ArrowLeft');
      await isAt(shifted(moved[2]?.recordedAt ?? '', -1n));
      await isThen('posted', shown(postedAt(shifted(moved[2]?.recordedAt ?? '', -1n))));

      // By hand, along the chart: where it lets go the state is that of the log.
      const box = await page.getByRole('slider').boundingBox();
      if (box === null) throw new Error('no slider');
      await page.mouse.move(box.x + box.width * 0.2, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, { steps: 5 });
      await page.mouse.up();
      const dragged = await page.evaluate<string>(`new URLSearchParams(location.search).get('at')`);
      expect(dragged > (moved[2]?.recordedAt ?? '')).toBe(true);
      await isAt(dragged);
      await isThen('posted', shown(postedAt(dragged)));

      // Whoever gets the address sees the same, in another browser.
      const { pathname, search } = new URL(page.url());
      const other = await app.visit({ timezoneId: 'America/New_York' });
      await other.enter('auditor', pathname + search);
      await other.page
        .locator('[data-row=posted] td')
        .first()
        .getByText(shown(postedAt(dragged)))
        .waitFor();
    });

    app.it('tells the effective from the recorded', async ({ page, api, enter, open, expectUsable }) => {
      const opened = await api.openAccount({ ledger: LEDGER, body: { id: 'late', currency: 'USD', initialBalance: '1.00' } });
      const yesterday = shifted(opened.asOf, -86_400_000_000n);
      const backdated = await deposit(api, 'late', '5.00', yesterday);
      await api.getBalance({ ledger: LEDGER, account: 'late' });
      await enter('viewer', accountPath('late', `?effectiveAt=${yesterday}`));
      await isThen('posted', '5.00');
      await page.getByText('Effective', { exact: true }).first().waitFor();
      await open(accountPath('late', `?effectiveAt=${shifted(yesterday, -1n)}`));
      await isThen('posted', '0.00');
      // Before the deposit was recorded nobody knew of yesterday's.
      const before = shifted(backdated.recordedAt, -1n);
      await open(accountPath('late', `?at=${before}&effectiveAt=${yesterday}`));
      await isThen('posted', '0.00');
      await open(accountPath('late', `?at=${backdated.recordedAt}&effectiveAt=${yesterday}`));
      await isThen('posted', '5.00');
      await page.getByText('Recorded', { exact: true }).first().click();
      await becomes('the recorded axis', () => new URL(page.url()).searchParams.get('effectiveAt'), null);
      await isThen('posted', '6.00');
      await expectUsable();
    });

    app.it('says what is wrong with a moment that has no answer', async ({ page, watch, enter, open, expectUsable }) => {
      const path = `/api/v1/ledgers/${LEDGER}/accounts/alice`;
      await watch.expect(400, path, async () => {
        await enter('viewer', accountPath('alice', '?at=2100-01-01T00:00:00.000000Z'));
        await page.getByText('That moment has not come yet').waitFor();
      });
      await watch.expect(404, path, async () => {
        await open(accountPath('alice', '?at=2001-01-01T00:00:00.000000Z'));
        await page.getByText('The account did not exist yet').waitFor();
        await expectUsable();
        await page.getByRole('button', { name: 'Go to its opening' }).click();
        await isThen('posted', '0.00');
      });
      await recordedAt().fill('last Tuesday');
      await recordedAt().press('Enter');
      await page.getByText(/^No such time/).waitFor();
      await watch.expect(404, `/api/v1/ledgers/${LEDGER}/accounts/nobody`, async () => {
        await open(`/ledgers/${LEDGER}/accounts/nobody`);
        await page.getByText(`There is no account nobody in ledger ${LEDGER}`).waitFor();
      });
    });
  });
});
