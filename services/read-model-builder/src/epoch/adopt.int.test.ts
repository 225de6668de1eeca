import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '@ledgerflow/contracts';
import { clientCredentials, WriterChannels } from '@ledgerflow/platform/grpc';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Pool } from '@ledgerflow/platform/postgres';
import { getBalances } from '@ledgerflow/read-model';
import {
  PROJECTIONS,
  readProjections,
  REBUILD_SESSION_SETTINGS,
  recomputeDigest,
  type Projection,
} from '@ledgerflow/read-model/projections';
import { startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { readCheckpoints, type LedgerCheckpoint } from '../apply/checkpoints.ts';
import { LogReader } from '../feed/log-reader.ts';
import type { Resources } from '../rebuild/attended.ts';
import { RebuildRun } from '../rebuild/run.ts';
import { claimRebuild, releaseRebuild, type Rebuild } from '../rebuild/store.ts';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';
import { adoptEpochs, parseAdoptArguments } from './command.ts';

const BACKUP_AFTER = 60;
const LOST = 20;

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let builders: TestBuilder[];
let pool: Pool;
let channels: WriterChannels;
/** As it was before the restore, and another ledger that nothing happens to. */
let books: TestLedger;
let other: TestLedger;
let poison: bigint | null;

beforeAll(async () => {
  server = await startReadServer();
  tls = await testCertificates();
});
afterAll(async () => {
  await server.stop();
  await tls.remove();
});
beforeEach(async () => {
  db = await server.create();
  writer = new FakeWriter();
  await writer.start(tls.writer);
  builders = [];
  poison = null;
  const settings = REBUILD_SESSION_SETTINGS;
  pool = createPool({ url: db.builderUrl, max: 4, applicationName: 'adopt', log: silentLogger, settings, pipeline: true });
  channels = new WriterChannels({ addresses: `127.0.0.1:${writer.port}`, credentials: clientCredentials(tls.builder) });
  books = ledgerOf('books', 1);
  other = ledgerOf('other', 2);
});
afterEach(async () => {
  await Promise.all(builders.map((builder) => builder.stop()));
  channels.close();
  await pool.end();
  await writer.stop();
});

function ledgerOf(id: string, number: number): TestLedger {
  const ledger = new TestLedger(id, number);
  for (const account of ['@world:USD', 'alice', 'bob']) ledger.open(account, { details: { name: account } });
  for (let i = 0; i < BACKUP_AFTER; i++)
    ledger.transfer(i % 2 === 0 ? '@world:USD' : 'alice', i % 2 === 0 ? 'alice' : 'bob', BigInt(i + 1));
  writer.ledgers.set(id, ledger);
  return ledger;
}

const poisoned = (): Projection[] =>
  PROJECTIONS.map((projection): Projection => {
    if (projection.name !== 'account_summary') return projection;
    const project = (record: LedgerRecord): unknown => {
      if (record.ledger === 'books' && record.position === poison) throw new Error('poison');
      return projection.project(record);
    };
    return { ...projection, project };
  });

async function start(): Promise<void> {
  const over = { projections: poisoned(), catchUpIntervalMs: 50, repairsIntervalMs: 50 };
  builders.push(await startTestBuilder(db, `127.0.0.1:${writer.port}`, tls.builder, over));
}

const checkpoint = async (id = 'books'): Promise<LedgerCheckpoint> => (await readCheckpoints(db.builder, [id]))[0] as LedgerCheckpoint;
const appliedTo = (ledger: TestLedger) =>
  until(`${ledger.id} is at ${ledger.position}`, async () => {
    const at = (await readCheckpoints(db.builder, [ledger.id]))[0];
    return at?.position === ledger.position && at.epoch === ledger.epoch && at.stoppedReason === null;
  });

/** The ledger as its backup has it; what it had more was applied. From now on it is in a new epoch, in which some was written. */
async function restore({ epoch = 2, written = 3 } = {}): Promise<TestLedger> {
  const backup = books.copy();
  for (let i = 0; i < LOST; i++) books.transfer('alice', 'bob', 1n);
  await start();
  await Promise.all([appliedTo(books), appliedTo(other)]);
  backup.epoch = epoch;
  for (let i = 0; i < written; i++) backup.transfer('@world:USD', 'bob', 1_000n);
  writer.ledgers.set(backup.id, backup);
  writer.cut();
  await stopped();
  return backup;
}
const stopped = () => until('the read side has stopped', async () => (await checkpoint()).stoppedReason !== null);

async function adopt(
  argv: readonly string[],
  over: Partial<Resources> = {},
  stopping = new AbortController().signal,
): Promise<{ code: number; text: string }> {
  let text = '';
  const resources = { pool, channels, reader: new LogReader({ channels }), ...over };
  const code = await adoptEpochs(parseAdoptArguments(argv)!, resources, silentLogger, (line) => (text += line), stopping);
  return { code, text };
}

const balance = async (account: string): Promise<bigint | undefined> => {
  const [answer] = await getBalances(db.gateway, [{ ledger: 'books', account }]);
  return answer?.value?.posted;
};

/** All rows of the ledger are what the log says, and nothing is left of another history. */
async function expectWhole(ledger: TestLedger): Promise<void> {
  await appliedTo(ledger);
  const live = async () => [...((await readProjections(db.builder, [ledger.number])).get(ledger.number)?.values() ?? [])];
  await until('all projections are at the end', async () => {
    const rows = await live();
    return (
      rows.length === PROJECTIONS.length && rows.every(({ position, heldReason }) => position === ledger.position && heldReason === null)
    );
  });
  const checks = await recomputeDigest(db.builder, ledger.number);
  for (const { kept, recomputed } of checks) expect(kept).toEqual(recomputed);
  const digest = (name: string) => checks.find(({ projection }) => projection === name)?.kept.digest;
  expect(digest('account_statement')).toBe(ledger.entryDigest);
  expect(digest('transactions')).toBe(ledger.entryDigest);
  expect(digest('account_summary')).toBe(ledger.accountDigest);
  for (const table of ['dead_letters', 'parked_accounts', 'divergences'])
    expect((await db.builder.query(`select 1 from read.${table} where ledger = $1`, [ledger.number])).rows).toEqual([]);
}

describe('a ledger that was restored to before what the read model has', () => {
  it('is followed into its new epoch when somebody says so; another ledger goes on meanwhile', async () => {
    const backup = await restore();
    const before = await checkpoint();
    expect(before.stoppedReason).toContain('epoch 2');
    expect(before.stoppedReason).toContain('read-model-builder adopt-epoch --ledger=books');
    const plan = await adopt(['--ledger=books']);
    expect(plan.code).toBe(4);
    expect(plan.text).toContain(
      `position ${before.position}. The log has it up to position ${before.position - BigInt(LOST)}: ${LOST} records`,
    );
    expect(plan.text).toContain(`epoch 2, position ${backup.position}`);
    expect(await checkpoint()).toEqual(before);
    const moves = setInterval(() => {
      other.transfer('@world:USD', 'alice', 1n);
      backup.transfer('@world:USD', 'bob', 1n);
      writer.publish();
    }, 5);
    const done = await adopt(['--all', '--yes']);
    clearInterval(moves);
    expect([done.code, done.text]).toEqual([0, expect.stringContaining('books is in epoch 2.')]);
    writer.publish();
    await expectWhole(backup);
    await expectWhole(other);
    for (const account of ['alice', 'bob']) expect(await balance(account)).toBe(backup.accounts.get(account)?.posted);
    // Twice does no harm, and what follows is applied as ever.
    expect(await adopt(['--ledger=books', '--yes'])).toEqual({ code: 0, text: expect.stringContaining('already') });
    expect(await adopt(['--all', '--yes'])).toEqual({ code: 0, text: 'The read side has stopped at no ledger.\n' });
    backup.transfer('bob', 'alice', 5n);
    writer.publish();
    await expectWhole(backup);
  });

  it('is rid of what was parked in the history that is lost', async () => {
    poison = books.position + 2n;
    const backup = await restore();
    expect((await checkpoint()).deadLetters).toBeGreaterThan(0);
    poison = null;
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    expect(await checkpoint()).toMatchObject({ deadLetters: 0, parkedAccounts: 0 });
    await expectWhole(backup);
  });

  it('is followed also when nothing was written in the new epoch yet, and when epochs were passed over', async () => {
    const backup = await restore({ epoch: 4, written: 0 });
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    expect(await checkpoint()).toMatchObject({ epoch: 4, position: backup.position });
    backup.transfer('alice', 'bob', 2n);
    writer.publish();
    await expectWhole(backup);
  });

  it('is followed from behind: the read model was restored to before the ledger', async () => {
    await start();
    await appliedTo(books);
    await builders.pop()?.stop();
    for (let i = 0; i < 5; i++) books.transfer('alice', 'bob', 1n);
    books.epoch = 2;
    for (let i = 0; i < 5; i++) books.transfer('alice', 'bob', 1n);
    await start();
    await stopped();
    const { code, text } = await adopt(['--ledger=books', '--yes']);
    expect([code, text]).toEqual([0, expect.stringContaining('The log has all of it.')]);
    await expectWhole(books);
  });

  it.each([
    ['with the same version', PROJECTIONS],
    ['with a version that knows one more projection', PROJECTIONS.filter(({ name }) => name !== 'transactions')],
  ])('goes on where it broke off, %s', async (_how, projections) => {
    const backup = await restore();
    const id = randomUUID();
    const before = await checkpoint();
    // As the command asks for it, and is killed after some batches.
    await pool.query(`select read.request_rebuild(null, 'books', null, 40, 'command line', $1, by_id_only => true)`, [id]);
    await pool.query('update read.rebuilds set epoch = 2 where id = $1', [id]);
    const worker = randomUUID();
    const run = new RebuildRun((await claimRebuild(pool, worker, id)) as Rebuild, {
      pool,
      channels,
      worker,
      reader: new LogReader({ channels }),
      log: silentLogger,
      projections,
      onProgress: () => run.stop(),
    });
    expect(await run.run()).toBe('stopped');
    expect(await checkpoint()).toEqual(before);
    const { rows } = await pool.query<{ position: string }>('select max(position) as position from read.rebuild_parts');
    expect(Number(rows[0]?.position)).toBeGreaterThan(0);
    await pool.query(`update read.rebuilds set lease_until = clock_timestamp() - interval '1 second', max_rate = null`);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    expect((await pool.query('select state from read.rebuilds')).rows).toEqual([{ state: 'swapped' }]);
    await expectWhole(backup);
  });

  it('is tailed from where it is then, not from where it was', async () => {
    const backup = await restore();
    // The first, and the one after the cut.
    await until('the feed is back', () => writer.tails === 2);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    await until('it is tailed anew', () => writer.tails === 3);
    await expectWhole(backup);
    expect(writer.tails).toBe(3);
  });

  it('is left as it is by builders when the command is told to end, until it is run again', async () => {
    const backup = await restore();
    const stopping = new AbortController();
    const reader = new LogReader({ channels });
    const read = reader.read.bind(reader);
    // The plan asks for single records.
    reader.read = (range) => {
      if (range.limit !== 1) stopping.abort();
      return read(range);
    };
    const { code } = await adopt(['--ledger=books', '--yes'], { reader }, stopping.signal);
    expect(code).toBe(1);
    expect(await claimRebuild(pool, randomUUID())).toBeNull();
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    expect((await pool.query('select state from read.rebuilds')).rows).toEqual([{ state: 'swapped' }]);
    await expectWhole(backup);
  });

  it('is followed into the epoch after when the adoption of the one before was left', async () => {
    const backup = await restore();
    const [id, gone] = [randomUUID(), randomUUID()];
    await pool.query(`select read.request_rebuild(null, 'books', null, null, 'command line', $1, $2, by_id_only => true)`, [id, gone]);
    await pool.query('update read.rebuilds set epoch = 2 where id = $1', [id]);
    backup.epoch = 3;
    backup.transfer('alice', 'bob', 3n);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(3);
    await releaseRebuild(pool, id, gone);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    const { rows } = await pool.query('select epoch, state from read.rebuilds order by epoch');
    expect(rows).toEqual([
      { epoch: 2, state: 'cancelled' },
      { epoch: 3, state: 'swapped' },
    ]);
    await expectWhole(backup);
  });

  it('is followed once when the answer to the last step is lost', async () => {
    const backup = await restore();
    let lost = 0;
    const connect = async () => {
      const client = await pool.connect();
      let isLast = false;
      const query = async (...args: Parameters<typeof client.query>): Promise<unknown> => {
        const [text] = args as unknown as [unknown];
        if (text === 'set local synchronous_commit = on') isLast = true;
        const answer = await (client.query as (...all: unknown[]) => Promise<unknown>)(...args);
        if (text !== 'commit' || !isLast || lost > 0) return answer;
        lost += 1;
        throw new Error('Connection terminated unexpectedly');
      };
      return new Proxy(client, { get: (of, name) => (name === 'query' ? query : Reflect.get(of, name, of)) });
    };
    const lossy = new Proxy(pool, {
      get: (of, name) => (name === 'connect' ? connect : name === 'query' ? of.query.bind(of) : Reflect.get(of, name, of)),
    });
    expect((await adopt(['--ledger=books', '--yes'], { pool: lossy })).code).toBe(0);
    expect(lost).toBe(1);
    await expectWhole(backup);
  });

  it('keeps what it has, and stays stopped, when what was made is not what the log says', async () => {
    const backup = await restore();
    const before = [await checkpoint(), await readProjections(db.builder, [1])];
    const projections = PROJECTIONS.map((projection): Projection => {
      if (projection.name !== 'trial_balance') return projection;
      return {
        ...projection,
        project: (record) => projection.project(record.position === backup.position ? { ...record, events: [] } : record),
      };
    });
    const { code, text } = await adopt(['--ledger=books', '--yes'], { projections });
    expect([code, text]).toEqual([5, expect.stringContaining('refused: trial_balance')]);
    expect([await checkpoint(), await readProjections(db.builder, [1])]).toEqual(before);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    await expectWhole(backup);
  });

  it('is not followed past another restore that comes meanwhile', async () => {
    const backup = await restore();
    const again = backup.copy();
    again.epoch = 3;
    again.transfer('alice', 'bob', 3n);
    const reader = new LogReader({ channels });
    const read = reader.read.bind(reader);
    let reads = 0;
    reader.read = (range) => {
      // After the plan: the proof is made, the last records are to come.
      if (range.to === 0n && reads++ === 0) writer.ledgers.set('books', again);
      return read(range);
    };
    const { code, text } = await adopt(['--ledger=books', '--yes'], { reader });
    expect([code, text]).toEqual([1, expect.stringContaining('is of epoch 3')]);
    expect((await checkpoint()).epoch).toBe(1);
    expect((await adopt(['--ledger=books', '--yes'])).code).toBe(0);
    await expectWhole(again);
  });
});

describe('a ledger is left as it is', () => {
  const left = async (ledger: string, kind: string, code = 1): Promise<void> => {
    const before = await readCheckpoints(db.builder);
    const { code: found, text } = await adopt([`--ledger=${ledger}`, '--yes', '--json']);
    expect([found, JSON.parse(text)]).toEqual([code, { event: 'left', ledger, kind, reason: expect.any(String) }]);
    expect(await readCheckpoints(db.builder)).toEqual(before);
  };

  it('that is not stopped, not there, or in no later epoch', async () => {
    await start();
    await Promise.all([appliedTo(books), appliedTo(other)]);
    await left('nowhere', 'not in the read model');
    await left('books', 'adopted', 0);
    await builders.pop()?.stop();
    books.epoch = 2;
    await left('books', 'not stopped');
    await pool.query(`update read.checkpoints set stopped_reason = 'a test'`);
    await left('other', 'epoch not raised');
    writer.ledgers.delete('other');
    await left('other', 'not known to the writer');
    writer.ledgers.set('other', new TestLedger('other', 2));
    await left('other', 'another ledger');
  });

  it('when no writer can be reached', async () => {
    await restore();
    const before = await checkpoint();
    await writer.stop();
    await expect(adopt(['--ledger=books', '--yes'])).rejects.toThrow('no writer can be reached, so nothing was changed');
    expect(await checkpoint()).toEqual(before);
    expect((await pool.query('select 1 from read.rebuilds')).rows).toEqual([]);
  });
});
