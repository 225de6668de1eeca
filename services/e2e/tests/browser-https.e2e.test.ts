import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { freePorts } from '@ledgerflow/local/postgres';
import type { Browser } from 'playwright-core';
import { TestSignIn } from '../../admin-gateway/src/test/sign-in.ts';
import { BROWSER_WAIT_MS, launch, signIn, Watch, whereThereIsABrowser } from '../browser/index.ts';
import { startTlsFront, type TlsFront } from '../stack/tls-front.ts';

const NAME = 'front';
const TEST_WAIT_MS = 120_000;

whereThereIsABrowser('the door behind TLS', () => {
  let folder: string;
  let front: TlsFront;
  let test: TestSignIn;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-https-'));
    const [port = 0] = await freePorts(1);
    test = await TestSignIn.start({ publicUrl: `https://127.0.0.1:${port}` });
    front = await startTlsFront(await ensureCertificates(folder, [NAME]), NAME, port, test.gateway.gateway.port);
    browser = await launch();
  }, BROWSER_WAIT_MS);
  afterAll(async () => {
    await browser?.close();
    await front?.stop();
    await test?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'a browser takes the cookies, which are Secure and of this host only',
    async () => {
      const { publicUrl } = test;
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      const watch = await Watch.of(page);
      await signIn(page, `${publicUrl}/oauth2/start?rd=/docs`, 'admin');
      expect(page.url()).toBe(`${publicUrl}/docs`);
      const cookies = (await context.cookies(publicUrl)).filter(({ name }) => name.includes('ledgerflow'));
      expect(cookies.map(({ name }) => name).toSorted()).toEqual(['__Host-ledgerflow_seen', '__Host-ledgerflow_session']);
      for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', secure: true });
      const opened = `fetch('/api/v1/ledgers', { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': 'k', 'x-ledgerflow-csrf': '1' }, body: '{"id":"safe","currencies":["USD"]}' }).then(({ status }) => status)`;
      expect(await page.evaluate(opened)).toBe(201);
      expect(watch.problems).toEqual([]);
    },
    TEST_WAIT_MS,
  );
});
