import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Registry } from '@ledgerflow/platform/metrics';
import { KubeClient } from './client.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { type Asked, counted, StubServer, testMetrics, type Thing, thing, THINGS, Told } from './testing.ts';

let stub: StubServer;
let client: KubeClient;
let informer: Informer<Thing>;
let told: Told;
let registry: Registry;

beforeEach(async () => {
  stub = await StubServer.start();
  told = new Told();
});

afterEach(async () => {
  await informer.stop();
  await client.close();
  await stub.close();
});

function begin(options: Partial<InformerOptions<Thing>> & { token?: object; requestTimeoutMs?: number } = {}): void {
  const made = testMetrics();
  registry = made.registry;
  const { requestTimeoutMs = 5_000, token, ...rest } = options;
  const kubeConfig = token === undefined ? stub.kubeConfig : stub.kubeConfigOf({ name: 'me', authProvider: token });
  client = new KubeClient({ kubeConfig, fieldManager: 'test', requestTimeoutMs });
  informer = new Informer({
    client,
    resource: THINGS,
    namespaces: [],
    onChange: told.onChange,
    log: silentLogger,
    metrics: made.metrics,
    backoff: { baseMs: 1, maxMs: 20 },
    ...rest,
  });
  informer.start();
}

/** Lists a@1 and b@2, and is at the first watch, which goes on from version 10. */
async function watching(options: Parameters<typeof begin>[0] = {}): Promise<Asked> {
  begin(options);
  (await stub.next()).page([thing('a', '1'), thing('b', '2')], '10');
  const watch = await stub.next();
  expect(watch.query).toMatchObject({ watch: 'true', resourceVersion: '10', allowWatchBookmarks: 'true' });
  expect(told.changes.splice(0)).toEqual(['added a@1', 'added b@2']);
  return watch.open();
}

const restarts = (reason: string): Promise<number> =>
  counted(registry, 'ledgerflow_operator_watch_restarts_total', { resource: 'things', reason });

describe('the copy of an informer', () => {
  it('is what the pages of the list and the events of the watch say, without managedFields', async () => {
    begin();
    expect(informer.verdict()).toMatchObject({ ok: false });
    const first = await stub.next();
    expect(first.url.pathname).toBe('/apis/test.ledgerflow.io/v1/things');
    first.page([thing('a', '1')], '10', 'more');
    const second = await stub.next();
    expect(second.query).toMatchObject({ continue: 'more' });
    expect(informer.list()).toEqual([]);
    second.page([thing('b', '2')], '10');
    await informer.synced(5_000);
    const watch = (await stub.next()).open();
    watch.event('ADDED', thing('c', '11')).event('MODIFIED', thing('a', '12')).event('DELETED', thing('b', '13'));
    expect(await told.until(5)).toEqual(['added a@1', 'added b@2', 'added c@11', 'changed a@12', 'deleted b@13']);
    expect(informer.get('default', 'a')).toMatchObject({ kind: 'Thing', metadata: { resourceVersion: '12' } });
    expect(informer.get('default', 'a')?.metadata.managedFields).toBeUndefined();
    expect(informer.get('default', 'b')).toBeUndefined();
    expect(informer.list()).toHaveLength(2);
    expect(informer.verdict()).toEqual({ ok: true });
  });

  it('has each of its namespaces listed and watched', async () => {
    begin({ namespaces: ['one', 'two'] });
    const paths = [];
    for (let i = 0; i < 2; i++) {
      const asked = await stub.next();
      paths.push(asked.url.pathname);
      asked.page([], '10');
    }
    expect(paths.sort()).toEqual([
      '/apis/test.ledgerflow.io/v1/namespaces/one/things',
      '/apis/test.ledgerflow.io/v1/namespaces/two/things',
    ]);
    await informer.synced(5_000);
  });

  it('takes an event that comes in pieces, in the middle of a letter too', async () => {
    const watch = await watching();
    const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { ...thing('c', '11'), note: 'Zürich' } })}\n`);
    const cut = bytes.indexOf(0xc3) + 1;
    watch.response.write(bytes.subarray(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    watch.response.write(bytes.subarray(cut));
    await told.until(1);
    expect(informer.get('default', 'c')).toMatchObject({ note: 'Zürich' });
  });

  it('goes on although somebody told of a change throws', async () => {
    let thrown = 0;
    const watch = await watching({
      onChange: (object, change) => {
        told.onChange(object, change);
        if (object.metadata.name !== 'c') return;
        thrown += 1;
        throw new Error('no');
      },
    });
    watch.event('ADDED', thing('c', '11')).event('ADDED', thing('d', '12'));
    expect(await told.until(2)).toEqual(['added c@11', 'added d@12']);
    expect(thrown).toBe(1);
  });
});

describe('an end of a watch is followed by another, from the last version:', () => {
  /** The next request is a watch from `from`; what it tells arrives. */
  async function goesOn(from: string, reason: string, already = 0): Promise<void> {
    const next = await stub.next();
    expect(next.query).toMatchObject({ watch: 'true', resourceVersion: from });
    next.open().event('MODIFIED', thing('b', '50'));
    expect((await told.until(already + 1)).at(-1)).toBe('changed b@50');
    expect(await restarts(reason)).toBe(1);
    expect(informer.verdict()).toEqual({ ok: true });
  }

  it('the server closes it', async () => {
    const watch = await watching();
    watch.event('MODIFIED', thing('a', '11'));
    watch.response.end();
    await goesOn('11', 'closed', 1);
  });

  it('a bookmark is a version, too', async () => {
    const watch = await watching();
    watch.bookmark('33');
    watch.response.end();
    await goesOn('33', 'closed');
  });

  it('the connection is reset', async () => {
    const watch = await watching();
    watch.event('MODIFIED', thing('a', '11'));
    await told.until(1);
    watch.request.socket.resetAndDestroy();
    await goesOn('11', 'reset', 1);
  });

  it('it ends within a line', async () => {
    const watch = await watching();
    watch.event('MODIFIED', thing('a', '11'));
    watch.response.end('{"type":"MODIFIED","object":{"metadata":{"na');
    await goesOn('11', 'malformed', 1);
  });

  it('a line is no JSON', async () => {
    const watch = await watching();
    watch.response.write('<html>\n');
    await goesOn('10', 'malformed');
  });

  it('an event of an unknown type', async () => {
    const watch = await watching();
    watch.event('SURPRISE', thing('a', '11'));
    await goesOn('10', 'malformed');
  });

  it('not a byte for too long', async () => {
    const watch = await watching({ maxSilenceMs: 300 });
    expect(watch.response.closed).toBe(false);
    await goesOn('10', 'silent');
    expect(watch.response.closed).toBe(true);
  });

  it.each([500, 502, 503, 504])('the next one is answered with %d', async (status) => {
    const watch = await watching();
    watch.response.end();
    (await stub.next()).status(status, 'ServiceUnavailable');
    await goesOn('10', 'server_error');
  });

  it('the next one is answered with 429, and comes back no sooner than it says', async () => {
    const watch = await watching();
    watch.response.end();
    (await stub.next()).status(429, 'TooManyRequests', { 'retry-after': '1' });
    const from = performance.now();
    await goesOn('10', 'throttled');
    expect(performance.now() - from).toBeGreaterThan(900);
  });

  it('an ERROR event that is not about the version', async () => {
    const watch = await watching();
    watch.event('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'etcd is away' });
    await goesOn('10', 'server_error');
  });

  it('nobody listens for a while', async () => {
    const watch = await watching({ awayMaxMs: 1 });
    const { port } = stub;
    watch.event('MODIFIED', thing('a', '11'));
    await told.until(1);
    await stub.close();
    while ((await restarts('unreachable')) < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(informer.verdict()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^things: no watch for \d+ s \(watch things: .*ECONNREFUSED/),
    });
    await stub.reopen(port);
    const next = await stub.next();
    expect(next.query).toMatchObject({ resourceVersion: '11' });
    next.open().event('MODIFIED', thing('b', '50'));
    await told.until(2);
    expect(informer.verdict()).toEqual({ ok: true });
  });
});

describe('a new list', () => {
  /** The list after the gap: a changed, b gone, c new, d made again by the same name. */
  async function relisted(asked: Asked): Promise<void> {
    expect(asked.query).not.toHaveProperty('watch');
    asked.page([thing('a', '21'), thing('c', '22')], '30');
    expect(await told.until(3)).toEqual(['deleted b@2', 'changed a@21', 'added c@22']);
    expect((await stub.next()).query).toMatchObject({ watch: 'true', resourceVersion: '30' });
  }

  it('after 410 as an ERROR event: says what the gap hid, deletions too', async () => {
    const watch = await watching();
    watch.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
    await relisted(await stub.next());
    expect(await restarts('expired')).toBe(1);
  });

  it('after 410 as an answer', async () => {
    const watch = await watching();
    watch.response.end();
    (await stub.next()).status(410, 'Expired');
    await relisted(await stub.next());
  });

  it('after a version the server has not come to (restored from a backup)', async () => {
    const watch = await watching();
    watch.response.end();
    const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
    (await stub.next()).json(504, { kind: 'Status', code: 504, reason: 'Timeout', details: { causes } });
    await relisted(await stub.next());
  });

  it('that shows no change tells nothing', async () => {
    const watch = await watching();
    watch.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    (await stub.next()).page([thing('a', '1'), thing('b', '2')], '30');
    (await stub.next()).open().event('ADDED', thing('z', '31'));
    expect(await told.until(1)).toEqual(['added z@31']);
  });

  it('that is asked for shows what another definition makes of the same version', async () => {
    const watch = await watching();
    informer.relist();
    const list = await stub.next();
    expect(list.query['watch']).toBeUndefined();
    list.page([{ ...thing('a', '1'), spec: { size: 7 } }, thing('b', '2')], '10');
    expect(await told.until(1)).toEqual(['changed a@1']);
    expect(informer.get('default', 'a')).toMatchObject({ spec: { size: 7 } });
    expect((await stub.next()).query).toMatchObject({ watch: 'true', resourceVersion: '10' });
    expect(await restarts('relist')).toBe(1);
    watch.response.destroy();
  });

  it('shows that an object is another by the same name', async () => {
    const watch = await watching();
    watch.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    (await stub.next()).page([thing('a', '1'), thing('b', '22', 'another')], '30');
    expect(await told.until(2)).toEqual(['deleted b@2', 'added b@22']);
  });

  it('is begun again when its next page has expired', async () => {
    begin();
    (await stub.next()).page([thing('gone', '1')], '10', 'more');
    (await stub.next()).status(410, 'Expired');
    const again = await stub.next();
    expect(again.query).not.toHaveProperty('continue');
    again.page([thing('a', '12')], '13');
    expect(await told.until(1)).toEqual(['added a@12']);
  });

  it('that fails is made again, and what is known stays', async () => {
    const watch = await watching();
    watch.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    (await stub.next()).status(500, 'InternalError');
    const again = await stub.next();
    expect(informer.list()).toHaveLength(2);
    await relisted(again);
  });

  it('is not made for ever without a pause when each watch from it fails', async () => {
    begin({ backoff: { baseMs: 40, maxMs: 10_000 } });
    const from = performance.now();
    for (let i = 0; i < 4; i++) {
      (await stub.next()).page([], '10');
      (await stub.next()).status(410, 'Expired');
    }
    // Three pauses of at least 30, 60 and 120 ms.
    await stub.next();
    expect(performance.now() - from).toBeGreaterThan(200);
  });
});

describe('credentials', () => {
  it('that are not taken any more are read afresh at once', async () => {
    const tokens = ['first', 'second'];
    // What the library does with a token file, without waiting for its minute.
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const folder = await mkdtemp(`${tmpdir()}/token-`);
    try {
      const tokenFile = `${folder}/token`;
      await writeFile(tokenFile, `${tokens[0]}\n`);
      const watch = await watching({ token: { name: 'tokenFile', config: { tokenFile } } });
      expect(watch.request.headers.authorization).toBe('Bearer first');
      await writeFile(tokenFile, `${tokens[1]}\n`);
      watch.response.end();
      const refused = await stub.next();
      expect(refused.request.headers.authorization).toBe('Bearer first');
      refused.status(401, 'Unauthorized');
      const next = await stub.next();
      expect(next.request.headers.authorization).toBe('Bearer second');
      expect(next.query).toMatchObject({ watch: 'true', resourceVersion: '10' });
      next.open().event('MODIFIED', thing('b', '50'));
      expect(await told.until(1)).toEqual(['changed b@50']);
      expect(await restarts('unauthorized')).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that are refused for good make it red, and it goes on asking', async () => {
    begin({ awayMaxMs: 1 });
    for (let i = 0; i < 4; i++) (await stub.next()).status(401, 'Unauthorized');
    expect(informer.verdict()).toMatchObject({ ok: false, reason: expect.stringContaining('401') });
    (await stub.next()).page([], '10');
    await informer.synced(5_000);
  });
});

it('says why it has not synced in time', async () => {
  begin();
  (await stub.next()).status(403, 'Forbidden');
  await stub.next();
  await expect(informer.synced(1)).rejects.toThrow('things: not listed yet (list things: 403 the stub says Forbidden)');
});

it('stops at once, in the middle of a list and of a watch', async () => {
  begin();
  await stub.next();
  await informer.stop();
  told.changes.length = 0;
  await client.close();
  const watch = await watching();
  await informer.stop();
  watch.event('ADDED', thing('c', '11'));
  expect(told.changes).toEqual([]);
});
