import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import { requestAccessToken } from '@ledgerflow/local/access';
import type { Browser, BrowserContext } from 'playwright-core';
import { launch } from '../browser/launch.ts';
import { signIn } from '../browser/sign-in.ts';
import { freePort, Start } from '../stack/start.ts';
import type { Progress } from '../terminal/index.ts';

const TOKEN_SECONDS = 6 * 3_600;
const LEDGER = 'bench';
const CURRENCY = 'USD';
const TRANSFERS = 60;

/** A LedgerFlow of the bench's own with the built dashboard, a ledger on which something moved, and a browser. */
export class Ground {
  readonly url: string;
  readonly browser: Browser;
  /** As administrator, beside the page: to put there what a row needs. */
  readonly api: LedgerFlow;
  readonly progress: Progress;
  private readonly start: Start;

  private constructor(start: Start, given: Pick<Ground, 'url' | 'browser' | 'api' | 'progress'>) {
    this.start = start;
    this.url = given.url;
    this.browser = given.browser;
    this.api = given.api;
    this.progress = given.progress;
  }

  static async open(progress: Progress): Promise<Ground> {
    const start = new Start(['--port', String(await freePort()), '--ephemeral', '--no-demo']);
    let browser: Browser | null = null;
    try {
      progress.say('starting LedgerFlow and a browser');
      const url = await start.ready();
      browser = await launch();
      const token = await requestAccessToken(url, { roles: ['admin'], subject: 'dashboard-bench', ttlSeconds: TOKEN_SECONDS });
      const api = createLedgerFlow({ baseUrl: url, credentials: token });
      const ground = new Ground(start, { url, browser, api, progress });
      await ground.fill();
      return ground;
    } catch (error) {
      await browser?.close();
      await start.end('SIGTERM');
      throw error;
    }
  }

  get ledger(): string {
    return LEDGER;
  }

  get overview(): string {
    return `${this.url}/ledgers/${LEDGER}`;
  }

  /** Ends at an answer of the API: nothing of the dashboard is loaded by it. */
  get signInUrl(): string {
    return `${this.url}/oauth2/start?rd=/api/v1/me`;
  }

  /** What is done in a browser in which somebody is signed in and the dashboard was never opened; it is closed at the end. */
  async signedIn<T>(user: string, work: (context: BrowserContext) => Promise<T>): Promise<T> {
    const context = await this.browser.newContext({ viewport: { width: 1_280, height: 900 } });
    try {
      const page = await context.newPage();
      await signIn(page, this.signInUrl, user);
      await page.close();
      return await work(context);
    } finally {
      await context.close();
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.start.end('SIGTERM');
  }

  private async fill(): Promise<void> {
    await this.api.openLedger({ body: { id: LEDGER, currencies: [CURRENCY] } }, { idempotencyKey: 'ledger' });
    for (const id of ['from', 'to'])
      await this.api.openAccount(
        { ledger: LEDGER, body: { id, currency: CURRENCY, initialBalance: '10000.00' } },
        { idempotencyKey: `account-${id}` },
      );
    for (let index = 0; index < TRANSFERS; index++)
      await this.api.createTransfer(
        { ledger: LEDGER, body: { from: 'from', to: 'to', amount: `${index + 1}.50`, currency: CURRENCY } },
        { idempotencyKey: `transfer-${index}` },
      );
  }
}
