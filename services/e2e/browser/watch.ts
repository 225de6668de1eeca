import type { ConsoleMessage, Page, Request } from 'playwright-core';

/** How the browser itself tells of a request that failed. */
const FAILED = 'Failed to load resource: ';
/** The same of an answer that is told here by its response. */
const TOLD_BY_RESPONSE = `${FAILED}the server responded with a status of`;
const ERROR_STATUS_MIN = 400;
/** The browser's word for a request that a page did not want any more, by leaving or by an AbortSignal. */
const ABORTED = 'net::ERR_ABORTED';
const BODIES_WAIT_MS = 60_000;
const VIOLATION_BINDING = 'ledgerflowTestViolation';
/** Runs in the page before its own scripts. */
const LISTEN = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, sample }) =>
  void window.${VIOLATION_BINDING}([violatedDirective, blockedURI, sourceFile, sample].filter(Boolean).join(' ')));`;

export interface Body {
  url: string;
  text: string;
}

/** What a page asked for, and what went wrong in it, from the moment it is watched. */
export class Watch {
  /** Every address that the page asked for, in order. */
  readonly urls: string[] = [];
  private readonly told: string[] = [];
  private readonly reading: Promise<Body | null>[] = [];
  private mayLose = false;
  private readonly expected = new Set<{ status: number; path: string; count: number }>();

  private constructor(page: Page) {
    page.on('console', (message) => this.hear(message));
    page.on('pageerror', (error) => this.told.push(`page error: ${error.message}`));
    page.on('request', (request) => this.urls.push(request.url()));
    page.on('response', (response) => this.judge(response.status(), response.url()));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'no reason';
      if (reason !== ABORTED && !this.mayLose) this.told.push(`failed: ${request.method()} ${request.url()}: ${reason}`);
    });
    page.on('requestfinished', (request) => {
      const body = this.read(request);
      // Told to whoever asks for the bodies.
      body.catch(() => undefined);
      this.reading.push(body);
    });
  }

  static async of(page: Page): Promise<Watch> {
    const watch = new Watch(page);
    await page.exposeBinding(VIOLATION_BINDING, (_source, violation: string) => void watch.told.push(`CSP violation: ${violation}`));
    await page.addInitScript(LISTEN);
    return watch;
  }

  /** Answers with this status from this path are no problem while `during` goes on; that none came by its end is one. */
  async expect<T>(status: number, path: string, during: () => Promise<T>): Promise<T> {
    const expected = { status, path, count: 0 };
    this.expected.add(expected);
    try {
      return await during();
    } finally {
      this.expected.delete(expected);
      if (expected.count === 0) this.told.push(`expected, and did not come: ${status} ${path}`);
    }
  }

  /** From now on it is no problem that requests have no answer: the test cuts their way, or ends who would answer. */
  expectLosses(): void {
    this.mayLose = true;
  }

  /** Console errors, page errors, violations of the content security policy, requests that failed, answers of 400 and above that were not expected, expected ones that did not come. */
  get problems(): string[] {
    return [...this.told];
  }

  /** Origins that the page asked, data: and blob: apart. */
  get origins(): Set<string> {
    return new Set(this.urls.filter((url) => /^(https?|wss?):/.test(url)).map((url) => new URL(url).origin));
  }

  /** Of all answers so far. Throws when one can not be had any more: the browser forgets those of a page that was left. */
  async bodies(): Promise<Body[]> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`a body was not read in ${BODIES_WAIT_MS} ms`)), BODIES_WAIT_MS);
    try {
      const bodies = await Promise.race([Promise.all(this.reading), late]);
      return bodies.filter((body) => body !== null);
    } finally {
      clearTimeout(timer);
    }
  }

  private hear(message: ConsoleMessage): void {
    if (message.type() !== 'error' || message.text().startsWith(this.mayLose ? FAILED : TOLD_BY_RESPONSE)) return;
    const { url, lineNumber } = message.location();
    this.told.push(`console error: ${message.text()} (${url}:${lineNumber})`);
  }

  private judge(status: number, url: string): void {
    if (status < ERROR_STATUS_MIN) return;
    const { pathname } = new URL(url);
    const expected = [...this.expected].filter((one) => one.status === status && one.path === pathname);
    if (expected.length === 0) this.told.push(`answer: ${status} ${url}`);
    for (const one of expected) one.count++;
  }

  private async read(request: Request): Promise<Body | null> {
    const response = await request.response();
    // A redirect has none that a browser would keep.
    if (response === null || (response.status() >= 300 && response.status() < 400)) return null;
    const url = response.url();
    return { url, text: await response.text().catch((error: Error) => Promise.reject(new Error(`${url}: ${error.message}`))) };
  }
}
