import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestToHex, recordToJson, ZERO_HASH, type LedgerRecord } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, Listener } from '@ledgerflow/platform/postgres';
import {
  APPLIED_CHANNEL,
  getAccount,
  getTransaction,
  listEntries,
  listLedgers,
  listTransactions,
  trialBalance,
  type EventKey,
} from '@ledgerflow/read-model';
import { readProjections, recomputeDigest } from '@ledgerflow/read-model/projections';
import { forged, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { until } from '../testing/builder.ts';
import { Applier } from './applier.ts';
import type { Incoming } from './prepare.ts';

let server: ReadServer;
let db: ReadDatabase;
let applier: Applier;
let ledgers = 0;

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  applier = new Applier({ pool: db.builder, slots: 32, deadLettersMax: 1_000, log: silentLogger });
});
afterAll(() => server.stop());

function sample(): TestLedger {
  const number = ++ledgers;
  const ledger = new TestLedger(`ledger-${number}`, number);
  ledger.open('@world:USD');
  ledger.open('alice', { minBalance: 0n, ownerId: 'o-1', details: { name: 'Alice', metadata: { tier: 'gold' } } });
  ledger.open('bob');
  ledger.post('FundsDeposited', [{ postings: [{ from: '@world:USD', to: 'alice', amount: 10_000n }], details: { reference: 'first' } }]);
  ledger.transfer('alice', 'bob', 2_500n, { effectiveAfterMicros: -86_400_000_000n, externalId: 'x-1' });
  ledger.setTerms('bob', 'AccountFrozen', { status: 'frozen', freezeScope: 'all' });
  ledger.setTerms('bob', 'AccountUnfrozen', { status: 'open', freezeScope: null });
  ledger.post('BatchPosted', [
    { postings: [{ from: 'bob', to: 'alice', amount: 1n }] },
    { postings: [{ from: 'alice', to: 'bob', amount: 2n }] },
  ]);
  ledger.setTerms('alice', 'MetadataChanged', {}, { name: 'Alice B.' });
  return ledger;
}

const incoming = (records: readonly LedgerRecord[]): Incoming[] =>
  records.map((record) => ({ ledger: record.ledger, text: recordToJson(record) }));
const applyLog = (records: readonly LedgerRecord[]) => applier.apply(incoming(records), 'log');

async function expectAt(ledger: TestLedger, position: bigint, stopped: string | null = null, last?: LedgerRecord): Promise<void> {
  const [checkpoint] = await applier.checkpoints([ledger.id]);
  expect(checkpoint?.position).toBe(position);
  expect(checkpoint?.recordHash).toBe((last ?? ledger.records[Number(position) - 1])?.hash ?? ZERO_HASH);
  if (stopped === null) expect(checkpoint?.stoppedReason).toBeNull();
  else expect(checkpoint?.stoppedReason).toContain(stopped);
}

/** All projections are at the ledger's end, their kept digests are those of their rows, and those of entries and accounts are the writer's. */
async function expectWhole(ledger: TestLedger): Promise<void> {
  await expectAt(ledger, ledger.position);
  const checks = await recomputeDigest(db.builder, ledger.number);
  for (const check of checks) {
    expect({ ...check, kept: digestToHex(check.kept.digest), rows: check.kept.rows }).toEqual({
      ...check,
      kept: digestToHex(check.recomputed.digest),
      rows: check.recomputed.rows,
    });
    expect(check.position).toBe(ledger.position);
  }
  const digest = (name: string): bigint | undefined => checks.find((check) => check.projection === name)?.recomputed.digest;
  expect(digest('account_statement')).toBe(ledger.entryDigest);
  expect(digest('transactions')).toBe(ledger.entryDigest);
  expect(digest('account_summary')).toBe(ledger.accountDigest);
}

describe('the apply path', () => {
  it('applies a log, one ledger or many a batch, and the digests are the log’s', async () => {
    const [a, b] = [sample(), sample()];
    const mixed = a.records.flatMap((record, i) => [record, b.records[i] as LedgerRecord]);
    const applied = await applyLog(mixed);
    expect(applied).toMatchObject({ records: mixed.length, duplicates: 0 });
    await expectWhole(a);
    await expectWhole(b);
    const alice = await getAccount(db.gateway, a.id, 'alice');
    expect(alice?.checkpoint.position).toBe(a.position);
    expect(alice?.value).toMatchObject({
      posted: 7_499n,
      version: 6n,
      name: 'Alice B.',
      metadata: { tier: 'gold' },
      ownerId: 'o-1',
      minBalance: 0n,
      scale: 2,
    });
    expect((await getTransaction(db.gateway, a.id, '9-1'))?.value?.entries.map(({ account, amount }) => [account, amount])).toEqual([
      ['alice', -2n],
      ['bob', 2n],
    ]);
    expect((await getTransaction(db.gateway, a.id, '9'))?.value).toBeNull();
    expect((await trialBalance(db.gateway, a.id))?.value).toMatchObject({
      balanced: true,
      totals: [
        { currency: 'JPY', credits: 0n },
        { currency: 'USD', debits: 10_000n, credits: 10_000n },
      ],
    });
    expect((await listLedgers(db.gateway, [a.id], { after: null, limit: 10 })).rows[0]?.value.currencies).toEqual([
      { code: 'JPY', scale: 0 },
      { code: 'USD', scale: 2 },
    ]);
  });

  it('tells who waits, once a ledger and batch, with the commit', async () => {
    const [a, b] = [sample(), sample()];
    const heard: string[] = [];
    const listener = new Listener({
      url: db.gatewayUrl,
      channel: APPLIED_CHANNEL,
      log: silentLogger,
      onNotification: (payload) => heard.push(payload),
      onGap: () => undefined,
    });
    await listener.start();
    await applyLog([...a.records, ...b.records.slice(0, 3)]);
    await applyLog(b.records.slice(0, 3));
    await applyLog(b.records);
    await until('it was heard', () => heard.length >= 3);
    expect(heard.sort()).toEqual([`${a.number}:${a.position}`, `${b.number}:${b.position}`, `${b.number}:3`].sort());
    await listener.stop();
  });

  it('applies twice as once, in batches of any cut', async () => {
    const ledger = sample();
    for (let end = 1; end <= ledger.records.length; end++) {
      const applied = await applyLog(ledger.records.slice(0, end));
      expect(applied).toMatchObject({ records: 1, duplicates: end - 1 });
    }
    expect(await applyLog(ledger.records)).toMatchObject({ records: 0, duplicates: ledger.records.length });
    await expectWhole(ledger);
  });

  it('never skips a gap and takes nothing out of order', async () => {
    const ledger = sample();
    await applyLog(ledger.records.slice(0, 4));
    const gap = await applyLog(ledger.records.slice(5));
    expect([...gap.refill.keys()]).toEqual([ledger.id]);
    await expectAt(ledger, 4n);
    const reversed = await applyLog([...ledger.records].reverse());
    expect([...reversed.refill.keys()]).toEqual([ledger.id]);
    await expectAt(ledger, 4n);
    expect([...(await applyLog(sample().records.slice(1))).refill.values()]).toEqual(['its first record is missing']);
    await applyLog(ledger.records);
    await expectWhole(ledger);
  });

  it('applies the largest record there is, and the queries give all of it back', async () => {
    const ledger = sample();
    const transactions = Array.from({ length: 1_000 }, (_, i) => ({
      // 32,767 postings: 65,534 events, and one more posting would be too many for a record.
      postings: Array.from({ length: i < 767 ? 33 : 32 }, () => ({ from: 'alice', to: 'bob', amount: 1n })),
    }));
    const record = ledger.post('BatchPosted', transactions);
    expect(record.events).toHaveLength(65_534);
    expect((await applyLog(ledger.records)).records).toBe(ledger.records.length);
    await expectWhole(ledger);
    for (const newestFirst of [false, true]) {
      const indexes: number[] = [];
      let after: EventKey | null = null;
      do {
        const filter = { fromPosition: record.position, newestFirst };
        const seen = await listEntries(db.gateway, ledger.id, 'alice', filter, { after, limit: 1_000 });
        indexes.push(...(seen?.value?.page.rows.map(({ index }) => index) ?? []));
        after = seen?.value?.page.next ?? null;
      } while (after !== null);
      const expected = Array.from({ length: 32_767 }, (_, i) => i * 2);
      expect(indexes).toEqual(newestFirst ? expected.reverse() : expected);
    }
    const page = await listTransactions(db.gateway, ledger.id, { account: 'bob' }, { after: null, limit: 1 });
    expect(page?.value.rows.map(({ id, entries }) => [id, entries.length])).toEqual([[`${record.position}-999`, 64]]);
    expect((await getAccount(db.gateway, ledger.id, 'bob'))?.value?.version).toBe(ledger.accounts.get('bob')?.version);
  }, 60_000);

  it('leaves nothing of a batch whose transaction is cut', async () => {
    const ledger = sample();
    await applyLog(ledger.records.slice(0, 4));
    const blocker = await db.builder.connect();
    // The batch stands before its last statement, behind the lock on its projection state, when its connection is killed.
    await blocker.query('begin');
    await blocker.query('select 1 from read.projections where ledger = $1 for update', [ledger.number]);
    const cut = expect(applyLog(ledger.records)).rejects.toThrow();
    const admin = createPool({ url: server.postgres.superuserUrl(), max: 1, applicationName: 'admin', log: silentLogger });
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'builder' and query like '%read.projections p%set%'`;
    for (const deadline = Date.now() + 10_000; ;) {
      if ((await admin.query(kill)).rowCount! > 0) break;
      if (Date.now() > deadline) throw new Error('the batch did not come to its lock');
    }
    await cut;
    await blocker.query('rollback');
    blocker.release();
    await admin.end();
    await expectAt(ledger, 4n);
    expect((await listEntries(db.gateway, ledger.id, 'alice', {}, { after: null, limit: 10 }))?.value?.page.rows).toEqual([]);
    await applyLog(ledger.records);
    await expectWhole(ledger);
  });

  it('a ledger that begins while tables are held has all rows, and these projections hold from its start', async () => {
    const [ledger, innocent] = [sample(), sample()];
    const admin = createPool({ url: db.ownerUrl, max: 1, applicationName: 'admin', log: silentLogger });
    const client = await admin.connect();
    await client.query('begin');
    await client.query('lock table read.trial_balance, read.log_times in exclusive mode');
    const applied = await applyLog([...ledger.records, ...innocent.records]);
    expect(applied).toMatchObject({
      records: ledger.records.length + innocent.records.length,
      parked: 0,
      stopped: new Map(),
      refill: new Map(),
    });
    await expectAt(ledger, ledger.position);
    for (const { number, position } of [ledger, innocent])
      for (const [name, row] of (await readProjections(db.builder, [number])).get(number) ?? []) {
        const isHeld = name === 'trial_balance' || name === 'log_times';
        expect([name, row.position, row.heldReason]).toEqual([
          name,
          isHeld ? 0n : position,
          isHeld ? expect.stringContaining('too slow') : null,
        ]);
      }
    await client.query('rollback');
    client.release();
    await admin.end();
  });

  it('two builders on the same ledgers apply each record once', async () => {
    const [a, b] = [sample(), sample()];
    for (let i = 0; i < 300; i++) a.transfer('alice', 'bob', 1n);
    const other = new Applier({ pool: db.builder, slots: 32, deadLettersMax: 1_000, log: silentLogger });
    const cut = (ledger: TestLedger, size: number): Incoming[][] => {
      const batches: Incoming[][] = [];
      for (let at = 0; at < ledger.records.length; at += size) batches.push(incoming(ledger.records.slice(at, at + size)));
      return batches;
    };
    const run = async (who: Applier, batches: Incoming[][]): Promise<number> => {
      let records = 0;
      for (const batch of batches) {
        const applied = await who.apply(batch, 'log');
        expect(applied.stopped.size).toBe(0);
        expect(applied.refill.size).toBe(0);
        records += applied.records;
      }
      return records;
    };
    const done = await Promise.all([run(applier, cut(a, 7)), run(other, cut(a, 11)), run(applier, cut(b, 3)), run(other, cut(b, 2))]);
    expect(done.reduce((sum, count) => sum + count)).toBe(a.records.length + b.records.length);
    await expectWhole(a);
    await expectWhole(b);
  });

  const misfits: [string, (record: LedgerRecord) => LedgerRecord, string][] = [
    ['another previous hash', (record) => forged(record, { previousHash: 'ab'.repeat(32) }), 'another previous hash'],
    ['a later epoch', (record) => forged(record, { epoch: 2 }), 'is of epoch 2'],
    ['an earlier epoch', (record) => forged(record, { epoch: 0 }), 'is of epoch 0'],
    ['another ledger uuid', (record) => forged(record, { ledgerUuid: '00000000-0000-4000-8000-000000000000' }), 'uuid 00000000'],
    ['a hash that is not its own', (record) => ({ ...record, actor: 'somebody else' }), 'does not have the hash it carries'],
  ];
  it('a record with entries that do not sum to zero holds the trial balance before it', async () => {
    const ledger = sample();
    const bad = ledger.records[4] as LedgerRecord;
    const wrong = forged(bad, { events: bad.events.slice(1) });
    expect(await applyLog([...ledger.records.slice(0, 4), wrong])).toMatchObject({ records: 5, parked: 1 });
    await until('it holds', async () => {
      const row = (await readProjections(db.builder, [ledger.number])).get(ledger.number)?.get('trial_balance');
      return row?.position === 4n && row.heldReason?.includes('not to zero') === true;
    });
  });

  it.each(misfits)('a record with %s stops its ledger there, with the reason, and no other', async (_name, forge, reason) => {
    const [ledger, innocent] = [sample(), sample()];
    const at = 4;
    const poisoned = ledger.records.map((record, i) => (i === at ? forge(record) : record));
    const applied = await applyLog([...poisoned, ...innocent.records]);
    expect(applied.stopped.get(ledger.id)).toContain(reason);
    await expectAt(ledger, 4n, reason);
    await expectWhole(innocent);
    // Stopped is stopped: the right records change nothing until somebody lets it go on.
    await applyLog(ledger.records);
    await expectAt(ledger, 4n, reason);
  });

  it('text that is no record stops its ledger; from Kafka it only makes the log be read', async () => {
    const ledger = sample();
    const junk: Incoming[] = [...incoming(ledger.records.slice(0, 3)), { ledger: ledger.id, text: '{"schema":99}' }];
    const hinted = await applier.apply(junk, 'hint');
    expect(hinted).toMatchObject({ records: 3 });
    expect(hinted.refill.get(ledger.id)).toContain('schema 99');
    await expectAt(ledger, 3n);
    const stopped = await applier.apply(junk, 'log');
    expect(stopped.stopped.get(ledger.id)).toContain('schema 99');
    await expectAt(ledger, 3n, 'schema 99');
  });

  it('a history that was replaced under the checkpoint is noticed', async () => {
    const ledger = sample();
    await applyLog(ledger.records);
    const last = ledger.records[ledger.records.length - 1] as LedgerRecord;
    const applied = await applyLog([forged(last, { actor: 'another' })]);
    expect(applied.stopped.get(ledger.id)).toContain('another hash');
  });

  it('rows that contradict the log park their accounts alone', async () => {
    const [ledger, innocent] = [sample(), sample()];
    await applyLog(ledger.records.slice(0, 5));
    await db.builder.query(
      `update read.account_summary set version = version + 1
       where generation = (select generation from read.projections where ledger = $1 and projection = 'account_summary')`,
      [ledger.number],
    );
    const applied = await applyLog([...ledger.records, ...innocent.records]);
    expect(applied).toMatchObject({ stopped: new Map(), refill: new Map() });
    expect(applied.parked).toBeGreaterThan(0);
    await expectAt(ledger, ledger.position);
    const { rows } = await db.builder.query<{ error: string }>(
      'select error from read.dead_letters where ledger = $1 order by position limit 1',
      [ledger.number],
    );
    expect(rows[0]?.error).toContain('account_summary: version');
    await expectWhole(innocent);
    const check = (await recomputeDigest(db.builder, ledger.number)).find(({ projection }) => projection === 'account_summary');
    expect(check?.kept.digest).not.toBe(check?.recomputed.digest);
  });

  const unfit: [string, (ledger: TestLedger) => LedgerRecord][] = [
    [
      'rows of a projection contradict',
      (ledger) => {
        const last = ledger.transfer('alice', 'bob', 1n);
        return forged(last, { events: last.events.map((event) => ('version' in event ? { ...event, version: 900n } : event)) });
      },
    ],
    [
      'the database refuses',
      (ledger) => {
        const last = ledger.transfer('alice', 'bob', 1n);
        return forged(last, { transactions: last.transactions.map((transaction) => ({ ...transaction, externalId: 'a\0b' })) });
      },
    ],
  ];
  it.each(unfit)('a hint that %s makes the log be read and stops nothing; in the log it is parked', async (_name, make) => {
    const [ledger, innocent] = [sample(), sample()];
    const wrong = make(ledger);
    await applyLog(ledger.records.slice(0, -1));
    const hinted = await applier.apply(incoming([wrong, ...innocent.records]), 'hint');
    expect(hinted.stopped.size).toBe(0);
    expect(hinted.refill.has(ledger.id)).toBe(true);
    await expectAt(ledger, ledger.position - 1n);
    await expectWhole(innocent);
    expect(await applyLog([wrong])).toMatchObject({ records: 1, parked: 1, stopped: new Map() });
    await expectAt(ledger, wrong.position, null, wrong);
  });
});
