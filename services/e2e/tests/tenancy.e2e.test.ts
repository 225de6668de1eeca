import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { LedgerServiceClient } from '@ledgerflow/contracts/grpc';
import type { ApiClient } from '../stack/client.ts';
import { Stack } from '../stack/stack.ts';

interface OpenApi {
  paths: Record<string, Record<string, { operationId?: string }>>;
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** G10: nothing of one ledger is readable or writable with another ledger's grant. */
describe('another ledger', () => {
  let stack: Stack;
  let admin: ApiClient;
  let stranger: ApiClient;
  let routes: { method: string; path: string }[];

  beforeAll(async () => {
    stack = await Stack.start();
    admin = await stack.client({ roles: ['admin'] });
    stranger = await stack.client({ roles: ['admin', 'operator', 'auditor', 'viewer'], ledgers: ['own'], subject: 'stranger' });
    await admin.seed('own', { alice: '10.00' });
    await admin.seed('foreign', { alice: '10.00', bob: '0' });
    const document = (await (await fetch(`${stack.url}/openapi.json`)).json()) as OpenApi;
    routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => METHODS.has(method))
        .map((method) => ({ method: method.toUpperCase(), path })),
    );
  }, 120_000);
  afterAll(() => stack?.stop());

  it('answers 403 on every route that names it, and changes nothing', async () => {
    const ofLedgers = routes.filter(({ path }) => path.includes('/ledgers/{'));
    expect(ofLedgers.length).toBeGreaterThan(20);
    const head = await admin.get<{ position: string }>('/ledgers/foreign');
    const answered: string[] = [];
    for (const { method, path } of ofLedgers) {
      const concrete = path
        .replace(/^\/api\/v1/, '')
        .replace(/\{(ledger|l)\}/, 'foreign')
        .replace(/\{(account|a)\}/, 'alice')
        .replace(/\{[^}]+\}/g, '1');
      const answer = await stranger.request(method, concrete, method === 'GET' || method === 'DELETE' ? undefined : {}, {
        key: `${method} ${path}`,
      });
      answered.push(`${answer.status} ${String(answer.body?.['code'])} ${method} ${path}`);
    }
    expect(answered.filter((line) => !line.startsWith('403 forbidden'))).toEqual([]);
    expect((await admin.get<{ position: string }>('/ledgers/foreign')).body.position).toBe(head.body.position);
  });

  it('is not in any list', async () => {
    const ledgers = await stranger.get<{ data: { id: string }[] }>('/ledgers');
    expect(ledgers.body.data.map((ledger) => ledger.id)).toEqual(['own']);
    expect((await stranger.post('/ledgers', { id: 'new-one' })).status).toBe(403);
  });

  it('can not be reached at the writer without a certificate, or by the gateway on behalf of nobody', async () => {
    const address = stack.writerAddresses[0]!;
    const ca = readFileSync(stack.certificates.caFile);
    const heads = (client: LedgerServiceClient): Promise<ServiceError | null> =>
      new Promise((resolve) => {
        client.getHeads(
          { principal: undefined, ledgers: [], slots: [], recordedSince: 0n },
          new Metadata(),
          { deadline: Date.now() + 3_000 },
          (error) => {
            client.close();
            resolve(error);
          },
        );
      });
    const bare = await heads(new LedgerServiceClient(address, credentials.createSsl(ca)));
    expect(bare).not.toBeNull();
    const plain = await heads(new LedgerServiceClient(address, credentials.createInsecure()));
    expect(plain).not.toBeNull();
    const gatewayTls = credentials.createSsl(
      ca,
      readFileSync(stack.certificates.keyFile('admin-gateway')),
      readFileSync(stack.certificates.certFile('admin-gateway')),
    );
    const gateway = await heads(new LedgerServiceClient(address, gatewayTls));
    expect(gateway?.code).toBe(status.UNAUTHENTICATED);
    const builderTls = credentials.createSsl(
      ca,
      readFileSync(stack.certificates.keyFile('read-model-builder')),
      readFileSync(stack.certificates.certFile('read-model-builder')),
    );
    expect(await heads(new LedgerServiceClient(address, builderTls))).toBeNull();
  });
});
