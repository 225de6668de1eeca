import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { withoutCredentials } from '../log/index.ts';

export interface HealthCheck {
  name: string;
  ok: boolean;
  reason?: string;
  /** RFC 3339; when it became what it is now. */
  since: string;
  /** True for a part that is watched and told, but without which the service still does its work: it does not make it unready. */
  advisory?: true;
}

export type Verdict = { ok: true } | { ok: false; reason: string };

/**
 * What readiness is made of: named parts that say whether they work and, if not, why and since when. Reading is cheap and synchronous:
 * the parts watch themselves and are asked, nothing is probed per request.
 */
export class Health {
  private readonly parts = new Map<string, { read: () => Verdict; last: Verdict; since: Date; advisory: boolean }>();
  private draining: string | null = null;

  register(name: string, read: () => Verdict, { advisory = false }: { advisory?: boolean } = {}): void {
    this.parts.set(name, { read, last: { ok: true }, since: new Date(), advisory });
  }

  /** From now on not ready, whatever the parts say: the process is about to stop. */
  drain(reason: string): void {
    this.draining = reason;
  }

  checks(): HealthCheck[] {
    const checks = [...this.parts].map(([name, part]): HealthCheck => {
      const verdict = part.read();
      if (verdict.ok !== part.last.ok) part.since = new Date();
      part.last = verdict;
      return {
        name,
        ok: verdict.ok,
        ...(verdict.ok ? {} : { reason: withoutCredentials(verdict.reason) }),
        since: part.since.toISOString(),
        ...(part.advisory ? { advisory: true } : {}),
      };
    });
    if (this.draining !== null) checks.push({ name: 'lifecycle', ok: false, reason: this.draining, since: new Date().toISOString() });
    return checks;
  }

  get ready(): boolean {
    return this.checks().every((check) => check.ok || check.advisory === true);
  }
}

export interface OpsServer {
  port: number;
  close(): Promise<void>;
}

export interface OpsOptions {
  service: string;
  version: string;
  host: string;
  port: number;
  health: Health;
  metrics: Registry;
  /** More pages, by path: what each answers as JSON. */
  pages?: Readonly<Record<string, () => Promise<unknown>>>;
}

/** The server for probes and scrapes: /healthz (the process answers), /readyz (200 or 503 with reasons), /metrics. Not for the outside. */
export async function startOpsServer(options: OpsOptions): Promise<OpsServer> {
  const { service, version, health, metrics, pages = {} } = options;
  const server: Server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/healthz') return answer(200, 'application/json', JSON.stringify({ service, version, status: 'ok' }));
    if (path === '/readyz') {
      const checks = health.checks();
      const ready = checks.every((check) => check.ok || check.advisory === true);
      return answer(
        ready ? 200 : 503,
        'application/json',
        JSON.stringify({ service, version, status: ready ? 'ready' : 'not ready', checks }),
      );
    }
    if (path === '/metrics') {
      metrics.metrics().then(
        (body) => answer(200, metrics.contentType, body),
        (error: Error) => answer(500, 'text/plain', error.message),
      );
      return;
    }
    const page = Object.hasOwn(pages, path ?? '') ? pages[path as string] : undefined;
    if (page === undefined) return answer(404, 'application/json', JSON.stringify({ status: 'not found' }));
    page().then(
      (body) => answer(200, 'application/json', JSON.stringify(body)),
      (error: Error) =>
        answer(503, 'application/json', JSON.stringify({ status: 'unavailable', reason: withoutCredentials(error.message) })),
    );
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
