import { describe, expect, it } from '@jest/globals';
import type { KafkaAdmin, KafkaProducer } from '@ledgerflow/platform/kafka';
import { silentLogger } from '@ledgerflow/platform/log';
import type { Pool } from '@ledgerflow/platform/postgres';
import { DeadLetterPublisher } from './publish.ts';

/** A database that fails while it is told to, and has no letters. */
function database(): { pool: Pool; state: { isAway: boolean; asked: number }; asked: (count: number) => Promise<void> } {
  const state = { isAway: true, asked: 0 };
  const waiting: { count: number; resolve: () => void }[] = [];
  const query = async (): Promise<{ rows: unknown[] }> => {
    state.asked += 1;
    for (const { count, resolve } of waiting) if (state.asked >= count) resolve();
    if (state.isAway) throw new Error('away');
    return { rows: [] };
  };
  const asked = (count: number): Promise<void> =>
    new Promise((resolve) => (state.asked >= count ? resolve() : waiting.push({ count, resolve })));
  return { pool: { query } as unknown as Pool, state, asked };
}

describe('the health of the publisher', () => {
  it('is red after a minute of failures, and green with the first round that ends well', async () => {
    const { pool, state, asked } = database();
    let now = 0;
    const unused = {} as KafkaProducer & KafkaAdmin;
    const publisher = new DeadLetterPublisher({
      pool,
      producer: unused,
      admin: unused,
      slots: 1,
      log: silentLogger,
      intervalMs: 1,
      nowMs: () => now,
    });
    publisher.start();
    await asked(2);
    now = 59_999;
    expect(publisher.health()).toEqual({ ok: true });
    now = 60_000;
    expect(publisher.health()).toEqual({ ok: false, reason: 'parked records could not be published for 60 s' });
    state.isAway = false;
    // The second one after it begins when the first has ended.
    await asked(state.asked + 2);
    expect(publisher.health()).toEqual({ ok: true });
    await publisher.stop();
  });
});

describe('a topic that takes less than a batch', () => {
  interface Sent {
    id: string;
    record: string | null;
  }
  /** What the brokers say, as kafkajs wraps it. */
  const tooLarge = (): Error => new Error('not retriable', { cause: Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }) });

  it('gets parts of it, and a letter that is too large alone without its record', async () => {
    const limit = 400;
    const rows = [10, 20, 1_000, 30].map((size, i) => ({
      id: `${i + 1}`,
      ledger: 'books',
      position: `${i + 1}`,
      accounts: [],
      projections: [],
      error: null,
      parked_at: '2026-01-01T00:00:00.000000Z',
      record: 'r'.repeat(size),
    }));
    const done = new Set<string>();
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const query = async (_: string, values?: [string[]]): Promise<{ rows: unknown[] }> => {
      for (const id of values?.[0] ?? []) done.add(id);
      const left = rows.filter(({ id }) => !done.has(id));
      if (left.length === 0) ended();
      return { rows: left };
    };
    const sent: Sent[] = [];
    let failures = 0;
    const sendBatch: KafkaProducer['sendBatch'] = async (_, messages) => {
      if (messages.reduce((sum, { value }) => sum + value.length, 0) <= limit) {
        sent.push(...messages.map(({ value }) => JSON.parse(value) as Sent));
        return;
      }
      failures += 1;
      if (failures > 10) ended();
      throw tooLarge();
    };
    const publisher = new DeadLetterPublisher({
      pool: { query } as unknown as Pool,
      producer: { sendBatch } as unknown as KafkaProducer,
      admin: { ensureTopics: async () => undefined } as unknown as KafkaAdmin,
      slots: 1,
      log: silentLogger,
      intervalMs: 1,
    });
    publisher.start();
    await end;
    await publisher.stop();
    expect(sent.map(({ id, record }) => [id, record?.length ?? null])).toEqual([
      ['1', 10],
      ['2', 20],
      ['3', null],
      ['4', 30],
    ]);
    expect(sent[2]).toMatchObject({ recordLeftOut: expect.stringContaining('larger'), position: '3' });
    expect(sent[0]).not.toHaveProperty('recordLeftOut');
    expect(failures).toBeLessThanOrEqual(4);
  });
});
