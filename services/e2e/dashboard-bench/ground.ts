import type { LedgerFlow } from '@ledgerflow/client';
import type { BrowserContext } from 'playwright-core';
import { signIn } from '../browser/sign-in.ts';
import { Site } from '../browser/site.ts';
import type { Progress } from '../terminal/index.ts';

const LEDGER = 'bench';
const CURRENCY = 'USD';
const TRANSFERS = 60;

/** A LedgerFlow of the bench's own with the built dashboard, a ledger on which something moved, and a browser. */
export class Ground {
  readonly progress: Progress;
  private readonly site: Site;

  private constructor(site: Site, progress: Progress) {
    this.site = site;
    this.progress = progress;
  }

  static async open(progress: Progress): Promise<Ground> {
    progress.say('starting LedgerFlow and a browser');
    const ground = new Ground(await Site.open(), progress);
    try {
      await ground.fill();
      return ground;
    } catch (error) {
      await ground.close();
      throw error;
    }
  }

  get url(): string {
    return this.site.url;
  }

  /** As administrator, beside the page: to put there what a row needs. */
  get api(): LedgerFlow {
    return this.site.api;
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
    const context = await this.site.browser.newContext({ viewport: { width: 1_280, height: 900 } });
    try {
      const page = await context.newPage();
      await signIn(page, this.signInUrl, user);
      await page.close();
      return await work(context);
    } finally {
      await context.close();
    }
  }

  close(): Promise<void> {
    return this.site.close();
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
