import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordFromJson } from '@ledgerflow/contracts';
import { createTestStandby, type TestStandby } from '@ledgerflow/local/postgres';
import { Health } from '@ledgerflow/platform/health';
import { Stoppable } from '@ledgerflow/platform/lifecycle';
import { silentLogger } from '@ledgerflow/platform/log';
import { Registry } from '@ledgerflow/platform/metrics';
import { createPool } from '@ledgerflow/platform/postgres';
import { load, startReadServer, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { type Reply, TestGateway } from '../test/gateway.ts';
import { openReadDatabase } from './open.ts';

const TOKEN = 'ledger-consistency';
const BALANCE = '/ledgers/main/accounts/alice/balance';
const WAIT_MS = 4_000;
/** Long enough for a machine with more to do. */
const DEADLINE_MS = 30_000;

describe('reads from a replica', () => {
  let server: ReadServer;
  let db: ReadDatabase;
  let standby: TestStandby;
  let test: TestGateway;
  const parts = new Stoppable();
  const metrics = new Registry();
  /** What the builder would apply, in order; `isHeld`: it does not. */
  let applying = Promise.resolve();
  let isHeld = false;
  const kept: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    server = await startReadServer();
    db = await server.create();
    const superuser = createPool({ url: server.postgres.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger });
    // The builder does not wait for the disk: what it commits reaches a replica when the WAL writer next runs.
    await superuser.query(`alter system set wal_writer_delay = '10ms'`);
    await superuser.query('select pg_reload_conf()').finally(() => superuser.end());
    standby = await createTestStandby(server.postgres);
    const replicaUrl = db.gatewayUrl.replace(`:${server.postgres.port}/`, `:${standby.port}/`);
    const options = { url: db.gatewayUrl, replicaUrl, poolMax: 4, scanPoolMax: 2, parts, health: new Health(), log: silentLogger, metrics };
    test = await TestGateway.start({ ...(await openReadDatabase(options)), consistencyWaitMs: WAIT_MS });
    test.writer.onCommit = (_, texts) => {
      const apply = (): Promise<void> => load(db.builder, texts.map(recordFromJson));
      if (isHeld) kept.push(apply);
      else applying = applying.then(apply);
    };
    await test.seed('main', { alice: '0' });
    await applying;
  }, 120_000);
  afterAll(async () => {
    await test.stop();
    await parts.stop(silentLogger);
    await standby.stop();
    await server.stop();
  });

  const reader = { subject: 'reader' };
  const deposit = (): Promise<Reply> => test.post('/ledgers/main/accounts/alice/deposits', { amount: '1', currency: 'USD' });
  const read = (path: string, write?: Reply): Promise<Reply> =>
    test.get(path, write === undefined ? {} : { [TOKEN]: write.headers.get(TOKEN)! }, reader);
  const positionOf = (reply: Reply): bigint => BigInt(reply.body['asOfPosition'] as string);
  const count = async (reason: string): Promise<number> => {
    const line = new RegExp(`^ledgerflow_replica_reads_from_primary_total{reason="${reason}"} (\\d+)$`, 'm');
    return Number(line.exec(await metrics.metrics())?.[1] ?? 0);
  };
  const isUp = async (): Promise<boolean> => (await metrics.metrics()).includes('ledgerflow_read_replica_up 1');
  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const endMs = Date.now() + DEADLINE_MS;
    while (!(await isSo())) if (Date.now() > endMs) throw new Error('it did not come to be in time');
  }

  it('are as new as their token asks, on every route, while somebody writes', async () => {
    for (let i = 0; i < 30; i++) {
      const write = await deposit();
      const position = BigInt(write.body['position'] as string);
      const [balance, account, list, entries, transactions, one, trial, ledger, ledgers] = await Promise.all(
        [
          BALANCE,
          '/ledgers/main/accounts/alice',
          '/ledgers/main/accounts',
          '/ledgers/main/accounts/alice/entries?limit=1000',
          '/ledgers/main/transactions?limit=1',
          `/ledgers/main/transactions/${position}`,
          '/ledgers/main/trial-balance',
          '/ledgers/main',
          '/ledgers',
        ].map((path) => read(path, write)),
      );
      for (const reply of [balance!, account!, trial!]) expect(positionOf(reply)).toBeGreaterThanOrEqual(position);
      const rows = (reply: Reply | undefined) => reply?.body['data'] as Record<string, string>[];
      expect(rows(list)[0]!['posted']).toBe(`${i + 1}.00`);
      expect(rows(entries)).toHaveLength(i + 1);
      expect(rows(transactions)[0]!['id']).toBe(position.toString());
      expect(one?.status).toBe(200);
      for (const found of [ledger!.body, rows(ledgers)[0]!]) expect(BigInt(found['position'] as string)).toBeGreaterThanOrEqual(position);
    }
    expect([await count('down'), await count('unable'), await isUp()]).toEqual([0, 0, true]);
  });

  it('stand still while it replays nothing; who names a place waits, and is then answered by the primary, never older', async () => {
    const before = await deposit();
    expect(positionOf(await read(BALANCE, before))).toBe(BigInt(before.body['position'] as string));
    await standby.pauseReplay();
    const write = await deposit();
    // It is the replica that answers.
    expect(positionOf(await read(BALANCE))).toBe(BigInt(before.body['position'] as string));
    const lagged = await count('lag');
    const since = performance.now();
    const [balance, ledgers] = await Promise.all([read(BALANCE, write), read('/ledgers', write)]);
    expect(positionOf(balance)).toBe(BigInt(write.body['position'] as string));
    expect((ledgers.body['data'] as { position: string }[])[0]?.position).toBe(write.body['position']);
    expect(performance.now() - since).toBeGreaterThan(900);
    expect(await count('lag')).toBeGreaterThan(lagged);
    // In time it is the replica itself.
    const again = await deposit();
    const waiting = read(BALANCE, again);
    await standby.resumeReplay();
    expect(positionOf(await waiting)).toBeGreaterThanOrEqual(BigInt(again.body['position'] as string));
  });

  it('of what nobody has applied are refused', async () => {
    isHeld = true;
    const write = await deposit();
    const reply = await read(BALANCE, write);
    expect([reply.status, reply.body['code']]).toEqual([503, 'not_yet_consistent']);
    isHeld = false;
    for (const apply of kept.splice(0)) applying = applying.then(apply);
    expect((await read(BALANCE, write)).status).toBe(200);
  });

  it('go to the primary while it is gone, and back', async () => {
    await standby.kill('SIGKILL');
    for (let i = 0; i < 10; i++) {
      const write = await deposit();
      const balance = await read(BALANCE, write);
      expect([balance.status, positionOf(balance) >= BigInt(write.body['position'] as string)]).toEqual([200, true]);
    }
    expect([await isUp(), (await count('down')) > 0]).toEqual([false, true]);
    await standby.restart();
    await until(async () => {
      await read(BALANCE);
      return isUp();
    });
    const write = await deposit();
    expect(positionOf(await read(BALANCE, write))).toBeGreaterThanOrEqual(BigInt(write.body['position'] as string));
  }, 90_000);

  it('go to the primary while it is stopped: slowly at first, then as ever, and back', async () => {
    await standby.kill('SIGSTOP');
    const write = await deposit();
    await until(async () => {
      const balance = await read(BALANCE, write);
      expect([balance.status, positionOf(balance) >= BigInt(write.body['position'] as string)]).toEqual([200, true]);
      return !(await isUp());
    });
    const since = performance.now();
    const quick = await Promise.all(Array.from({ length: 20 }, () => read('/ledgers/main', write)));
    expect(quick.every(({ status }) => status === 200)).toBe(true);
    // One of them may have been sent to see whether it is back.
    expect(performance.now() - since).toBeLessThan(6_000);
    await standby.kill('SIGCONT');
    await until(async () => {
      await read(BALANCE);
      return isUp();
    });
  }, 120_000);
});
