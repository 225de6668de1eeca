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
