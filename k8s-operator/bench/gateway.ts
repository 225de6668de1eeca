import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Job } from '../src/kube/resources.ts';
import { LABELS } from '../src/controllers/projection-rebuild/job.ts';

const TOTAL = 1_000_000;

/**
 * Stands in for the gateway and all the rebuilds behind it: a rebuild is there once its Job is, is swapped once the Job is complete, and until then has come further each
 * time somebody asks.
 */
export class Gateway {
  /** Requests so far. */
  asked = 0;
  private readonly jobs = new Map<string, { isComplete: boolean; done: number }>();
  private readonly server = createServer((request, response) => {
    this.asked += 1;
    if (request.url === '/api/v1/me') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ roles: ['admin'], ledgers: ['*'] }));
      return;
    }
    const [, id] = /\/rebuilds\/([^?]+)/.exec(request.url ?? '') ?? [];
    const rebuild = id === undefined ? { data: [] } : this.rebuild(id);
    const problem = { status: 404, code: 'rebuild_not_found', detail: 'There is none.' };
    response.writeHead(rebuild === null ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(rebuild ?? problem));
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  saw({ metadata, status }: Job): void {
    const id = (metadata.labels as Record<string, string> | undefined)?.[LABELS.rebuild] ?? '';
    const isComplete = (status?.succeeded ?? 0) > 0;
    this.jobs.set(id, { isComplete, done: this.jobs.get(id)?.done ?? 0 });
  }

  private rebuild(id: string): object | null {
    const job = this.jobs.get(id);
    if (job === undefined) return null;
    job.done += 1;
    const { isComplete, done } = job;
    return {
      id,
      projection: 'account_summary',
      ledger: null,
      account: null,
      state: isComplete ? 'swapped' : 'running',
      percent: isComplete ? 100 : (done / TOTAL) * 100,
      recordsPerSecond: 1_000 + done,
      partsTotal: 1,
      finishedAt: isComplete ? new Date().toISOString() : null,
      error: null,
      difference: null,
      parts: [
        {
          ledger: 'main',
          projection: 'account_summary',
          state: isComplete ? 'swapped' : 'filling',
          position: String(done),
          digest: isComplete ? 'f'.repeat(64) : null,
        },
      ],
    };
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }
}
