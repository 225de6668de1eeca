import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GatewayRebuild, RebuildState } from './rebuild.ts';

export interface Asked {
  method: string;
  path: string;
  token: string | null;
}

/** A gateway that knows the rebuilds' routes, whose rows a test sets. */
export class FakeGateway {
  readonly rows = new Map<string, GatewayRebuild>();
  readonly asked: Asked[] = [];
  /** Answers instead of the rows, when it is not null. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | null = null;
  /** Whether a cancelled rebuild ends at once, as with a worker that is alive. */
  endsCancelled = true;
  /** Who it takes everybody for. */
  identity = { id: 'operator', roles: ['admin'], ledgers: ['*'] };
  /** Projections that there are. */
  projections = new Set(['all', 'account_summary', 'account_statement', 'transactions']);
  private readonly server = createServer((request, response) => this.handle(request, response));
  private port = 0;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** May be started again, at the same address. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  set(id: string, state: RebuildState, more: Partial<GatewayRebuild> = {}): void {
    const isEnd = !['waiting', 'running', 'cancelling'].includes(state);
    const fresh = {
      id,
      projection: 'account_summary',
      ledger: null,
      account: null,
      percent: 10,
      recordsPerSecond: 1_000,
      partsTotal: 1,
      error: null,
      difference: null,
      parts: [{ ledger: 'main', projection: 'account_summary', state: 'filling', position: '100', digest: null }],
    };
    const finishedAt = isEnd ? new Date().toISOString() : null;
    this.rows.set(id, { ...fresh, ...this.rows.get(id), state, finishedAt, updatedAt: new Date().toISOString(), ...more });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? null;
    this.asked.push({ method, path: url, token });
    if (this.answer !== null) return this.answer(request, response);
    if (url === '/api/v1/me') return json(response, 200, this.identity);
    const [, projection = '', id = ''] = /^\/api\/v1\/admin\/projections\/([^/]+)\/rebuilds(?:\/([^?]+))?/.exec(url) ?? [];
    if (!this.projections.has(projection)) return problem(response, 404, 'projection_not_found');
    if (id === '')
      return json(response, 200, { data: [...this.rows.values()].map((row) => ({ ...row, parts: undefined })), nextCursor: null });
    const row = this.rows.get(id);
    if (row === undefined) return problem(response, 404, 'rebuild_not_found');
    if (method === 'DELETE' && row.finishedAt === null) this.set(id, this.endsCancelled ? 'cancelled' : 'cancelling');
    const now = this.rows.get(id)!;
    json(response, now.state === 'cancelling' ? 202 : 200, now);
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function problem(response: ServerResponse, status: number, code: string, detail = code): void {
  response
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ type: `urn:ledgerflow:problem:${code}`, title: code, status, code, detail }));
}
