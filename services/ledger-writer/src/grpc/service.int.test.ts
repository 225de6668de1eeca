import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { recordFromJson } from '@ledgerflow/contracts';
import { type Command, type ExecuteResponse, LedgerServiceClient, type Principal, type RecordBatch } from '@ledgerflow/contracts/grpc';
import { ensureCertificates } from '@ledgerflow/local/certificates';
import { clientCredentials, type GrpcServer, readTls, serverCredentials, startGrpcServer } from '@ledgerflow/platform/grpc';
import { Health } from '@ledgerflow/platform/health';
import { silentLogger } from '@ledgerflow/platform/log';
import type { GroupCommit } from '../application/group-commit.ts';
import type { CommandBody } from '../domain/definition.ts';
import { commandOf, say, submit } from '../memory/fixtures.ts';
import { CommitHub } from '../outbox/hub.ts';
import { ask, type LedgerPostgres, openCommitter, openWriter, startLedgerPostgres, type TestWriter } from '../postgres/writer.fixture.ts';
import { writerReflection } from './reflection.ts';
import { LEDGER_SERVICE } from './definition.ts';
import { ledgerService } from './service.ts';

const ADMIN: Principal = { id: 'admin', roles: ['admin'], ledgers: ['*'], source: 'test' };
const as = (roles: string[], ledgers: string[]): Principal => ({ id: 'somebody', roles, ledgers, source: 'test' });
const DEADLINE_MS = 10_000;

describe('the gRPC service', () => {
  let folder: string;
  let postgres: LedgerPostgres;
  let writer: TestWriter;
  let other: TestWriter;
  let committer: GroupCommit;
  let server: GrpcServer;
  /** One more server of the same writer, and a client of it as the gateway. */
  let serve: (stopping: AbortSignal) => Promise<{ server: GrpcServer; client: LedgerServiceClient }>;
  const stopping = new AbortController();
  const clients = new Map<string, LedgerServiceClient>();
  let keys = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ledgerflow-grpc-'));
    const certificates = await ensureCertificates(folder, [
      'ledger-writer',
      'admin-gateway',
      'read-model-builder',
      'search-sink',
      'operator',
    ]);
    const tls = (service: string) =>
      readTls({
        TLS_CA_FILE: certificates.caFile,
        TLS_CERT_FILE: certificates.certFile(service),
        TLS_KEY_FILE: certificates.keyFile(service),
      });
    postgres = await startLedgerPostgres();
    const { serviceUrl } = await postgres.database();
    writer = openWriter({ clusters: { main: serviceUrl } });
    other = openWriter({ clusters: { main: serviceUrl } });
    const hub = new CommitHub();
    committer = openCommitter(writer.store, { committed: (...args) => hub.committed(...args) });
    const { directory, store } = writer;
    const requests = { observe: () => undefined };
    const reflection = await writerReflection();
    const start = (signal: AbortSignal): Promise<GrpcServer> => {
      const implementation = ledgerService({
        directory,
        store,
        heads: store,
        groupCommit: committer,
        hub,
        requests,
        stopping: signal,
        log: silentLogger,
      });
      return startGrpcServer({
        host: '127.0.0.1',
        port: 0,
        credentials: serverCredentials(tls('ledger-writer')),
        services: [{ definition: LEDGER_SERVICE, implementation, name: 'ledger' }],
        health: new Health(),
        reflection,
      });
    };
    serve = async (signal) => {
      const one = await start(signal);
      return { server: one, client: new LedgerServiceClient(`localhost:${one.port}`, clientCredentials(tls('admin-gateway'))) };
    };
    server = await start(stopping.signal);
    for (const name of ['admin-gateway', 'read-model-builder', 'search-sink', 'operator', 'ledger-writer']) {
      clients.set(name, new LedgerServiceClient(`localhost:${server.port}`, clientCredentials(tls(name))));
    }
  });
  afterAll(async () => {
    for (const client of clients.values()) client.close();
    stopping.abort();
    await server?.stop(1_000);
    await writer?.close();
    await other?.close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const client = (name = 'admin-gateway'): LedgerServiceClient => clients.get(name) as LedgerServiceClient;
  const builder = (): LedgerServiceClient => client('read-model-builder');
  const command = (ledger: string, body: Command['body'] & object): Command => commandOf(body, { ledger, idempotencyKey: `key-${++keys}` });

  /** A unary call as a promise; a failed one resolves with its status. */
  function call<T>(start: (done: (error: ServiceError | null, response: T) => void) => unknown): Promise<T | { status: status }> {
    return new Promise((resolve) => start((error, response) => resolve(error === null ? response : { status: error.code })));
  }

  async function run(
    commands: Command[],
    principal: Principal | null = ADMIN,
    from = 'admin-gateway',
  ): Promise<ExecuteResponse['results']> {
    const response = await call<ExecuteResponse>((done) =>
      client(from).execute({ principals: principal === null ? [] : [principal], commands }, done),
    );
    if ('status' in response) throw new Error(status[response.status]);
    return response.results;
  }

  const told = ({ outcome }: ExecuteResponse['results'][number]): string => {
    if (outcome?.$case === 'record') return recordFromJson(outcome.value).type;
    return outcome?.value.code ?? 'nothing';
  };

  async function opened(ledger: string, deposits = 0): Promise<string> {
    const bodies = [
      say.openLedger('USD'),
      say.open('alice', 'USD', { initialBalance: '100', name: 'Alice' }),
      ...Array.from({ length: deposits }, () => say.deposit('alice', '1', 'USD')),
    ];
    await run(bodies.map((body) => command(ledger, body)));
    return ledger;
  }

  /** A record of about 15 KB a transaction: an atomic batch with as much metadata as one transaction may have. */
  function wide(transactions: number): CommandBody {
    const terms = { metadata: JSON.stringify({ filler: 'x'.repeat(15_000) }) };
    return say.batch(...Array.from({ length: transactions }, () => say.post([['alice', 'bob', '0.01', 'USD']], terms)));
  }

  async function openedWide(ledger: string): Promise<string> {
    await opened(ledger);
    await run([command(ledger, say.open('bob', 'USD'))]);
    return ledger;
  }

  async function collect(
    stream: ClientReadableStream<RecordBatch>,
  ): Promise<{ positions: bigint[]; batches: RecordBatch[]; status: status }> {
    const batches: RecordBatch[] = [];
    return new Promise((resolve) => {
      const end = (code: status): void =>
        resolve({
          batches,
          positions: batches.flatMap((batch) => batch.records.map((text) => recordFromJson(text).position)),
          status: code,
        });
      stream.on('data', (batch: RecordBatch) => batches.push(batch));
      stream.on('error', (error: ServiceError) => end(error.code));
      stream.on('end', () => end(status.OK));
    });
  }

  /** Reads a tail until it has so many records, then hangs up. */
  async function follow(stream: ClientReadableStream<RecordBatch>, count: number): Promise<string[]> {
    const texts: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${texts.length} of ${count} records came`)), DEADLINE_MS);
      stream.on('error', () => undefined);
      stream.on('data', (batch: RecordBatch) => {
        texts.push(...batch.records);
        if (texts.length < count) return;
        clearTimeout(timer);
        resolve();
      });
    });
    stream.cancel();
    return texts;
  }

  const range = (from: number, to: number): bigint[] => Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));

  it('answers a list in its order, over several ledgers', async () => {
    const commands = ['x', 'y'].flatMap((ledger) => [
      command(ledger, say.openLedger('USD')),
      command(ledger, say.open('alice', 'USD')),
      command(ledger, say.withdraw('alice', '1', 'USD')),
    ]);
    const mixed = [0, 3, 1, 4, 2, 5].map((index) => commands[index] as Command);
    const results = await run([...mixed, command('nowhere', say.deposit('alice', '1', 'USD'))]);
    expect(results.map(told)).toEqual([
      'LedgerOpened',
      'LedgerOpened',
      'AccountOpened',
      'AccountOpened',
      'insufficient_funds',
      'insufficient_funds',
      'ledger_not_found',
    ]);
    const [again] = await run([mixed[0] as Command]);
    expect(again).toEqual({ ...results[0], replayed: true });
  });

  it('checks role and grant of each command again', async () => {
    const ledger = await opened('granted');
    const deposit = (): Command => command(ledger, say.deposit('alice', '1', 'USD'));
    const freeze = (): Command => command(ledger, say.freeze('alice'));
    const verdicts = async (principal: Principal, commands: Command[]): Promise<string[]> => (await run(commands, principal)).map(told);
    expect(await verdicts(as(['viewer'], ['*']), [deposit(), freeze()])).toEqual(['forbidden', 'forbidden']);
    expect(await verdicts(as(['auditor'], [ledger]), [deposit()])).toEqual(['forbidden']);
    expect(await verdicts(as(['operator'], [ledger]), [deposit(), freeze()])).toEqual(['FundsDeposited', 'forbidden']);
    expect(await verdicts(as(['operator', 'admin'], ['another']), [deposit(), freeze()])).toEqual(['forbidden', 'forbidden']);
    expect(await verdicts(as(['admin'], ['mine']), [command('mine', say.openLedger('USD'))])).toEqual(['forbidden']);
    expect(await writer.directory.find('mine')).toBeNull();
  });

  it('refuses what is malformed before the domain sees it', async () => {
    const ledger = await opened('malformed');
    const good = command(ledger, say.deposit('alice', '1', 'USD'));
    const bad: Command[] = [
      { ...good, idempotencyKey: '' },
      { ...good, idempotencyKey: 'é' },
      { ...good, requestId: 'none' },
      { ...good, body: undefined },
      { ...good, principal: 7 },
      ...['0', '-1', '1e5', '', '01', 'NaN'].map((amount) => ({ ...good, body: say.deposit('alice', amount, 'USD') })),
      { ...good, body: say.deposit('a b', '1', 'USD') },
      { ...good, body: say.deposit('alice', '1', 'usd') },
      { ...good, body: say.deposit('alice', '1', 'USD', { reference: 'a\0b' }) },
      { ...good, body: say.deposit('alice', '1', 'USD', { metadata: '[]' }) },
      { ...good, body: say.deposit('alice', '1', 'USD', { effectiveAt: 1n << 62n }) },
      { ...good, body: say.freeze('alice', 'everything') },
      { ...good, body: say.post([]) },
    ];
    expect((await run(bad)).map(told)).toEqual(bad.map(() => 'invalid_request'));
    expect(told((await run([good]))[0] as ExecuteResponse['results'][number])).toBe('FundsDeposited');
  });

  it('takes principals from the gateway only', async () => {
    const ledger = await opened('identities', 3);
    for (const name of ['read-model-builder', 'search-sink', 'operator', 'ledger-writer']) {
      expect(await call((done) => client(name).execute({ principals: [ADMIN], commands: [] }, done))).toEqual({
        status: status.PERMISSION_DENIED,
      });
      expect(await call((done) => client(name).getAccount({ principal: ADMIN, ledger, account: 'alice' }, done))).toEqual({
        status: status.PERMISSION_DENIED,
      });
    }
    const log = { ledger, afterPosition: 0n, toPosition: 0n, limit: 0 };
    expect((await collect(client().readLog({ principal: undefined, ...log }))).status).toBe(status.UNAUTHENTICATED);
    for (const projector of [builder(), client('search-sink')]) {
      expect((await collect(projector.readLog({ principal: ADMIN, ...log }))).status).toBe(status.PERMISSION_DENIED);
      expect((await collect(projector.readLog({ principal: undefined, ...log }))).positions).toEqual(range(1, 5));
    }
    expect((await collect(client('operator').readLog({ principal: undefined, ...log }))).status).toBe(status.PERMISSION_DENIED);
    expect((await collect(client().readLog({ principal: as(['viewer'], ['other']), ...log }))).status).toBe(status.PERMISSION_DENIED);
    expect((await collect(client().readLog({ principal: as(['viewer'], [ledger]), ...log }))).positions).toEqual(range(1, 5));
    const slots = { ledger: '', afterPosition: 0n, slots: [1], cursors: [] };
    expect((await collect(client().tailLog({ principal: ADMIN, ...slots }))).status).toBe(status.PERMISSION_DENIED);
    expect(await call((done) => client().getHeads({ principal: ADMIN, ledgers: [], slots: [], recordedSince: 0n }, done))).toEqual({
      status: status.PERMISSION_DENIED,
    });
  });

  it('does not talk to callers without a certificate', async () => {
    const anonymous = new LedgerServiceClient(`localhost:${server.port}`, credentials.createSsl(await readFile(join(folder, 'ca.crt'))));
    const plain = new LedgerServiceClient(`localhost:${server.port}`, credentials.createInsecure());
    for (const stranger of [anonymous, plain]) {
      expect(await call((done) => stranger.execute({ principals: [ADMIN], commands: [] }, done))).toEqual({ status: status.UNAVAILABLE });
      stranger.close();
    }
  });

  it('shows accounts as they are now', async () => {
    const ledger = await opened('accounts');
    const get = (principal: Principal, at: string, account: string) =>
      call((done) => client().getAccount({ principal, ledger: at, account }, done));
    expect(await get(ADMIN, ledger, 'alice')).toMatchObject({
      code: '',
      account: { id: 'alice', posted: '10000', scale: 2, version: 2n, name: 'Alice', position: 2n, minBalance: '0' },
    });
    expect(await get(ADMIN, ledger, 'nobody')).toMatchObject({ account: undefined, code: 'account_not_found' });
    expect(await get(ADMIN, 'nowhere', 'alice')).toMatchObject({ code: 'ledger_not_found' });
    expect(await get(as(['viewer'], ['other']), ledger, 'alice')).toMatchObject({ code: 'forbidden' });
  });

  it('reads logs and streams in pages', async () => {
    const ledger = await opened('paged', 1_200);
    const whole = await collect(builder().readLog({ principal: undefined, ledger, afterPosition: 0n, toPosition: 0n, limit: 0 }));
    expect(whole.positions).toEqual(range(1, 1_202));
    expect(whole.batches.length).toBeGreaterThan(2);
    expect(whole.batches.every((batch) => batch.ledger === ledger && batch.headPosition === 1_202n)).toBe(true);
    const part = await collect(builder().readLog({ principal: undefined, ledger, afterPosition: 5n, toPosition: 900n, limit: 700 }));
    expect(part.positions).toEqual(range(6, 705));
    const stream = await collect(client().readStream({ principal: ADMIN, ledger, account: 'alice', afterVersion: 2n, limit: 250 }));
    expect(stream.positions).toEqual(range(3, 252));
    expect(
      (await collect(builder().readLog({ principal: undefined, ledger: 'nowhere', afterPosition: 0n, toPosition: 0n, limit: 0 }))).status,
    ).toBe(status.NOT_FOUND);
  });

  it('says of a read that it cuts short because it stops that it is not whole', async () => {
    const ledger = await opened('cut', 20);
    const stop = new AbortController();
    const one = await serve(stop.signal);
    try {
      const log = (): ClientReadableStream<RecordBatch> =>
        one.client.readLog({ principal: ADMIN, ledger, afterPosition: 0n, toPosition: 0n, limit: 0 });
      const stream = (): ClientReadableStream<RecordBatch> =>
        one.client.readStream({ principal: ADMIN, ledger, account: 'alice', afterVersion: 0n, limit: 0 });
      expect((await collect(log())).positions).toEqual(range(1, 22));
      expect((await collect(stream())).status).toBe(status.OK);
      stop.abort();
      expect((await collect(log())).status).toBe(status.UNAVAILABLE);
      expect((await collect(stream())).status).toBe(status.UNAVAILABLE);
    } finally {
      one.client.close();
      await one.server.stop(1_000);
    }
  });

  it('bounds the messages of a stream by bytes', async () => {
    const ledger = await openedWide('wide');
    await run(Array.from({ length: 7 }, () => command(ledger, wide(27))));
    const { positions, batches } = await collect(
      client().readStream({ principal: ADMIN, ledger, account: 'alice', afterVersion: 0n, limit: 7 }),
    );
    expect(positions).toEqual([2n, ...range(4, 9)]);
    expect(batches.map((batch) => batch.records.length)).toEqual([3, 2, 2]);
  });

  it('tails one ledger from a position, through history into the present', async () => {
    const ledger = await opened('tailed', 700);
    const tail = client().tailLog({ principal: as(['viewer'], [ledger]), ledger, afterPosition: 1n, slots: [], cursors: [] });
    const followed = follow(tail, 801);
    for (let batch = 0; batch < 10; batch++) await run(Array.from({ length: 10 }, () => command(ledger, say.deposit('alice', '1', 'USD'))));
    const texts = await followed;
    expect(texts.map((text) => recordFromJson(text).position)).toEqual(range(2, 802));
    expect(texts).toEqual(await writer.store.readLog((await writer.directory.find(ledger)) as never, 1n, null, 10_000, 1 << 30));
  });

  it('tails slots beyond cursors, for many listeners, with what other writers commit', async () => {
    const ledgers = await Promise.all(['s1', 's2', 's3'].map((ledger) => opened(ledger, 5)));
    const slots = Array.from({ length: 32 }, (_, slot) => slot);
    const all = (await call((done) => builder().getHeads({ principal: undefined, ledgers: [], slots, recordedSince: 0n }, done))) as {
      heads: { ledger: string; position: bigint }[];
    };
    const cursors = all.heads.map(({ ledger, position }) => ({ ledger, position: ledgers.includes(ledger) ? 2n : position }));
    const tails = Array.from({ length: 20 }, () =>
      follow(builder().tailLog({ principal: undefined, ledger: '', afterPosition: 0n, slots, cursors }), 3 * 5 + 3 + 3),
    );
    await Promise.all(ledgers.map((ledger) => run([command(ledger, say.deposit('alice', '1', 'USD'))])));
    // Past this process's hub: only the sweep can find these.
    const elsewhere = openCommitter(other.store);
    for (const ledger of ledgers)
      await ask(elsewhere, (await other.directory.find(ledger)) as never, submit(say.deposit('alice', '2', 'USD')));
    for (const texts of await Promise.all(tails)) {
      for (const ledger of ledgers) {
        const positions = texts.map((text) => recordFromJson(text)).filter((record) => record.ledger === ledger);
        expect(positions.map((record) => record.position)).toEqual(range(3, 9));
      }
    }
  });

  it('does not read ahead of a listener that does not read', async () => {
    const ledger = await openedWide('slow');
    for (let batch = 0; batch < 10; batch++) await run(Array.from({ length: 20 }, () => command(ledger, wide(7))));
    const pages = { tail: 0, reader: 0 };
    const readLog = writer.store.readLog.bind(writer.store);
    writer.store.readLog = (place, after, to) => {
      // A tail has no end.
      pages[to === null ? 'tail' : 'reader'] += 1;
      return readLog(place, after, to, 1, 1);
    };
    const tail = client().tailLog({ principal: ADMIN, ledger, afterPosition: 0n, slots: [], cursors: [] });
    tail.on('error', () => undefined);
    const texts: string[] = [];
    // After the first message: before it, the client of this library takes everything whether or not it is read.
    await new Promise<void>((resolve) => {
      tail.on('data', (batch: RecordBatch) => {
        if (texts.push(...batch.records) === 1) tail.pause();
        resolve();
      });
    });
    // While others read the whole log twice, it has had every chance: the client's own buffer has sixteen messages, the rest is what the transport and we are ahead.
    const all = { principal: undefined, ledger, afterPosition: 0n, toPosition: 0n, limit: 0 };
    for (let round = 0; round < 2; round++) expect((await collect(builder().readLog(all))).positions).toEqual(range(1, 203));
    writer.store.readLog = readLog;
    expect(pages.reader).toBe(406);
    expect(pages.tail).toBeLessThan(26);
    await follow(tail.resume(), 202);
    expect(texts.map((text) => recordFromJson(text).position)).toEqual(range(1, 203));
  });

  it('resolves times', async () => {
    const ledger = await opened('times', 2);
    const resolve = (principal: Principal, at: string, time: bigint) =>
      call((done) => client().resolveTime({ principal, ledger: at, time }, done));
    expect(await resolve(ADMIN, ledger, (BigInt(Date.now()) + 60_000n) * 1_000n)).toMatchObject({ code: 'time_in_future' });
    expect(await resolve(ADMIN, ledger, 0n)).toEqual({ position: 0n, epoch: 1, code: '' });
    const head = await writer.store.readHead((await writer.directory.find(ledger)) as never);
    expect(await resolve(ADMIN, ledger, head?.recordedAt as bigint)).toEqual({ position: 4n, epoch: 1, code: '' });
    expect(await resolve(ADMIN, 'nowhere', 0n)).toMatchObject({ code: 'ledger_not_found' });
    expect(await resolve(as(['viewer'], []), ledger, 0n)).toMatchObject({ code: 'forbidden' });
  });

  it('tells heads with root and digests', async () => {
    const ledger = await opened('heads', 1);
    const answer = await call((done) =>
      client().getHeads({ principal: as(['viewer'], [ledger]), ledgers: [ledger], slots: [], recordedSince: 0n }, done),
    );
    expect(answer).toMatchObject({ heads: [{ ledger, position: 3n, epoch: 1 }] });
    const [head] = (answer as { heads: { root: Buffer; recordHash: Buffer; entryDigest: Buffer }[] }).heads;
    expect([head?.root.length, head?.recordHash.length, head?.entryDigest.length]).toEqual([32, 32, 32]);
  });
});
