import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Health } from '@ledgerflow/platform/health';
import { createLogger, type Logger } from '@ledgerflow/platform/log';
import { TestGateway } from '../test/gateway.ts';
import { Deployment } from './deployment.ts';

const SLOT = {
  cluster: 'main',
  slot: 3,
  head: '7',
  cursor: '5',
  backlog: '2',
  oldestAgeSeconds: 1.5,
  holder: 'writer-1',
  isLive: true,
  epoch: '1',
  breaker: 'closed',
  lastError: null,
  lastErrorAt: null,
};
const MIB = 1024 * 1024;
/** For a machine that has much else to do. */
const TIMEOUT_MS = 30_000;

describe('the other services', () => {
  let server: Server;
  let address: string;
  let pages: Record<string, unknown>;
  let sent = 0;
  let warnings: unknown[];
  let log: Logger;
  beforeEach(async () => {
    pages = {};
    warnings = [];
    log = { ...createLogger('test', 'silent'), warn: (fields: unknown) => void warnings.push(fields) } as unknown as Logger;
    server = createServer((request, response) => {
      const page = pages[request.url ?? ''];
      if (page !== 'endless') return void response.writeHead(page === undefined ? 503 : 200).end(JSON.stringify(page ?? {}));
      const more = (): void => {
        for (let flows = true; flows && sent < 64 * MIB;) {
          flows = response.write(' '.repeat(64 * 1024));
          sent += 64 * 1024;
        }
        if (sent >= 64 * MIB) response.end();
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const deployment = (): Deployment => new Deployment([{ name: 'ledger-writer', address }], log, TIMEOUT_MS);

  it('are not heard out when they say too much', async () => {
    pages['/readyz'] = 'endless';
    expect(await deployment().health()).toMatchObject([{ ready: false, error: 'the answer is too large' }]);
    expect(sent).toBeLessThan(32 * MIB);
  });

  it('tell the outbox; a writer that does not is named in the log', async () => {
    expect(await deployment().outbox()).toBeNull();
    expect(warnings).toMatchObject([{ address, err: { message: 'answered 503' } }]);
    pages['/outbox'] = { unknown: true };
    expect(await deployment().outbox()).toBeNull();
    expect(warnings).toHaveLength(2);
    pages['/outbox'] = { relay: 'on', data: [SLOT] };
    const test = await TestGateway.start({ deployment: deployment() });
    try {
      expect((await test.get('/admin/outbox')).body).toEqual({ relay: 'on', data: [SLOT], nextCursor: null });
    } finally {
      await test.stop();
    }
  });

  it('are shown with their reasons only to those who may see every ledger, and to nobody without a token', async () => {
    pages['/readyz'] = { version: '1', status: 'not ready', checks: [{ name: 'x', ok: false, reason: 'ledger secret-one', since: 'now' }] };
    const health = new Health();
    health.register('read database', () => ({ ok: false, reason: 'connect ECONNREFUSED 10.0.0.7:5432' }));
    const gone = { name: 'read-model-builder', address: '127.0.0.1:1' };
    const test = await TestGateway.start({
      health,
      deployment: new Deployment([{ name: 'ledger-writer', address }, gone], log, TIMEOUT_MS),
    });
    try {
      const all = await test.get('/admin/health');
      expect(all.text).toContain('secret-one');
      expect(all.text).toContain('10.0.0.7');
      const one = await test.get('/admin/health', {}, { ledgers: ['main'] });
      expect(one.body).toEqual({
        ready: false,
        services: [
          { name: 'admin-gateway', version: expect.any(String), ready: false },
          { name: 'ledger-writer', version: '1', ready: false },
          { name: 'read-model-builder', version: null, ready: false },
        ],
      });
      const probe = await test.raw('GET', '/readyz', {});
      expect([probe.status, probe.body['checks']]).toEqual([503, [{ name: 'read database', ok: false }]]);
    } finally {
      await test.stop();
    }
  });
});
