import { execFileSync } from 'node:child_process';
import { createLedgerFlow, type LedgerFlow } from '@ledgerflow/client';
import { requestAccessToken } from '@ledgerflow/local/access';
import type { Browser } from 'playwright-core';
import { freePort, Start } from '../stack/start.ts';
import { launch, type LaunchOptions } from './launch.ts';

const TOKEN_SECONDS = 6 * 3_600;
/** Who `api` is, in the log and in the audit. */
export const API_ACTOR = 'till';

export interface SiteOptions extends LaunchOptions {
  /** Of `npm start`, beside the port; by default nothing is kept and there is no demo ledger. */
  args?: readonly string[];
}

/** A LedgerFlow of one's own with the dashboard as it was built, a browser, and the API beside the browser. */
export class Site {
  readonly url: string;
  readonly browser: Browser;
  /** As an administrator, for what is put there and looked at beside the page. */
  readonly api: LedgerFlow;
  private readonly start: Start;

  private constructor(start: Start, given: Pick<Site, 'url' | 'browser' | 'api'>) {
    this.start = start;
    this.url = given.url;
    this.browser = given.browser;
    this.api = given.api;
  }

  static async open({ args = ['--ephemeral', '--no-demo'], ...options }: SiteOptions = {}): Promise<Site> {
    const start = new Start(['--port', String(await freePort()), ...args]);
    let browser: Browser | null = null;
    try {
      browser = await launch(options);
      const url = await start.ready();
      const credentials = await requestAccessToken(url, { roles: ['admin'], subject: API_ACTOR, ttlSeconds: TOKEN_SECONDS });
      return new Site(start, { url, browser, api: createLedgerFlow({ baseUrl: url, credentials }) });
    } catch (error) {
      await browser?.close();
      await start.end('SIGTERM');
      throw error;
    }
  }

  /** What was written in a browser, by the answer to it: reads of `api` are not older from then on. */
  written(address: string, headers: Readonly<Record<string, string>>): void {
    const ledger = /^\/api\/v1\/ledgers\/([^/]+)\//.exec(new URL(address).pathname)?.[1];
    const token = headers['ledger-consistency'];
    if (ledger !== undefined && token !== undefined) this.api.consistency.set(decodeURIComponent(ledger), token);
  }

  /** The process of the gateway, below that of the start. */
  gatewayPid(): number {
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(this.start.child.pid)], { encoding: 'utf8' });
    const pid = Number.parseInt(children.split('\n').find((line) => line.includes('admin-gateway/src/main.ts')) ?? '', 10);
    if (Number.isNaN(pid)) throw new Error(`there is no gateway among: ${children}`);
    return pid;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.start.end('SIGTERM');
  }
}
