import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { until } from '../stack/wait.ts';
import { axe, BROWSER_WAIT_MS, isSerious, launch, Watch, whereThereIsABrowser } from './index.ts';

const TEST_WAIT_MS = 60_000;
const WAIT_MS = 10_000;
const run = promisify(execFile);

whereThereIsABrowser('a watched page', () => {
  let server: Server;
  let url: string;
  let browser: Browser;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/gone') return response.writeHead(404, { 'content-type': 'text/plain' }).end('gone');
      if (request.url === '/cut') return response.destroy();
      const csp = "default-src 'none'; script-src 'self'; connect-src 'self'";
      const html =
        '<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1><img src="data:image/png;base64,"></main></html>';
      return response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': csp }).end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await launch();
  }, BROWSER_WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function watched(): Promise<{ page: Page; watch: Watch }> {
    const page = await browser.newPage();
    const watch = await Watch.of(page);
    return { page, watch };
  }

  it(
    'is told what went wrong in it',
    async () => {
      const { page, watch } = await watched();
      const other = 'http://127.0.0.1:9/';
      await page.goto(url);
      let told = 0;
      /** The next, in any order: processes of the browser tell of them. */
      const next = async (count: number): Promise<string> => {
        await until(`${told + count} problems: ${watch.problems.join('; ')}`, () => watch.problems.length >= told + count, WAIT_MS);
        const found = watch.problems.slice(told);
        told = watch.problems.length;
        return found.toSorted().join('\n');
      };
      expect(await next(2)).toMatch(/^CSP violation: img-src data.*\nconsole error: .*violates/);
      await page.evaluate(`console.warn('a warning'); console.error('a word')`);
      expect(await next(1)).toMatch(/^console error: a word \(/);
      await page.evaluate(`setTimeout(() => { throw new Error('thrown'); })`);
      expect(await next(1)).toBe('page error: thrown');
      await page.evaluate(`fetch('/gone').then((response) => response.text())`);
      expect(await next(1)).toBe(`answer: 404 ${url}/gone`);
      await page.evaluate(`fetch('/cut').catch(() => null)`);
      expect(await next(2)).toMatch(/^console error: .*ERR_EMPTY_RESPONSE.*\nfailed: GET .*\/cut: net::ERR_EMPTY_RESPONSE$/);
      await page.evaluate(`fetch('${other}').catch(() => null)`);
      expect(await next(3)).toMatch(new RegExp(`^CSP violation: connect-src ${other}`));
      expect([...watch.origins]).toEqual([url]);
      await page.close();
    },
    TEST_WAIT_MS,
  );

  it(
    'has what it expected, and nothing of it unseen',
    async () => {
      const { page, watch } = await watched();
      const go = (): Promise<unknown> => page.goto(`${url}/gone`);
      await watch.expect(404, '/gone', go);
      expect(watch.problems).toEqual([]);
      expect(await watch.bodies()).toEqual([{ url: `${url}/gone`, text: 'gone' }]);
      // The same once more is another one.
      await go();
      expect(watch.problems).toEqual([`answer: 404 ${url}/gone`]);
      await watch.expect(404, '/nothing', () => Promise.resolve());
      expect(watch.problems.slice(1)).toEqual(['expected, and did not come: 404 /nothing']);
      await page.close();
    },
    TEST_WAIT_MS,
  );

  it(
    'may lose answers when a test says so, and nothing else',
    async () => {
      const { page, watch } = await watched();
      watch.expectLosses();
      await watch.expect(404, '/gone', () => page.goto(`${url}/gone`));
      await page.evaluate(`fetch('/cut').catch(() => console.error('cut'))`);
      await until('the word after it', () => watch.problems.length > 0, WAIT_MS);
      expect(watch.problems).toEqual([expect.stringMatching(/^console error: cut \(/)]);
      await page.close();
    },
    TEST_WAIT_MS,
  );

  it(
    'is looked at for those who can not see it',
    async () => {
      const page = await browser.newPage();
      await page.goto(url);
      expect((await axe(page)).filter(isSerious)).toEqual([
        { rule: 'image-alt', impact: 'critical', help: expect.any(String), elements: ['img'] },
      ]);
      await page.close();
    },
    TEST_WAIT_MS,
  );
});

whereThereIsABrowser('a machine without the browser', () => {
  it(
    'has it once, whoever comes at the same time, and nothing beside it',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'browser-cache-'));
      try {
        const script = `import { launch } from ${JSON.stringify(join(import.meta.dirname, 'launch.ts'))};
          const browser = await launch(); console.log(browser.version()); await browser.close();`;
        const { PATH } = process.env;
        const temporary = await mkdtemp(join(folder, 'tmp-'));
        const environment = { PATH, HOME: folder, LEDGERFLOW_CACHE: join(folder, 'cache'), TMPDIR: temporary };
        const started = () =>
          run(process.execPath, ['--input-type=module', '--eval', script], { env: environment, timeout: BROWSER_WAIT_MS });
        const versions = await Promise.all([started(), started()]);
        expect(versions.map(({ stdout }) => stdout)).toEqual([expect.stringMatching(/^\d+\./), versions[0].stdout]);
        expect(await readdir(join(folder, 'cache', 'chromium'))).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
        expect(await readdir(temporary)).toEqual([]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    BROWSER_WAIT_MS,
  );

  it('says what is wrong with a path that was named', async () => {
    const { CHROME_PATH: before } = process.env;
    process.env['CHROME_PATH'] = '/nowhere/chrome';
    try {
      await expect(launch()).rejects.toThrow('CHROME_PATH is /nowhere/chrome, which is not there');
    } finally {
      if (before === undefined) delete process.env['CHROME_PATH'];
      else process.env['CHROME_PATH'] = before;
    }
  });
});
