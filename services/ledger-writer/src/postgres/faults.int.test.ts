import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { StoreUnavailableError } from '../application/errors.ts';
import { silentObserver } from '../application/observer.ts';
import type { LedgerLocation } from '../application/store.ts';
import { decideBatch } from '../domain/batch.ts';
import { needsOf } from '../domain/needs.ts';
import { say, submit } from '../memory/fixtures.ts';
import { verifyLedger } from '../memory/verify.ts';
import { withClient } from './cluster.ts';
import type { CrashPoint } from './crash-points.ts';
import { answered, ask, type LedgerPostgres, openCommitter, openWriter, startLedgerPostgres, type TestWriter } from './writer.fixture.ts';

/** Forwards bytes to PostgreSQL until it is told to cut: then what goes to the server still gets there, and no answer comes back. */
class Proxy {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  isDeaf = false;

  constructor(target: number) {
    this.server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.on('data', (bytes) => upstream.write(bytes));
      upstream.on('data', (bytes) => (this.isDeaf ? client.destroy() : client.write(bytes)));
      client.on('close', () => upstream.end());
      upstream.on('close', () => client.destroy());
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as { port: number }).port));
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('faults of the database', () => {
  let postgres: LedgerPostgres;
  let urls: { serviceUrl: string; superuserUrl: string };
  let admin: Pool;
  let ledgers = 0;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    postgres = await startLedgerPostgres();
    urls = await postgres.database();
    admin = createPool({ url: urls.superuserUrl, max: 2, applicationName: 'test', log: silentLogger });
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    await admin?.end();
    await postgres?.stop();
  });

  function writer(url: string, at?: (point: CrashPoint) => void): TestWriter {
    const made = openWriter({ clusters: { main: url }, ...(at === undefined ? {} : { at }) });
    closing.push(() => made.close());
    return made;
  }

  async function opened({ store, directory }: TestWriter): Promise<LedgerLocation> {
    const location = await directory.allocate(`fault-${++ledgers}`);
    const commands = [say.openLedger('USD'), say.open('alice', 'USD', { initialBalance: '100' }), say.open('bob', 'USD')];
    const committer = openCommitter(store);
    expect((await Promise.all(commands.map((body) => ask(committer, location, submit(body))))).map(answered)).toEqual([
      'LedgerOpened',
      'AccountOpened',
      'AccountOpened',
    ]);
    return location;
  }

  it('isolates a command that PostgreSQL does not take, and commits its neighbours in order', async () => {
    const one = writer(urls.serviceUrl);
    const location = await opened(one);
    const poisoned: string[] = [];
    const committer = openCommitter(one.store, {
      observer: { ...silentObserver, poisoned: (_, { command }) => poisoned.push(command.body?.$case ?? '') },
    });
    // A NUL can not be kept in a text column; the edge refuses it, here it comes past the edge.
    const commands = Array.from({ length: 32 }, (_, index) =>
      index === 13 ? say.open('evil', 'USD', { ownerId: 'o\0' }) : say.deposit('bob', `${index + 1}`, 'USD'),
    );
    const answers = (await Promise.all(commands.map((body) => ask(committer, location, submit(body))))).map(answered);
    expect(answers.map((answer, index) => (index === 13 ? answer === 'internal' : answer === 'FundsDeposited'))).not.toContain(false);
    expect(poisoned).toEqual(['openAccount']);
    const { records } = await verifyLedger(one.store, location);
    const amounts = records.slice(3).map((record) => (record.events.at(-1) as { amount: bigint }).amount);
    expect(amounts).toEqual(Array.from({ length: 32 }, (_, index) => BigInt(index + 1) * 100n).filter((_, index) => index !== 13));
  });

  it('finds a batch that was committed while the connection was cut', async () => {
    const proxy = new Proxy(postgres.server.port);
    closing.push(() => proxy.close());
    const through = new URL(urls.serviceUrl);
    through.port = String(await proxy.listen());
    let isArmed = false;
    const cut = writer(through.href, (point) => {
      if (point !== 'during-commit' || !isArmed) return;
      isArmed = false;
      proxy.isDeaf = true;
      setTimeout(() => (proxy.isDeaf = false), 200);
    });
    const location = await opened(writer(urls.serviceUrl));
    isArmed = true;
    const committer = openCommitter(cut.store);
    const submission = submit(say.transfer('alice', 'bob', '7', 'USD'));
    const answer = await ask(committer, location, submission);
    expect(answered(answer)).toBe('FundsTransferred');
    // Found by looking: a batch that was only tried again would be answered as a replay.
    expect(answer).toMatchObject({ replayed: false });
    expect(isArmed).toBe(false);
    expect((await verifyLedger(cut.store, location)).records.length).toBe(4);
    expect(await ask(committer, location, submission)).toEqual({ ...answer, replayed: true });
  });

  it('tries again when the backend dies in the middle, with one effect', async () => {
    let kills = 0;
    const points: CrashPoint[] = ['between-flights', 'while-sealing', 'during-commit'];
    const one = writer(urls.serviceUrl, (point) => {
      if (!points.includes(point) || kills <= 0) return;
      kills -= 1;
      void admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ledger-writer'`);
    });
    const location = await opened(one);
    const committer = openCommitter(one.store);
    for (let round = 1; round <= 10; round++) {
      kills = 2;
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => ask(committer, location, submit(say.transfer('alice', 'bob', '1', 'USD')))),
      );
      expect(answers.map(answered)).toEqual(Array.from({ length: 5 }, () => 'FundsTransferred'));
    }
    expect((await verifyLedger(one.store, location)).accounts.get('bob')?.posted).toBe(5_000n);
  });

  it('leaves nothing of a batch whose connection is lost after its entries were written, and commits it once on another', async () => {
    let isArmed = false;
    const one = writer(urls.serviceUrl, (point) => {
      if (point !== 'while-sealing' || !isArmed) return;
      isArmed = false;
      throw new StoreUnavailableError('lost between the halves');
    });
    const location = await opened(one);
    const list = Array.from({ length: 20 }, () => submit(say.transfer('alice', 'bob', '1', 'USD')));
    isArmed = true;
    const lost = one.store.transact(location, needsOf(list), (view) => {
      const { writes, outcomes } = decideBatch(list, view);
      return { writes, result: outcomes };
    });
    await expect(lost).rejects.toThrow('lost between the halves');
    const counts = `select (select count(*) from ledger.events where ledger = $1)::int as events, (select position from ledger.heads where ledger = $1)::int as position`;
    const before = (await admin.query<{ events: number; position: number }>(counts, [location.number])).rows[0];
    expect(before?.position).toBe(3);
    const committer = openCommitter(one.store);
    isArmed = true;
    expect((await Promise.all(list.map((submission) => ask(committer, location, submission)))).map(answered)).toEqual(
      list.map(() => 'FundsTransferred'),
    );
    expect(isArmed).toBe(false);
    const after = (await admin.query<{ events: number; position: number }>(counts, [location.number])).rows[0];
    expect(after).toEqual({ events: (before?.events ?? 0) + 40, position: 23 });
    expect((await verifyLedger(one.store, location)).accounts.get('bob')?.posted).toBe(2_000n);
  });

  it('gets a ledger back from a writer that stopped between its flights within five seconds', async () => {
    const [stopped, other] = [writer(urls.serviceUrl), writer(urls.serviceUrl)];
    const location = await opened(other);
    const cluster = stopped.clusters.get('main');
    let free: () => void = () => undefined;
    const held = Promise.withResolvers<void>();
    // What a suspended process leaves behind: an open transaction that has the head and says nothing more.
    const suspended = withClient((cluster as NonNullable<typeof cluster>).write, async (client) => {
      await client.query('begin');
      await client.query('select 1 from ledger.heads where ledger = $1 for no key update', [location.number]);
      held.resolve();
      await new Promise<void>((resolve) => (free = resolve));
    });
    await held.promise;
    const began = performance.now();
    const answer = await ask(openCommitter(other.store), location, submit(say.deposit('bob', '1', 'USD')));
    const seconds = (performance.now() - began) / 1000;
    free();
    await suspended.catch(() => undefined);
    expect(answered(answer)).toBe('FundsDeposited');
    expect(seconds).toBeGreaterThan(1);
    expect(seconds).toBeLessThan(5.5);
  });

  it('answers unavailable when its time is up, and drops what nobody waits for', async () => {
    const one = writer(urls.serviceUrl);
    const location = await opened(one);
    const blocker = createPool({ url: urls.superuserUrl, max: 1, applicationName: 'blocker', log: silentLogger });
    const client = await blocker.connect();
    await client.query('begin');
    await client.query('select 1 from ledger.heads where ledger = $1 for no key update', [location.number]);
    const committer = openCommitter(one.store);
    const first = ask(committer, location, submit(say.deposit('bob', '1', 'USD')), { deadlineMs: Date.now() + 300, isGone: () => false });
    await new Promise(setImmediate);
    const gone = ask(committer, location, submit(say.deposit('bob', '2', 'USD')), {
      deadlineMs: Number.MAX_SAFE_INTEGER,
      isGone: () => true,
    });
    expect(answered(await first)).toBe('unavailable');
    await client.query('rollback');
    client.release();
    await blocker.end();
    expect(answered(await gone)).toBe('unavailable');
    expect((await verifyLedger(one.store, location)).records.length).toBe(3);
  });
});
