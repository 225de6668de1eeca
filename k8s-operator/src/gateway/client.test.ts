import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NotLeaderError } from '../kube/errors.ts';
import { GatewayClient } from './client.ts';
import { FakeGateway, json, problem } from './testing.ts';

const ID = '7d444840-9dc0-11d1-b245-5ffdce74fad2';
let gateway: FakeGateway;
let tokens: string[];
beforeEach(async () => {
  gateway = await new FakeGateway().start();
  tokens = ['first', 'second', 'third'];
});
afterEach(() => gateway.stop());

const client = (more: Partial<ConstructorParameters<typeof GatewayClient>[0]> = {}): GatewayClient =>
  new GatewayClient({
    url: gateway.url,
    timeoutMs: 2_000,
    token: { get: () => Promise.resolve(tokens[0]!), forget: () => void tokens.shift() },
    ...more,
  });

describe('the gateway, asked by the operator', () => {
  it('tells of a rebuild under all projections, with the token', async () => {
    gateway.set(ID, 'running', { percent: 12.5 });
    expect(await client().getRebuild(ID)).toMatchObject({ id: ID, state: 'running', percent: 12.5, parts: [{ position: '100' }] });
    expect(gateway.asked).toEqual([{ method: 'GET', path: `/api/v1/admin/projections/all/rebuilds/${ID}`, token: 'first' }]);
  });

  it('has null for a rebuild and a projection that are not there', async () => {
    expect(await client().getRebuild(ID)).toBeNull();
    expect(await client().cancelRebuild(ID)).toBeNull();
    expect(await client().listRebuilds('nothing')).toBeNull();
  });

  it.each([
    ['another role', { roles: ['auditor'], ledgers: ['*'] }],
    ['one ledger', { roles: ['admin'], ledgers: ['books'] }],
  ])('does not take for missing what may only not be shown: %s', async (_what, identity) => {
    gateway.identity = { id: 'operator', ...identity };
    const refused = { status: 403, isRefusal: true, message: expect.stringContaining('the role admin and the ledgers *') };
    await expect(client().getRebuild(ID)).rejects.toMatchObject(refused);
    await expect(client().cancelRebuild(ID)).rejects.toMatchObject(refused);
    await expect(client().listRebuilds('all')).rejects.toMatchObject(refused);
    gateway.set(ID, 'running');
    expect(await client().getRebuild(ID)).toMatchObject({ state: 'running' });
  });

  it('asks who it is no more than once in a while', async () => {
    const one = client();
    for (let i = 0; i < 6; i++) await one.getRebuild(ID);
    expect(gateway.asked.filter(({ path }) => path === '/api/v1/me')).toHaveLength(1);
  });

  it('lists and cancels', async () => {
    gateway.set(ID, 'running');
    expect(await client().listRebuilds('account_summary')).toHaveLength(1);
    expect(await client().cancelRebuild(ID)).toMatchObject({ state: 'cancelled' });
    expect(gateway.asked.at(-1)).toMatchObject({ method: 'DELETE' });
  });

  it('asks once more with another token after a 401, and no more', async () => {
    gateway.answer = (request, response) =>
      request.headers.authorization === 'Bearer second'
        ? json(response, 200, { data: [], roles: ['admin'], ledgers: ['*'] })
        : problem(response, 401, 'unauthorized');
    expect(await client().listRebuilds('all')).toEqual([]);
    gateway.answer = (_request, response) => problem(response, 401, 'unauthorized');
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ status: 401, code: 'unauthorized', isRefusal: true });
    expect(gateway.asked).toHaveLength(5);
  });

  it('says of a 404 of another server where to look', async () => {
    gateway.answer = (_request, response) => response.writeHead(404).end('no such page');
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ status: 404, message: expect.stringContaining('GATEWAY_URL') });
  });

  it.each([
    [403, 'forbidden', true],
    [503, 'unavailable', false],
    [404, 'not_found', false],
  ])('says what %i %s is', async (status, code, isRefusal) => {
    gateway.answer = (_request, response) => problem(response, status, code, 'because');
    await expect(client().getRebuild(ID)).rejects.toMatchObject({
      name: 'GatewayError',
      status,
      code,
      isRefusal,
      message: expect.stringContaining('because'),
    });
  });

  it('does not take what it does not understand', async () => {
    gateway.answer = (_request, response) => json(response, 200, { id: ID, state: 'sleeping' });
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ code: 'malformed' });
    gateway.answer = (_request, response) => void response.end('<html>');
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ code: 'malformed' });
    gateway.answer = (_request, response) => void response.end('x'.repeat(2 * 1024 * 1024));
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ code: 'malformed' });
  });

  it('gives up after its time, and when nobody is there', async () => {
    gateway.answer = () => undefined;
    await expect(client({ timeoutMs: 50 }).getRebuild(ID)).rejects.toMatchObject({ code: 'timeout', status: 0 });
    await gateway.stop();
    await expect(client().getRebuild(ID)).rejects.toMatchObject({ code: 'unreachable', status: 0, isRefusal: false });
  });

  it('gives up after its time in the middle of an answer', async () => {
    gateway.answer = (_request, response) => void response.writeHead(200).write('{');
    await expect(client({ timeoutMs: 50 }).getRebuild(ID)).rejects.toMatchObject({ code: 'timeout', status: 0 });
  });

  it('cancels nothing when it may not write', async () => {
    gateway.set(ID, 'running');
    const beforeWrite = (): void => {
      throw new NotLeaderError('not the leader');
    };
    await expect(client({ beforeWrite }).cancelRebuild(ID)).rejects.toThrow(NotLeaderError);
    expect(gateway.asked).toEqual([]);
    expect(await client({ beforeWrite }).getRebuild(ID)).not.toBeNull();
  });

  it('cancels nothing when the lease is lost while it waits for its token, or for the connection', async () => {
    gateway.set(ID, 'running');
    let isLeader = true;
    const left: number[] = [];
    const beforeWrite = (timeoutMs: number): void => {
      left.push(timeoutMs);
      if (!isLeader) throw new NotLeaderError('not the leader');
    };
    // As of a process that was stopped there and is woken when another leads.
    const get = (): Promise<string> => {
      isLeader = false;
      return Promise.resolve('first');
    };
    await expect(client({ beforeWrite, token: { get, forget: () => undefined } }).cancelRebuild(ID)).rejects.toThrow(NotLeaderError);
    expect(gateway.asked).toEqual([]);
    expect(left).toHaveLength(2);
    expect(left[1]).toBeLessThanOrEqual(left[0]!);
    isLeader = true;
    expect(await client({ beforeWrite }).cancelRebuild(ID)).toMatchObject({ state: 'cancelled' });
    expect(gateway.asked).toMatchObject([{ method: 'DELETE', token: 'first' }]);
  });

  it('cancels within the time that a lease leaves, whatever its own', async () => {
    gateway.set(ID, 'running');
    const writeTimeoutMs = 1_666;
    const left: number[] = [];
    const beforeWrite = (timeoutMs: number): void => void left.push(timeoutMs);
    const slow = client({ timeoutMs: 60_000, writeTimeoutMs, beforeWrite });
    expect(await slow.cancelRebuild(ID)).toMatchObject({ state: 'cancelled' });
    expect(Math.max(...left)).toBeLessThanOrEqual(writeTimeoutMs);
  });

  it('gives up after its time when its token does not come', async () => {
    const never = { get: () => new Promise<string>(() => undefined), forget: () => undefined };
    await expect(client({ timeoutMs: 50, token: never }).getRebuild(ID)).rejects.toMatchObject({ code: 'timeout' });
    expect(gateway.asked).toEqual([]);
  });
});
