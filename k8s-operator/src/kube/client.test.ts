import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Registry } from '@ledgerflow/platform/metrics';
import { KubeClient, type KubeClientOptions } from './client.ts';
import { KubeError, NotLeaderError } from './errors.ts';
import { counted, StubServer, testMetrics, thing, THINGS } from './testing.ts';

let stub: StubServer;
let client: KubeClient;
let registry: Registry;

beforeEach(async () => {
  stub = await StubServer.start();
});

afterEach(async () => {
  await client.close();
  await stub.close();
});

function begin(options: Partial<KubeClientOptions> = {}): KubeClient {
  const made = testMetrics();
  registry = made.registry;
  client = new KubeClient({ kubeConfig: stub.kubeConfig, fieldManager: 'ledgerflow-operator', metrics: made.metrics, ...options });
  return client;
}

const requests = (labels: Record<string, string | number>): Promise<number> =>
  counted(registry, 'ledgerflow_operator_kube_requests_total', { resource: 'things', ...labels });

describe('what goes over the wire', () => {
  it('apply: the object without managedFields, with the manager, its version kept', async () => {
    const answer = begin().apply(THINGS, thing('a', '7'), { subresource: 'status' });
    const asked = await stub.next();
    expect(asked.request.method).toBe('PATCH');
    expect(asked.request.headers).toMatchObject({ 'content-type': 'application/apply-patch+yaml', authorization: 'Bearer secret' });
    expect(asked.url.pathname).toBe('/apis/test.ledgerflow.io/v1/namespaces/default/things/a/status');
    expect(asked.query).toMatchObject({ fieldManager: 'ledgerflow-operator', force: 'true', fieldValidation: 'Strict' });
    const { metadata } = JSON.parse(asked.body) as { metadata: object };
    expect(metadata).toEqual({ name: 'a', namespace: 'default', uid: 'a', resourceVersion: '7' });
    asked.json(200, thing('a', '8'));
    expect(await answer).toMatchObject({ metadata: { resourceVersion: '8' } });
    expect(await requests({ verb: 'patch', code: 200 })).toBe(1);
  });

  it('create, replace, patch', async () => {
    begin();
    const made = client.create(THINGS, 'default', thing('a', '7'));
    const post = await stub.next();
    expect([post.request.method, post.url.pathname]).toEqual(['POST', '/apis/test.ledgerflow.io/v1/namespaces/default/things']);
    expect(post.request.headers['content-length']).toBe(String(post.body.length));
    post.json(201, thing('a', '8'));
    await made;
    const put = client.replace(THINGS, thing('a', '8'));
    const replaced = await stub.next();
    expect([replaced.request.method, replaced.url.pathname]).toEqual(['PUT', '/apis/test.ledgerflow.io/v1/namespaces/default/things/a']);
    replaced.json(200, thing('a', '9'));
    await put;
    const patch = client.patch(THINGS, 'default', 'a', { metadata: { finalizers: null, resourceVersion: '9' } });
    const patched = await stub.next();
    expect(patched.request.headers['content-type']).toBe('application/merge-patch+json');
    patched.json(200, thing('a', '10'));
    await patch;
  });

  it('delete: with its policy; none is fine', async () => {
    const gone = begin().delete(THINGS, 'default', 'a', { propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    const asked = await stub.next();
    expect(asked.request.method).toBe('DELETE');
    expect(JSON.parse(asked.body)).toMatchObject({ kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions: { uid: 'u' } });
    expect(asked.query).not.toHaveProperty('fieldManager');
    asked.status(404, 'NotFound');
    await gone;
  });

  it('get: null for none', async () => {
    const none = begin().get(THINGS, 'default', 'a');
    (await stub.next()).status(404, 'NotFound');
    expect(await none).toBeNull();
  });

  it('list: the items say what they are', async () => {
    const page = begin().list(THINGS, null, { labelSelector: 'a=b', limit: 3 });
    const asked = await stub.next();
    expect(asked.query).toEqual({ labelSelector: 'a=b', limit: '3' });
    asked.page([{ metadata: { name: 'a' } }], '10', 'next');
    expect(await page).toEqual({
      items: [{ apiVersion: THINGS.apiVersion, kind: 'Thing', metadata: { name: 'a' } }],
      resourceVersion: '10',
      continue: 'next',
    });
  });
});

describe('errors', () => {
  it('say what was asked, of what, and what the server answered', async () => {
    const answer = begin().create(THINGS, 'default', thing('a', '7'));
    (await stub.next()).json(409, {
      kind: 'Status',
      reason: 'AlreadyExists',
      message: 'things "a" already exists',
      details: { name: 'a' },
    });
    const error = (await answer.catch((thrown: unknown) => thrown)) as KubeError;
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({
      status: 409,
      reason: 'AlreadyExists',
      isConflict: false,
      isAlreadyExists: true,
      isRetryable: false,
      details: { name: 'a' },
      message: 'create things default: 409 things "a" already exists',
    });
  });

  it('a conflict can be tried again', async () => {
    const answer = begin().replace(THINGS, thing('a', '7'));
    (await stub.next()).status(409, 'Conflict');
    await expect(answer).rejects.toMatchObject({ isConflict: true, isRetryable: true });
  });

  it('an answer that is no JSON', async () => {
    const answer = begin().get(THINGS, 'default', 'a');
    (await stub.next()).response.writeHead(502).end('<html>bad gateway</html>');
    await expect(answer).rejects.toMatchObject({ status: 502, message: expect.stringContaining('bad gateway') });
    const half = client.get(THINGS, 'default', 'a');
    (await stub.next()).response.writeHead(200).end('{"kind":');
    await expect(half).rejects.toMatchObject({ status: 0, reason: 'Malformed' });
  });

  it('no answer within the time: for the head, and for the rest of it', async () => {
    begin({ requestTimeoutMs: 200 });
    const head = client.get(THINGS, 'default', 'a');
    await stub.next();
    await expect(head).rejects.toMatchObject({ status: 0, reason: 'Timeout', isRetryable: true });
    const body = client.get(THINGS, 'default', 'a');
    (await stub.next()).open().response.write('{');
    await expect(body).rejects.toMatchObject({ status: 0, reason: 'Timeout' });
  });

  it('nobody there, or gone in the middle', async () => {
    begin();
    const reset = client.get(THINGS, 'default', 'a');
    (await stub.next()).request.socket.destroy();
    await expect(reset).rejects.toMatchObject({ status: 0, reason: 'Reset' });
    await stub.close();
    await expect(client.get(THINGS, 'default', 'a')).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
    expect(await requests({ verb: 'get', code: 0 })).toBe(2);
  });
});

describe('a server that says later', () => {
  it.each([429, 503])('%d with Retry-After: asked again then', async (status) => {
    const answer = begin().get(THINGS, 'default', 'a');
    (await stub.next()).status(status, 'TooManyRequests', { 'retry-after': '1' });
    const from = performance.now();
    (await stub.next()).json(200, thing('a', '1'));
    expect(performance.now() - from).toBeGreaterThan(900);
    expect(await answer).toMatchObject({ metadata: { name: 'a' } });
    expect(await requests({ verb: 'get' })).toBe(2);
  });

  it('is left alone when that is after our time, or when it does not say when', async () => {
    begin({ requestTimeoutMs: 5_000 });
    const long = client.get(THINGS, 'default', 'a');
    (await stub.next()).status(429, 'TooManyRequests', { 'retry-after': '60' });
    await expect(long).rejects.toMatchObject({ status: 429, retryAfterMs: 60_000, isRetryable: true });
    const silent = client.get(THINGS, 'default', 'a');
    (await stub.next()).status(503, 'ServiceUnavailable');
    await expect(silent).rejects.toMatchObject({ status: 503, retryAfterMs: null });
    expect(stub.pending).toBe(0);
  });

  it('is asked so often at most', async () => {
    const answer = begin().get(THINGS, 'default', 'a');
    answer.catch(() => undefined);
    for (let i = 0; i < 5; i++) (await stub.next()).status(429, 'TooManyRequests', { 'retry-after': '0' });
    await expect(answer).rejects.toMatchObject({ status: 429 });
    expect(stub.pending).toBe(0);
  });
});

describe('the fence', () => {
  it('is asked before each write with the time it may take, and before no read', async () => {
    const asked: number[] = [];
    begin({ requestTimeoutMs: 5_000, beforeWrite: (timeoutMs) => void asked.push(timeoutMs) });
    const read = client.get(THINGS, 'default', 'a');
    (await stub.next()).json(200, thing('a', '1'));
    await read;
    expect(asked).toEqual([]);
    const write = client.apply(THINGS, thing('a', '1'));
    (await stub.next()).json(200, thing('a', '2'));
    await write;
    expect(asked.length).toBeGreaterThan(0);
    for (const timeoutMs of asked) {
      expect(timeoutMs).toBeGreaterThan(4_000);
      expect(timeoutMs).toBeLessThanOrEqual(5_000);
    }
  });

  it.each(['create', 'replace', 'apply', 'patch', 'delete'] as const)('holds back %s', async (verb) => {
    begin({
      beforeWrite: () => {
        throw new NotLeaderError('no');
      },
    });
    const write = {
      create: () => client.create(THINGS, 'default', thing('a', '1')),
      replace: () => client.replace(THINGS, thing('a', '1')),
      apply: () => client.apply(THINGS, thing('a', '1')),
      patch: () => client.patch(THINGS, 'default', 'a', {}),
      delete: () => client.delete(THINGS, 'default', 'a', { propagationPolicy: 'Background' }),
    }[verb];
    await expect(write()).rejects.toBeInstanceOf(NotLeaderError);
    expect(stub.pending).toBe(0);
  });

  it('is asked once more when the connection is there: what waited for it does not go out under a lease that ended meanwhile', async () => {
    let calls = 0;
    begin({
      beforeWrite: () => {
        calls += 1;
        if (calls === 2) throw new NotLeaderError('the lease ended meanwhile');
      },
    });
    await expect(client.create(THINGS, 'default', thing('a', '1'))).rejects.toBeInstanceOf(NotLeaderError);
    expect(calls).toBe(2);
    expect(stub.pending).toBe(0);
    expect(await requests({ verb: 'create' })).toBe(0);
    // And what comes after is not hurt.
    const read = client.get(THINGS, 'default', 'a');
    (await stub.next()).json(200, thing('a', '1'));
    expect(await read).not.toBeNull();
  });

  it('stands before a retry, too', async () => {
    let open = true;
    begin({
      beforeWrite: () => {
        if (!open) throw new NotLeaderError('no');
      },
    });
    const write = client.create(THINGS, 'default', thing('a', '1'));
    const first = await stub.next();
    open = false;
    first.status(429, 'TooManyRequests', { 'retry-after': '0' });
    await expect(write).rejects.toBeInstanceOf(NotLeaderError);
    expect(stub.pending).toBe(0);
  });
});
