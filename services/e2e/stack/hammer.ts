import type { ApiClient } from './client.ts';

const TOKEN = 'ledger-consistency';

export interface HammerOptions {
  ledger: string;
  account: string;
  /** Of the account now, in cents. */
  posted: bigint;
  /** The writer waits for so many reads after each write, so that the log does not outgrow a slow rebuild; default 0. */
  readsPerWrite?: number;
}

/** A reader with tokens that never stops, and a writer whose last answer it has. Every answer that failed or is stale is in `failures`. */
export class Hammer {
  reads = 0;
  writes = 0;
  readonly failures: string[] = [];
  private readonly api: ApiClient;
  private readonly path: string;
  private readonly readsPerWrite: number;
  private last = { token: '', posted: 0n, recordedAt: '' };
  private running: Promise<void>[] = [];
  private stopped = false;

  constructor(api: ApiClient, { ledger, account, posted, readsPerWrite = 0 }: HammerOptions) {
    this.api = api;
    this.path = `/ledgers/${ledger}/accounts/${account}`;
    this.readsPerWrite = readsPerWrite;
    this.last.posted = posted;
  }

  start(): void {
    this.running = [this.write(), this.read(`${this.path}/balance`), this.read(this.path), this.readStatement()];
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write(): Promise<void> {
    while (!this.stopped) {
      const answer = await this.api.post(`${this.path}/deposits`, { amount: '0.01', currency: 'USD' });
      if (answer.status !== 201) this.failures.push(`write ${answer.status}: ${answer.text}`);
      else
        this.last = {
          token: answer.headers.get(TOKEN) ?? '',
          posted: this.last.posted + 1n,
          recordedAt: String(answer.body['recordedAt']),
        };
      this.writes += 1;
      const enough = this.reads + this.readsPerWrite;
      while (!this.stopped && this.reads < enough) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private async each(pathTo: (recordedAt: string) => string, posted: (body: Record<string, unknown>) => bigint): Promise<void> {
    while (!this.stopped) {
      const { token, posted: least, recordedAt } = this.last;
      if (token === '') {
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      const path = pathTo(recordedAt);
      const answer = await this.api.get(path, { consistency: token });
      this.reads += 1;
      if (answer.status !== 200) this.failures.push(`${path} answered ${answer.status}: ${answer.text}`);
      else if (posted(answer.body) < least) this.failures.push(`${path} is stale: ${posted(answer.body)} after ${least}`);
    }
  }

  private read(path: string): Promise<void> {
    return this.each(
      () => path,
      (body) => BigInt(String(body['posted']).replace('.', '')),
    );
  }

  /** From the time of the last write on, its own entry comes first. */
  private readStatement(): Promise<void> {
    return this.each(
      (recordedAt) => `${this.path}/entries?limit=1&from=${recordedAt}`,
      (body) => BigInt((body['data'] as { balanceAfter: string }[])[0]?.balanceAfter.replace('.', '') ?? -1),
    );
  }
}
