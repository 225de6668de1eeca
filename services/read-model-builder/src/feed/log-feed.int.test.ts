import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { recordToJson, ZERO_HASH, type LedgerEvent, type LedgerRecord } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { appliedPosition } from '@ledgerflow/read-model';
import { recomputeDigest } from '@ledgerflow/read-model/projections';
import { forged, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '@ledgerflow/read-model/testing';
import { Applier } from '../apply/applier.ts';
import { startTestBuilder, until, type TestBuilder } from '../testing/builder.ts';
import { FakeWriter, testCertificates } from '../testing/fake-writer.ts';

let server: ReadServer;
let tls: Awaited<ReturnType<typeof testCertificates>>;
let db: ReadDatabase;
let writer: FakeWriter;
let builders: TestBuilder[];

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
});
afterEach(async () => {
  await Promise.all(builders.map((builder) => builder.stop()));
  await writer.stop();
});

async function start(addresses = `127.0.0.1:${writer.port}`, sweepIntervalMs = 100): Promise<TestBuilder> {
  const builder = await startTestBuilder(db, addresses, tls.builder, { sweepIntervalMs });
  builders.push(builder);
  return builder;
}

function addLedger(id: string, number: number, transfers = 100): TestLedger {
  const ledger = new TestLedger(id, number);
  ledger.open('a');
  ledger.open('b');
  for (let i = 0; i < transfers; i++) ledger.transfer('a', 'b', 1n);
  writer.ledgers.set(id, ledger);
  return ledger;
}

const isApplied = (ledger: TestLedger) => async (): Promise<boolean> =>
  (await appliedPosition(db.gateway, ledger.id))?.position === ledger.position;

async function expectWhole(ledger: TestLedger): Promise<void> {
  await until(`${ledger.id} is applied`, isApplied(ledger));
  const checks = await recomputeDigest(db.builder, ledger.number);
  for (const { kept, recomputed } of checks) expect(kept).toEqual(recomputed);
  expect(checks.find(({ projection }) => projection === 'account_statement')?.kept.digest).toBe(ledger.entryDigest);
  expect(checks.find(({ projection }) => projection === 'account_summary')?.kept.digest).toBe(ledger.accountDigest);
}

describe('the log feed', () => {
  it('applies what is there, what comes, and ledgers that are opened later', async () => {
    const first = addLedger('first', 1, 500);
    // Longer than a batch takes on a busy machine: else the sweep reads the log of a ledger that did not move between two of them.
    const builder = await start(undefined, 2_000);
    await expectWhole(first);
    first.transfer('b', 'a', 7n);
    const later = addLedger('later', 2);
    writer.publish();
    await expectWhole(first);
    await expectWhole(later);
    expect(writer.readLogs).toBe(0);
    await until('ready', () => builder.health.ready);
    const text = await builder.metrics.metrics();
    expect(text).toMatch(/ledgerflow_builder_records_total\{outcome="applied"\} \d+/);
    await until('no lag is left', async () => /ledgerflow_builder_lag_records\{slot="\d+"\} 0/.test(await builder.metrics.metrics()));
  });

  it('goes on after cut streams, a lost connection and at another writer', async () => {
    const ledger = addLedger('books', 1);
    const second = new FakeWriter();
    second.ledgers.set(ledger.id, ledger);
    await second.start(tls.writer);
    const builder = await start(`127.0.0.1:${writer.port},127.0.0.1:${second.port}`);
    await expectWhole(ledger);
    for (let i = 0; i < 3; i++) {
      writer.cut();
      second.cut();
      ledger.transfer('a', 'b', 1n);
      await expectWhole(ledger);
    }
    writer.refusesTails = true;
    writer.cut();
    second.cut();
    ledger.transfer('a', 'b', 1n);
    await until('it tails at the second writer', () => second.tails > 0);
    await expectWhole(ledger);
    await until('the feed is well', () => builder.health.checks().find(({ name }) => name === 'feed')?.ok === true);
    await second.stop();
    await writer.stop();
    await until(
      'it says that nobody can be reached',
      () =>
        builder.health
          .checks()
          .find(({ name }) => name === 'feed')
          ?.reason?.includes('not connected') === true,
    );
  });

  it('a record that was lost on the way is read from the log', async () => {
    const ledger = addLedger('books', 1);
    for (const position of [2n, 50n, ledger.position]) writer.lost.add(`books ${position}`);
    await start();
    await expectWhole(ledger);
    expect(writer.readLogs).toBeGreaterThan(0);
  });

  it('two builders tail the same ledgers and nothing is applied twice', async () => {
    const ledgers = [addLedger('a', 1, 300), addLedger('b', 2, 300), addLedger('c', 3, 10)];
    await Promise.all([start(), start()]);
    for (let i = 0; i < 50; i++) {
      for (const ledger of ledgers) ledger.transfer('a', 'b', 1n);
      writer.publish();
    }
    for (const ledger of ledgers) await expectWhole(ledger);
  });

  it('a record whose accounts can not be told stops its ledger with a reason, and a repaired one goes on after a restart', async () => {
    const [sick, well] = [addLedger('sick', 1), addLedger('well', 2)];
    writer.garble = (text, position) => (position === 40n && text.includes('"ledger":"sick"') ? '{"schema":2}' : text);
    const builder = await start();
    await expectWhole(well);
    // How many, not which: whoever may see the health need not be allowed to see the ledger.
    await until('it says so', () =>
      builder.health.checks().some(({ name, reason }) => name === 'ledgers' && reason === '1 ledger is stopped'),
    );
    expect((await appliedPosition(db.gateway, 'sick'))?.stoppedReason).toContain('schema 2');
    well.transfer('a', 'b', 1n);
    writer.publish();
    await expectWhole(well);
    expect(await builder.metrics.metrics()).toContain('ledgerflow_builder_stopped_ledgers 1');
    writer.garble = (text) => text;
    await start();
    await expectWhole(sick);
    await until('ready again', () => builder.health.ready);
  });

  it('a log of another epoch stops the ledger even when it has nothing new', async () => {
    const ledger = addLedger('books', 1);
    await start();
    await expectWhole(ledger);
    ledger.epoch = 2;
    await until('it stops', async () => (await appliedPosition(db.gateway, 'books'))?.stoppedReason?.includes('epoch 2') === true);
  });

  it.each<[string, Partial<LedgerRecord>, string]>([
    ['another record', { actor: 'somebody' }, 'is not the one that was applied'],
    ['another ledger under its name', { ledgerUuid: '00000000-0000-4000-8000-000000000000' }, 'is another one'],
  ])('%s that was applied as if it were the log’s stops the ledger, although positions are equal', async (_name, over, reason) => {
    const ledger = addLedger('books', 1, 3);
    let previousHash = ZERO_HASH;
    const from = over.actor === undefined ? 0 : ledger.records.length - 1;
    const others = ledger.records.map((record, i) => {
      if (i < from) previousHash = record.hash;
      if (i < from) return record;
      const events = record.events.map((event): LedgerEvent =>
        event.type === 'LedgerOpened' && over.ledgerUuid !== undefined
          ? { ...event, data: { ...event.data, uuid: over.ledgerUuid } }
          : event,
      );
      const other = forged(record, { ...over, events, previousHash });
      previousHash = other.hash;
      return other;
    });
    const texts = others.map((record) => ({ ledger: 'books', text: recordToJson(record) }));
    const applied = await new Applier({ pool: db.builder, slots: 32, deadLettersMax: 1_000, log: silentLogger }).apply(texts, 'hint');
    expect(applied).toMatchObject({ records: ledger.records.length });
    await start();
    await until('it stops', async () => (await appliedPosition(db.gateway, 'books'))?.stoppedReason?.includes(reason) === true, 5_000);
  });

  it('compares what moved, and everything now and then, whatever the clocks say', async () => {
    const ledgers = [addLedger('still', 1), addLedger('quiet', 2)];
    // Later than all that is in the logs: what comes to them looks old.
    writer.clockMicros = (ledgers[0] as TestLedger).now + 3_600_000_000n;
    await start();
    for (const ledger of ledgers) await expectWhole(ledger);
    await db.builder.query(`update read.checkpoints set applied_at = applied_at - interval '1 hour'`);
    await until('a sweep asks for what moved, of all four quarters of the slots', () =>
      writer.headsTold.slice(-4).every((count) => count === 0),
    );
    const [still] = ledgers as [TestLedger];
    still.transfer('a', 'b', 1n);
    writer.lost.add(`still ${still.position}`);
    await expectWhole(still);
  });

  it('a log that hangs while it is read holds up no other ledger, no lag and no stop', async () => {
    const [slow, well] = [addLedger('slow', 1), addLedger('well', 2)];
    for (const { position } of slow.records) writer.lost.add(`slow ${position}`);
    writer.hanging.add('slow');
    const builder = await start();
    await expectWhole(well);
    await until('the log is asked for', () => writer.readLogs > 0);
    well.transfer('a', 'b', 1n);
    writer.lost.add(`well ${well.position}`);
    writer.publish();
    await until('the other log is read', isApplied(well), 5_000);
    const lag = /ledgerflow_builder_lag_records\{slot="\d+"\} 103/;
    await until('the lag is told', async () => lag.test(await builder.metrics.metrics()));
    const began = Date.now();
    await builder.stop();
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('the database goes away in the middle and comes back', async () => {
    const ledger = addLedger('books', 1, 2_000);
    await start();
    await until('it has begun', async () => ((await appliedPosition(db.gateway, 'books').catch(() => null))?.position ?? 0n) > 100n);
    await server.postgres.kill('SIGKILL');
    await server.postgres.restart();
    await until('it goes on', () => isApplied(ledger)().catch(() => false));
    await expectWhole(ledger);
  });
});
