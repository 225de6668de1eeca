import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { Registry } from '@ledgerflow/platform/metrics';
import { operatorMetrics } from '../runtime/metrics.ts';
import type { Change } from './reflector.ts';
import type { KubeObject, Resource } from './resources.ts';

export type Thing = KubeObject & { spec?: { size: number } };
export const THINGS: Resource<Thing> = { apiVersion: 'test.ledgerflow.io/v1', kind: 'Thing', plural: 'things' };

export const thing = (name: string, resourceVersion: string, uid = name): Thing => ({
  apiVersion: THINGS.apiVersion,
  kind: THINGS.kind,
  metadata: { name, namespace: 'default', uid, resourceVersion, managedFields: [{ manager: 'somebody' }] },
});

export const testMetrics = (): { metrics: ReturnType<typeof operatorMetrics>; registry: Registry } => {
  const registry = new Registry();
  return { registry, metrics: operatorMetrics(registry) };
};

/** Of a counter: its series with these labels; of a histogram those whose name ends so. */
export async function counted(registry: Registry, name: string, labels: Record<string, string | number>, ending = ''): Promise<number> {
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
  return (values as { metricName?: string; labels: Record<string, unknown>; value: number }[])
    .filter((series) => (series.metricName ?? '').endsWith(ending))
    .filter((series) => Object.entries(labels).every(([key, value]) => series.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** One request that the stub was asked and has not answered. */
export class Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly body: string;

  constructor(request: IncomingMessage, response: ServerResponse, body: string) {
    this.request = request;
    this.response = response;
    this.url = new URL(request.url ?? '/', 'http://stub');
    this.body = body;
  }

  get query(): Record<string, string> {
    return Object.fromEntries(this.url.searchParams);
  }

  json(status: number, body: object, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  status(code: number, reason: string, headers: Record<string, string> = {}): void {
    this.json(code, { kind: 'Status', status: 'Failure', code, reason, message: `the stub says ${reason}` }, headers);
  }

  page(items: readonly object[], resourceVersion: string, next?: string): void {
    this.json(200, { kind: 'ThingList', metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) }, items });
  }

  open(): this {
    this.response.writeHead(200, { 'content-type': 'application/json' });
    this.response.flushHeaders();
    return this;
  }

  event(type: string, object: object): this {
    this.response.write(`${JSON.stringify({ type, object })}\n`);
    return this;
  }

  bookmark(resourceVersion: string): this {
    return this.event('BOOKMARK', { ...thing('', resourceVersion), metadata: { resourceVersion } });
  }
}

/** An API server that does what the test says, request by request, so that it can misbehave in any way. */
export class StubServer {
  private readonly server: Server;
  private readonly asked: Asked[] = [];
  private readonly waiting: ((asked: Asked) => void)[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      request.on('end', () => {
        const asked = new Asked(request, response, Buffer.concat(chunks).toString());
        const resolve = this.waiting.shift();
        if (resolve === undefined) this.asked.push(asked);
        else resolve(asked);
      });
    });
  }

  static async start(): Promise<StubServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StubServer(server);
  }

  get kubeConfig(): KubeConfig {
    return this.kubeConfigOf({ name: 'me', token: 'secret' });
  }

  kubeConfigOf(user: { name: string; token?: string; authProvider?: object }): KubeConfig {
    const { port } = this.server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'stub', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, user);
    return config;
  }

  /** Requests that came and were not taken by next. */
  get pending(): number {
    return this.asked.length;
  }

  /** The next request; waits for it. */
  next(): Promise<Asked> {
    const asked = this.asked.shift();
    return asked === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(asked);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  /** Takes requests again at the port it had. */
  async reopen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}

/** What an informer told, and a way to wait for more of it. */
export class Told {
  readonly changes: string[] = [];
  private readonly waiting: { count: number; resolve: () => void }[] = [];

  readonly onChange = (object: KubeObject, change: Change): void => {
    this.changes.push(`${change} ${object.metadata.name}@${object.metadata.resourceVersion}`);
    for (const { count, resolve } of this.waiting) if (this.changes.length >= count) resolve();
  };

  async until(count: number): Promise<string[]> {
    if (this.changes.length < count) await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
    return this.changes;
  }
}
