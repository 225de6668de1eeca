import { randomUUID } from 'node:crypto';
import { describe, expect } from '@jest/globals';
import type { LedgerFlow, LedgerRecord, Movement } from '@ledgerflow/client';
import type { Page } from 'playwright-core';
import { API_ACTOR, becomes, dashboard, STEP_MS, whereThereIsABrowser } from '../browser/index.ts';
import { until } from '../stack/wait.ts';

const LEDGER = 'shop';
/** An event is seen within it, on a machine that has nothing else to do: one of a few tries. */
const SEEN_MS = 2_000;
const SEEN_TRIES = 8;
const CSV_TITLES = 1;

/** First cells of a CSV's lines, without its titles: none of them has a comma in it. */
const firstCells = (csv: string): string[] =>
  csv
    .trim()
    .split('\r\n')
    .slice(CSV_TITLES)
    .map((line) => line.split(',')[0] ?? '');

const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
const amountOf = (minor: bigint): string => `${(minor / 100n).toLocaleString('en')}.${String(minor % 100n).padStart(2, '0')}`;

const transfer = (api: LedgerFlow, amount: string, from = 'alice', to = 'bob', extra: Record<string, unknown> = {}): Promise<Movement> =>
  api.createTransfer({ ledger: LEDGER, body: { from, to, amount, currency: 'USD', ...extra } });

whereThereIsABrowser('transactions, live events and the trial balance in a browser', () => {
  let special: Movement;
  const app = dashboard({
    fill: async (api) => {
      await api.openLedger({ body: { id: LEDGER, currencies: ['USD', 'EUR'] } });
      await api.openLedger({ body: { id: 'empty' } });
      for (const id of ['alice', 'bob', 'carol']) await api.openAccount({ ledger: LEDGER, body: { id, currency: 'USD' } });
      await api.createDeposit({ ledger: LEDGER, account: 'alice', body: { amount: '90071992547409930.12', currency: 'USD' } });
      special = await transfer(api, '12.34', 'alice', 'bob', {
        reference: 'table 7',
        externalId: 'order-1',
        description: 'dinner for two',
        metadata: { table: '7', guests: ['a', 'b'] },
      });
      for (const amount of ['1.00', '2.00', '30.00']) await transfer(api, amount, 'alice', 'carol');
      await api.createTransactionBatch({
        ledger: LEDGER,
        body: {
          atomic: true,
          transactions: ['bob', 'carol'].map((from) => ({ postings: [{ from, to: 'alice', amount: '0.50', currency: 'USD' }] })),
        },
      });
    },
  });

  const recordsOf = async (after = '0'): Promise<LedgerRecord[]> => {
    const records: LedgerRecord[] = [];
    for await (const record of app.api.listEvents({ ledger: LEDGER, after })) records.push(record);
    return records;
  };

  const toggleOf = (position: string) => app.page.getByRole('button', { name: `Record ${position}`, exact: true });

  describe('transactions', () => {
    const rowsOf = (page: Page) => page.getByRole('table', { name: 'Transactions' }).locator('tbody tr:not([aria-hidden])');

    app.it('are those of the filters in the address, in the list and in the file', async ({ page, api, enter, saved, expectUsable }) => {
      const filters = { account: 'carol', currency: 'USD', minAmount: '2.00', maxAmount: '30.00' };
      const expected: string[] = [];
      for await (const { id } of api.listTransactions({ ledger: LEDGER, ...filters })) expected.push(id);
      expect(expected.length).toBe(2);
      await enter('viewer', `/ledgers/${LEDGER}/transactions?${String(new URLSearchParams(filters))}`);
      const rows = rowsOf(page);
      await rows.nth(1).waitFor();
      expect(await rows.locator('td:first-child').allInnerTexts()).toEqual(expected);
      expect(await page.getByLabel('Amount from').inputValue()).toBe('2.00');
      expect(firstCells(await saved())).toEqual(expected);
      await expectUsable();

      // Typed, and found again in the address.
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await rows.nth(2).waitFor();
      await page.getByLabel('External id').fill('order-1');
      await page.waitForURL(/\?externalId=order-1$/);
      await rows.getByRole('link', { name: special.transactionId, exact: true }).waitFor();
      await becomes('rows', () => rows.count(), 1);
      await page.getByLabel('External id').fill('order-2');
      await page.getByText('No transaction is like that').waitFor();
    });

    app.it('are bounded by times to the microsecond', async ({ page, enter }) => {
      await enter('viewer', `/ledgers/${LEDGER}/transactions`);
      const row = page.getByRole('link', { name: special.transactionId, exact: true });
      await row.waitFor();
      const shown = await page.evaluate<string>(
        `(() => { const date = new Date(${JSON.stringify(special.recordedAt)}); date.setMinutes(date.getMinutes() - date.getTimezoneOffset()); return date.toISOString().slice(0, 19).replace('T', ' '); })()`,
      );
      const micros = special.recordedAt.slice(20, 26);
      await page.getByRole('textbox', { name: 'Recorded from' }).fill(`${shown}.${micros}`);
      await page.getByRole('textbox', { name: 'Recorded to' }).fill(`${shown}.${micros}`);
      await page.keyboard.press('Enter');
      await page.waitForURL((address) => address.searchParams.get('to') === special.recordedAt);
      expect(new URL(page.url()).searchParams.get('from')).toBe(special.recordedAt);
      const rows = rowsOf(page);
      await becomes('rows', () => rows.count(), 1);
      await row.waitFor();
    });

    app.it('say all of themselves: entries, metadata, who, why, and the batch', async ({ page, api, enter, open, expectUsable }) => {
      await enter('auditor', `/ledgers/${LEDGER}/transactions/${special.transactionId}`);
      const entries = page.getByRole('region', { name: 'Entries' }).locator('tbody tr');
      await entries.nth(1).waitFor();
      expect((await entries.allInnerTexts()).map((text) => text.split('\t').map((cell) => cell.trim()))).toEqual([
        ['alice', 'Debit', '-12.34 USD', '90,071,992,547,409,917.78 USD', '0.00 USD', expect.any(String)],
        ['bob', 'Credit', '+12.34 USD', '12.34 USD', '0.00 USD', expect.any(String)],
      ]);
      const [record] = await api
        .listEvents({ ledger: LEDGER, after: String(BigInt(special.position) - 1n), limit: 1 })
        .page()
        .then(({ data }) => data);
      const origin = page.getByRole('region', { name: 'Where it comes from' });
      await origin.getByText('Request (causation)').waitFor();
      const told = await origin.innerText();
      for (const fact of [API_ACTOR, record?.correlationId, record?.causationId, 'order-1']) expect(told).toContain(fact);
      expect(await origin.getByRole('link', { name: 'Audit of this request' }).getAttribute('href')).toBe(
        `/audit?requestId=${record?.causationId}`,
      );
      expect(await page.getByRole('region', { name: 'Metadata', exact: true }).first().innerText()).toContain('"guests"');
      await expectUsable();

      const { data } = await api.listTransactions({ ledger: LEDGER, limit: 2 }).page();
      const [second = '', first = ''] = data.map(({ id }) => id);
      await open(`/ledgers/${LEDGER}/transactions/${second}`);
      await page.getByRole('region', { name: 'In the same batch' }).getByRole('link', { name: first }).click();
      await page.getByRole('heading', { name: `Transaction ${first}`, level: 1 }).waitFor();
    });

    app.it('are absent, not there, and refused in words', async ({ page, url, watch, enter, open }) => {
      await enter('viewer', '/ledgers/empty/transactions');
      await page.getByText('No transactions yet').waitFor();
      await watch.expect(404, `/api/v1/ledgers/${LEDGER}/transactions/999`, async () => {
        await open(`/ledgers/${LEDGER}/transactions/999`);
        await page.getByText(`There is no transaction 999 in ledger ${LEDGER}`).waitFor();
      });
      await open(`/ledgers/${LEDGER}/transactions`);
      await rowsOf(page).first().waitFor();
      // A grant that was taken away while the page is open.
      const path = `/api/v1/ledgers/${LEDGER}/transactions`;
      const problem = {
        type: 'urn:ledgerflow:problem:forbidden',
        title: 'Not allowed',
        status: 403,
        code: 'forbidden',
        requestId: randomUUID(),
      };
      await page.route(`${url}${path}`, (route) =>
        route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
      );
      await watch.expect(403, path, async () => {
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.getByText('Not for you').waitFor();
        expect(await rowsOf(page).count()).toBe(0);
      });
    });
  });

  describe('live events', () => {
    app.it(`show a transfer within ${SEEN_MS} ms, wait while paused, and open`, async ({ page, api, enter, expectUsable }) => {
      await enter('viewer', `/ledgers/${LEDGER}/events`);
      await page.getByText('Live', { exact: true }).waitFor();
      let [seenMs, position] = [Number.POSITIVE_INFINITY, ''];
      for (let attempt = 0; attempt < SEEN_TRIES && seenMs > SEEN_MS; attempt++) {
        const before = performance.now();
        ({ position } = await transfer(api, '3.21'));
        await toggleOf(position).waitFor();
        seenMs = performance.now() - before;
      }
      expect(seenMs).toBeLessThanOrEqual(SEEN_MS);

      await page.getByRole('button', { name: 'Pause' }).click();
      const waiting: string[] = [];
      for (let count = 0; count < 3; count++) waiting.push((await transfer(api, '0.01')).position);
      const resume = page.getByRole('button', { name: 'Resume, show 3 new' });
      await resume.waitFor();
      expect(await toggleOf(waiting[0] ?? '').count()).toBe(0);
      await expectUsable();
      await resume.click();
      for (const one of waiting) await toggleOf(one).waitFor();

      // One that is read stays where it is.
      await toggleOf(position).click();
      const events = page.getByRole('table', { name: `Events of record ${position}` });
      await events.waitFor();
      expect(await events.innerText()).toMatch(/EntryPosted\s+alice\s+-3\.21/);
      expect(await page.getByRole('region', { name: `Record ${position} as JSON` }).innerText()).toContain(`"position": "${position}"`);
      await expectUsable();
      const { position: late } = await transfer(api, '0.02');
      await page.getByRole('button', { name: 'Resume, show 1 new' }).click();
      await toggleOf(late).waitFor();
      await events.waitFor({ state: 'detached' });
    });

    app.it('are of an account, a type and an actor, by the address', async ({ page, api, enter, saved }) => {
      await enter('viewer', `/ledgers/${LEDGER}/events?account=carol&type=FundsTransferred&actor=${API_ACTOR}`);
      await page.getByText('Following carol.').waitFor();
      const { position: other } = await transfer(api, '0.05', 'alice', 'bob');
      const { position } = await transfer(api, '0.06', 'alice', 'carol');
      await toggleOf(position).waitFor();
      const all = await recordsOf();
      const expected = all.filter(({ type, events }) => type === 'FundsTransferred' && events.some(({ account }) => account === 'carol'));
      expect(firstCells(await saved())).toEqual(expected.map((record) => record.position));
      expect(await toggleOf(other).count()).toBe(0);
    });

    app.it('go on without a gap or a double after the gateway was killed', async ({ page, url, api, watch, enter, saved }) => {
      await enter('viewer', `/ledgers/${LEDGER}/events`);
      await page.getByText('Live', { exact: true }).waitFor();
      const { position: before } = await transfer(api, '0.01');
      await toggleOf(before).waitFor();
      watch.expectLosses();
      process.kill(app.site.gatewayPid(), 'SIGKILL');
      await page.getByText('Reconnecting, without connection since').waitFor();
      // What is shown stays while there is no connection.
      expect(await toggleOf(before).count()).toBe(1);
      await until('the gateway answers again', async () => (await fetch(`${url}/readyz`)).ok, STEP_MS);
      for (let count = 0; count < 30; count++) await transfer(api, '0.01');
      await page.getByText(`Resumed behind position ${before}`).waitFor();
      const { position: last } = await transfer(api, '0.01');
      await toggleOf(last).waitFor();
      const all = await recordsOf();
      const shown = firstCells(await saved());
      expect(shown.at(-1)).toBe(last);
      expect(shown).toEqual(all.map(({ position }) => position).slice(-shown.length));
      expect(shown.length).toBeGreaterThan(30);
      await page.getByRole('main').getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText('Resumed behind position').waitFor({ state: 'detached' });
    });
  });

  app.it(
    'what the ledger makes together says that the read side is held, and at what time',
    async ({ page, api, enter, open, expectUsable }) => {
      const { position, recordedAt } = await transfer(api, '1.00');
      await transfer(api, '2.00');
      // As while the record behind that position is parked.
      const isHeld = ({ pathname }: URL): boolean => /\/(transactions|trial-balance|accounts)$/.test(pathname);
      await page.route(isHeld, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, headers: { ...response.headers(), 'ledger-held-at': position } });
      });
      const time = recordedAt.slice(0, 19).replace('T', ' ');
      await enter('viewer', `/ledgers/${LEDGER}`);
      const attention = page.getByRole('region', { name: 'What needs attention' });
      await attention.getByText('The read side is held since a record could not be applied').waitFor();
      expect(await attention.getByText('All is well').count()).toBe(0);
      for (const room of ['transactions', 'accounts', 'trial-balance']) {
        await open(`/ledgers/${LEDGER}/${room}`);
        await page.getByText(`The read side is held at ${time} since a record could not be applied`).waitFor();
        if (room === 'trial-balance') continue;
        await page.getByText(`, as of ${time}`).waitFor();
        await expectUsable();
      }
    },
  );

  app.it('the trial balance of a moment is the sum of the log up to it', async ({ page, api, watch, enter, open, saved, expectUsable }) => {
    const { recordedAt } = await transfer(api, '40.00');
    await transfer(api, '50.00', 'alice', 'carol');
    await api.createWithdrawal({ ledger: LEDGER, account: 'alice', body: { amount: '1000.00', currency: 'USD' } });
    // So a viewer's page, which has no token of that, can read it too.
    await api.getBalance({ ledger: LEDGER, account: 'alice' });
    const posted = new Map<string, bigint>();
    for (const record of await recordsOf())
      if (record.recordedAt <= recordedAt)
        for (const { account, postedAfter, data } of record.events)
          if (account !== undefined && postedAfter !== undefined && (data as { currency?: string }).currency === 'USD')
            posted.set(account, cents(postedAfter));
    const credits = [...posted.values()].filter((one) => one > 0n).reduce((sum, one) => sum + one, 0n);
    await enter('viewer', `/ledgers/${LEDGER}/trial-balance?at=${encodeURIComponent(recordedAt)}`);
    const row = page.getByRole('table', { name: 'Trial balance' }).getByRole('row', { name: /USD/ });
    await row.waitFor();
    expect((await row.innerText()).split('\t').map((cell) => cell.trim())).toEqual([
      'USD',
      amountOf(credits),
      amountOf(credits),
      '0.00',
      'Equal',
    ]);
    await page.getByText('Balanced', { exact: true }).waitFor();
    await expectUsable();
    // Now it is another one, and staying there is an address of its own.
    await page.getByRole('button', { name: 'Now' }).click();
    await until('the withdrawal is seen', async () => !(await row.innerText()).includes(amountOf(credits)), STEP_MS);
    await page.getByRole('button', { name: 'Stay at this moment' }).click();
    await page.waitForURL(/\?at=/);
    expect(firstCells(await saved())).toEqual(['EUR', 'USD']);
    await watch.expect(400, `/api/v1/ledgers/${LEDGER}/trial-balance`, async () => {
      await open(`/ledgers/${LEDGER}/trial-balance?at=2999-01-01T00:00:00.000000Z`);
      await page.getByRole('alert').waitFor();
    });
  });
});
