import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestToHex } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import type { LiveProjection } from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { until } from '../testing/builder.ts';
import { testCertificates } from '../testing/fake-writer.ts';
import { startRebuilding, type Rebuilding } from '../testing/rebuilding.ts';
import { RebuildWorker } from './worker.ts';

/** A process begins within it, on a machine that has much else to do. */
const START_MAX_MS = 60_000;
const TEST_MAX_MS = 180_000;
const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let folder: string;
let rebuilding: Rebuilding;
let db: ReadDatabase;
let ledger: TestLedger;
let worker: RebuildWorker;
const commands = new Set<ChildProcess>();

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
  folder = await mkdtemp(join(tmpdir(), 'ledgerflow-rebuild-'));
  await Promise.all(Object.entries(tls.builder).map(([name, pem]) => writeFile(join(folder, name), pem, { mode: 0o600 })));
});
afterAll(async () => {
  await server.stop();
  await tls.remove();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  ledger = new TestLedger('books', 1);
  for (const id of ['@world:USD', 'alice']) ledger.open(id);
  for (let i = 0; i < 300; i++) ledger.transfer('@world:USD', 'alice', BigInt(i + 1));
  rebuilding = await startRebuilding(server, tls, [ledger]);
  ({ db } = rebuilding);
  const { channels, reader } = rebuilding;
  worker = new RebuildWorker({ pool: db.builder, channels, reader, log: silentLogger, intervalMs: 20 });
});
afterEach(async () => {
  for (const child of commands) child.kill('SIGKILL');
  await worker.stop();
  await rebuilding.stop();
});

const live = (): Promise<ReadonlyMap<string, LiveProjection>> => rebuilding.live(ledger);

interface Command {
  child: ChildProcess;
  text: () => string;
  /** Its exit code, null when it was killed, and its last line. */
  ended: Promise<{ code: number | null; last: Record<string, unknown> }>;
}

function command(...options: string[]): Command {
  const child = spawn(process.execPath, [CLI, 'rebuild', '--json', ...options], {
    env: {
      PATH: process.env['PATH'],
      READ_DATABASE_URL: db.builderUrl,
      WRITER_ADDRESSES: `127.0.0.1:${rebuilding.writer.port}`,
      TLS_CA_FILE: join(folder, 'ca'),
      TLS_CERT_FILE: join(folder, 'cert'),
      TLS_KEY_FILE: join(folder, 'key'),
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  commands.add(child);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<{ code: number | null; last: Record<string, unknown> }>((resolve) =>
    child.on('close', (code) => {
      commands.delete(child);
      resolve({ code, last: JSON.parse(text.trimEnd().split('\n').at(-1) || '{}') as Record<string, unknown> });
    }),
  );
  return { child, text: () => text, ended };
}

/** Of a rebuild that is worked on by its id only. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

const row = async (id: string) =>
  (
    await db.builder.query<{ state: string; worker: string | null; is_overdue: boolean }>(
      'select state, worker, coalesce(lease_until, worker_until) < clock_timestamp() as is_overdue from read.rebuilds where id = $1',
      [id],
    )
  ).rows[0];

/** A slow rebuild that has begun. */
async function begun(id: string, ...options: string[]): Promise<Command> {
  const slow = command(`--id=${id}`, '--projection=transactions', '--max-rate=4', ...options);
  await until(
    'a batch is written',
    async () => {
      const { rows } = await db.builder.query('select 1 from read.rebuild_parts where rebuild = $1 and position > 0', [id]);
      return rows.length > 0;
    },
    START_MAX_MS,
  );
  return slow;
}

/** Faster than it was asked for: how fast it goes on is not what is tested. */
const unlimited = (id: string): Promise<unknown> => db.builder.query('update read.rebuilds set max_rate = null where id = $1', [id]);

/** As after kill -9 and WORKER_TTL_MS. */
async function killed({ child, ended }: Command, id: string): Promise<void> {
  child.kill('SIGKILL');
  await ended;
  await db.builder.query(
    `update read.rebuilds set worker_until = case when lease_until is null then clock_timestamp() - interval '1 ms' else worker_until end,
       lease_until = case when lease_until is not null then clock_timestamp() - interval '1 ms' end where id = $1`,
    [id],
  );
}

/** That the worker looks for rebuilds and finds none: one that was asked for after it was seen to be taken. */
async function workerHasLooked(): Promise<void> {
  const { rows } = await db.builder.query<{ id: string }>(`select read.request_rebuild('log_times', null, null, null, 'tester') as id`);
  await until('the worker did another', async () => (await row(rows[0]!.id))?.state === 'swapped');
}

describe('the command', () => {
  it(
    'tells in its last line what one projection of one ledger came to',
    async () => {
      const { code, last } = await command('--projection=transactions').ended;
      const { position, digest } = (await live()).get('transactions')!;
      expect([code, last]).toMatchObject([
        0,
        { event: 'swapped', outcome: 'swapped', position: `${position}`, digest: digestToHex(digest), error: null },
      ]);
      expect(digest).toBe(ledger.entryDigest);
      const all = await command().ended;
      expect([all.code, all.last]).toMatchObject([0, { outcome: 'swapped', position: null, digest: null }]);
      const count = 'select count(*) from read.rebuilds';
      const before = (await db.builder.query(count)).rows;
      expect(await command('--ledger=nowhere').ended).toMatchObject({
        code: 2,
        last: { outcome: 'not begun', code: 'ledger_not_found', error: expect.stringContaining('no ledger nowhere') },
      });
      await db.builder.query(
        `insert into read.divergences (ledger, position, projections, accounts, reason, actor) values (1, 9, '{account_summary}', '{2}', 'test', 'ann')`,
      );
      expect(await command('--ledger=books', '--account=alice').ended).toMatchObject({
        code: 2,
        last: { outcome: 'not begun', code: 'ledger_diverged', error: expect.stringContaining('rebuild all projections') },
      });
      expect((await db.builder.query(count)).rows).toEqual(before);
    },
    TEST_MAX_MS,
  );

  it(
    'only proves: the live rows stay',
    async () => {
      const before = await live();
      const id = randomUUID();
      const { code, last } = await command(`--id=${id}`, '--projection=transactions', '--prove-only').ended;
      expect([code, last]).toMatchObject([
        0,
        { outcome: 'proven', position: `${ledger.position}`, digest: digestToHex(ledger.entryDigest), rebuild: id },
      ]);
      expect(await live()).toEqual(before);
      // Asked for again, it tells the same.
      for (const same of [['--projection=transactions', '--prove-only'], []]) {
        const again = command(`--id=${id}`, ...same);
        expect(await again.ended).toEqual({ code, last });
        expect(JSON.parse(again.text().split('\n')[0]!)).toMatchObject({ event: 'ended before', finishedAt: expect.any(String) });
      }
      // Nobody takes it for what came of another one.
      expect(await command(`--id=${id}`, '--projection=transactions').ended).toMatchObject({
        code: 2,
        last: { outcome: 'not begun', code: 'other_options', rebuild: id },
      });
    },
    TEST_MAX_MS,
  );

  it(
    'gives the rebuild back when it is told to end, and the next one goes on from there',
    async () => {
      const id = randomUUID();
      const { child, ended } = await begun(id, '--by-id-only');
      child.kill('SIGTERM');
      const { code, last } = await ended;
      expect([code, last['outcome']]).toEqual([1, 'stopped']);
      expect(await row(id)).toMatchObject({ state: 'running', worker: NOBODY });
      await worker.start();
      await workerHasLooked();
      expect(await row(id)).toMatchObject({ state: 'running', worker: NOBODY });
      await unlimited(id);
      expect(await command(`--id=${id}`).ended).toMatchObject({ code: 0, last: { outcome: 'swapped' } });
    },
    TEST_MAX_MS,
  );

  it(
    'of a rebuild that another process has ends at once when it is told to',
    async () => {
      const id = randomUUID();
      const first = await begun(id);
      const second = command(`--id=${id}`);
      await until('the second waits', () => second.text().includes('"waiting"'), START_MAX_MS);
      second.child.kill('SIGTERM');
      expect(await second.ended).toMatchObject({ code: 1, last: { outcome: 'stopped' } });
      expect((await row(id))?.worker).not.toBeNull();
      expect((await command('--projection=transactions').ended).last).toMatchObject({ event: 'in progress', outcome: 'in progress' });
      await db.builder.query('select read.cancel_rebuild($1)', [id]);
      expect(await first.ended).toMatchObject({ code: 4, last: { outcome: 'cancelled' } });
    },
    TEST_MAX_MS,
  );
});

describe('a rebuild whose process was killed', () => {
  it(
    'is gone on with by a builder',
    async () => {
      const id = randomUUID();
      await killed(await begun(id), id);
      await unlimited(id);
      await worker.start();
      await until('it is swapped', async () => (await row(id))?.state === 'swapped');
    },
    TEST_MAX_MS,
  );

  it(
    'is not when it is only worked on by its id; a builder ends it when it is cancelled',
    async () => {
      const before = await live();
      const id = randomUUID();
      await killed(await begun(id, '--by-id-only'), id);
      await worker.start();
      await workerHasLooked();
      expect(await row(id)).toMatchObject({ state: 'running', is_overdue: true });
      const same = `select read.request_rebuild('transactions', null, null, null, 'tester') as id`;
      expect((await db.builder.query(same)).rows).toEqual([{ id: null }]);
      await db.builder.query('select read.cancel_rebuild($1)', [id]);
      await until('it is cancelled', async () => (await row(id))?.state === 'cancelled');
      expect((await live()).get('transactions')).toEqual(before.get('transactions'));
      expect((await db.builder.query(same)).rows).not.toEqual([{ id: null }]);
      expect(await command(`--id=${id}`).ended).toMatchObject({ code: 4, last: { outcome: 'cancelled' } });
    },
    TEST_MAX_MS,
  );

  it(
    'and that has failed since is told so, with a code of its own',
    async () => {
      const id = randomUUID();
      await killed(await begun(id, '--by-id-only'), id);
      await db.builder.query(
        `update read.rebuilds set state = 'failed', finished_at = clock_timestamp(), error = 'the disk is full' where id = $1`,
        [id],
      );
      expect(await command(`--id=${id}`).ended).toMatchObject({ code: 6, last: { outcome: 'failed', error: 'the disk is full' } });
    },
    TEST_MAX_MS,
  );

  it(
    'is not ended while its process lives',
    async () => {
      const id = randomUUID();
      const first = await begun(id, '--by-id-only');
      await worker.start();
      await db.builder.query('select read.cancel_rebuild($1)', [id]);
      await workerHasLooked();
      expect(await first.ended).toMatchObject({ code: 4, last: { outcome: 'cancelled' } });
    },
    TEST_MAX_MS,
  );
});
