import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect } from '@jest/globals';
import type { Page } from 'playwright-core';
import { axe, dashboard, isSerious, whereThereIsABrowser } from '../browser/index.ts';

/** A JWT, or a JWE as the cookie is one. */
const TOKEN = /eyJ[\w-]{8,}\.[\w-]*\.[\w-]*/;
const SESSION = 'ledgerflow_session';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** What a script of the page gets for a request to its own origin. */
const ask = (page: Page, path: string, init: Record<string, unknown> = {}): Promise<Answer> =>
  page.evaluate<Answer>(
    `fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(async (response) => ({ status: response.status, body: await response.json() }))`,
  );

const openLedger = (id: string, headers: Record<string, string> = {}): Record<string, unknown> => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', 'idempotency-key': id, ...headers },
  body: JSON.stringify({ id, currencies: ['USD'] }),
});

whereThereIsABrowser('the door in a browser', () => {
  const app = dashboard({ backForwardCache: true });

  const shownBlock = (operation: string): string =>
    `.opblock:has([data-path="${operation.split(' ')[1]}"]).opblock-${operation.split(' ')[0]?.toLowerCase()}`;

  describe('/docs', () => {
    app.it('shows every operation under its own content security policy', async ({ page, url, watch }) => {
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> };
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const answer = await page.goto(`${url}/docs`);
      expect(answer?.headers()['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      await page
        .locator('.opblock')
        .nth(operations.length - 1)
        .waitFor();
      const shown = await page.evaluate<string[]>(
        `[...document.querySelectorAll('.opblock')].map((block) => block.querySelector('.opblock-summary-method').textContent + ' ' + block.querySelector('.opblock-summary-path').dataset.path)`,
      );
      expect(shown.toSorted()).toEqual(operations.toSorted());
      // All of them take a minute: one with a body, one with a query, one that streams.
      for (const operation of [
        'POST /api/v1/ledgers/{ledger}/transfers',
        'GET /api/v1/admin/audit',
        'GET /api/v1/ledgers/{ledger}/events/stream',
      ]) {
        const block = page.locator(shownBlock(operation));
        await block.locator('.opblock-summary-control').click();
        await block.locator('.responses-inner').waitFor();
      }
      expect(await page.locator('.errors-wrapper').count()).toBe(0);
      expect(watch.problems).toEqual([]);
      expect([...watch.origins]).toEqual([url]);
    });

    app.it('can be used by all', async ({ page, url }) => {
      await page.goto(`${url}/docs`);
      await page.locator('.opblock').first().waitFor();
      expect((await axe(page)).filter(isSerious)).toEqual([]);
      // Whoever opens an operation by its address finds it open, though its link is none any more.
      await page.goto(`${url}/docs#/Service/getMe`);
      await page.reload();
      await page.locator('#operations-Service-getMe .responses-inner').waitFor();
    });

    app.it('sends what a signed-in person tries out', async ({ page, url, enter }) => {
      await enter('admin', '/docs');
      await page.goto(`${url}/docs#/Service/getMe`);
      await page.reload();
      const block = page.locator('#operations-Service-getMe');
      await block.locator('.try-out__btn').click();
      await block.locator('.execute').click();
      const answer = block.locator('.live-responses-table .response').first();
      await answer.getByText('"id": "admin"').first().waitFor();
      expect(await answer.innerText()).toMatch(/^200[^]*"id": "admin"/);
    });
  });

  describe('signing in', () => {
    app.it('leaves the page without any token, and with the session', async ({ page, url, context, watch, enter }) => {
      await enter('operator', '/docs');
      expect(page.url()).toBe(`${url}/docs`);
      await page.locator('.opblock').first().waitFor();
      expect(await ask(page, '/api/v1/me')).toMatchObject({ status: 200, body: { id: 'operator', roles: ['operator'] } });
      expect(await ask(page, '/oauth2/userinfo')).toMatchObject({ status: 200, body: { user: 'operator', groups: ['operator'] } });

      expect(await page.evaluate(`[document.cookie, localStorage.length, sessionStorage.length]`)).toEqual(['', 0, 0]);
      expect(await page.evaluate(`indexedDB.databases().then((all) => all.length)`)).toBe(0);
      const bodies = await watch.bodies();
      expect(bodies.map((body) => new URL(body.url).pathname)).toEqual(
        expect.arrayContaining(['/docs', '/api/v1/me', '/oauth2/userinfo', '/openapi.json']),
      );
      expect([...watch.urls, ...bodies.map(({ text }) => text)].filter((text) => TOKEN.test(text))).toEqual([]);
      expect(watch.urls.some((address) => address.startsWith(`${url}/oauth2/callback?code=`))).toBe(true);
      expect(watch.problems).toEqual([]);

      const cookies = (await context.cookies(url)).filter(({ name }) => name.startsWith('ledgerflow_'));
      expect(cookies.map(({ name }) => name).toSorted()).toEqual(['ledgerflow_seen', SESSION]);
      for (const cookie of cookies)
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', secure: false, domain: '127.0.0.1' });
    });

    app.it('has pages that can be used by all, with the wrong password, too', async ({ page, url, watch }) => {
      await page.goto(`${url}/oauth2/start?rd=/docs`);
      const form = new URL(page.url());
      expect(await axe(page)).toEqual([]);
      await watch.expect(401, form.pathname, async () => {
        await page.getByLabel('User').fill('admin');
        await page.getByLabel('Password').fill('wrong');
        await page.keyboard.press('Enter');
        await page.getByRole('alert').waitFor();
      });
      expect(await axe(page)).toEqual([]);
      // Where a command line sends its person.
      await page.goto(`${form.origin}/device`);
      expect(await axe(page)).toEqual([]);
      // Of another browser, or too late.
      await watch.expect(403, '/oauth2/callback', () => page.goto(`${url}/oauth2/callback?code=a&state=b`));
      expect(await page.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe('/oauth2/start');
      expect(await axe(page)).toEqual([]);
    });
  });

  describe('a request that changes something', () => {
    /** With a key of its own: one that another request had opened answers 409. */
    const openedFirst = async (page: Page, id: string): Promise<boolean> => {
      const { status } = await ask(page, '/api/v1/ledgers', openLedger(id, { 'x-ledgerflow-csrf': '1', 'idempotency-key': `own-${id}` }));
      return status === 201;
    };

    app.it('is taken from the page with X-LedgerFlow-CSRF, and refused without', async ({ page, watch, enter }) => {
      await enter('admin', '/docs');
      const refused = await watch.expect(403, '/api/v1/ledgers', () => ask(page, '/api/v1/ledgers', openLedger('asked')));
      expect(refused).toMatchObject({ status: 403, body: { code: 'csrf_refused' } });
      expect(await openedFirst(page, 'asked')).toBe(true);
    });

    /** Another port is the same site to a browser, which sends the cookie along; another host is not. */
    for (const [what, host, hasCookie] of [
      ['port', '127.0.0.1', true],
      ['host', 'localhost', false],
    ] as const)
      app.it(`is refused from a page of another ${what}`, async ({ page, url, context, enter }) => {
        await enter('admin', '/docs');
        const evil = createServer((_request, response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>another</title>'),
        );
        await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
        try {
          const other = await context.newPage();
          const target = `${url}/api/v1/ledgers`;
          await other.goto(`http://${host}:${(evil.address() as AddressInfo).port}/`);
          const tries = [
            openLedger(`evil-${host}`, { 'x-ledgerflow-csrf': '1' }),
            { method: 'POST', mode: 'no-cors', body: JSON.stringify({ id: `evil-${host}` }) },
            { method: 'GET' },
          ];
          for (const init of tries) {
            const script = `fetch('${target}', ${JSON.stringify({ ...init, credentials: 'include' })}).then((response) => response.type, (error) => error.name)`;
            expect(await other.evaluate(script)).toBe('TypeError');
          }
          const posted = other.waitForResponse(target);
          await other.evaluate(`{
            const form = Object.assign(document.createElement('form'), { method: 'post', action: '${target}', enctype: 'text/plain' });
            document.body.append(form);
            form.submit();
          }`);
          const answer = await posted;
          const { cookie = '' } = await answer.request().allHeaders();
          expect([answer.status(), cookie.includes(SESSION)]).toEqual([403, hasCookie]);
          expect(await answer.json()).toMatchObject({ code: 'csrf_refused' });
          expect(await openedFirst(page, `evil-${host}`)).toBe(true);
        } finally {
          evil.closeAllConnections();
          await new Promise((resolve) => evil.close(resolve));
        }
      });
  });

  app.it('signing out ends the session, and the back button shows nothing of it', async ({ page, url, context, watch, enter }) => {
    await enter('auditor', '/api/v1/me');
    expect(await page.locator('body').innerText()).toContain('"id":"auditor"');
    const kept = (await context.cookies(url)).map(({ name, value }) => `${name}=${value}`).join('; ');
    const before = watch.urls.length;
    await page.goto(`${url}/oauth2/sign_out`);
    expect(await axe(page)).toEqual([]);
    // The provider is told who by its own ID token, in its own address: it is no key to the API.
    const [, idToken = ''] = /id_token_hint=([^&]+)/.exec(page.url()) ?? [];
    expect(idToken).toMatch(TOKEN);
    expect((await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${idToken}` } })).status).toBe(401);
    // The dashboard is nobody's without a session: the next one may sign in.
    await watch.expect(401, '/api/v1/me', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Password').waitFor();
    });
    expect(watch.urls.slice(before).filter((address) => address.startsWith(url) && TOKEN.test(address))).toEqual([]);
    expect((await context.cookies(url)).filter(({ name }) => name === SESSION)).toEqual([]);

    await page.goto(`${url}/docs`);
    expect((await fetch(`${url}/api/v1/me`, { headers: { cookie: kept } })).status).toBe(401);
    await watch.expect(401, '/api/v1/me', async () => {
      expect(await ask(page, '/api/v1/me')).toMatchObject({ status: 401 });
      while (new URL(page.url()).pathname !== '/api/v1/me') expect(await page.goBack()).not.toBeNull();
    });
    expect(await page.locator('body').innerText()).toContain('"code":"unauthenticated"');
    expect(await page.content()).not.toContain('auditor');
    // The provider has forgotten, too.
    await page.goto(`${url}/oauth2/start`);
    expect(await page.getByLabel('Password').count()).toBe(1);
  });
});
