import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { recordToJson } from '@ledgerflow/contracts';
import { silentLogger } from '@ledgerflow/platform/log';
import { createMetrics } from '@ledgerflow/platform/metrics';
import { GOLDEN_RECORD } from '../../../contracts/src/record.fixture.ts';
import { EventHub, type HubOptions } from './hub.ts';

const MIB = 1024 * 1024;
/** A record whose message is about a MiB. */
const textAt = (position: bigint): string => recordToJson({ ...GOLDEN_RECORD, position, actor: 'x'.repeat(MIB) });

describe('the hub', () => {
  it('keeps no more recent records than a bounded number of bytes, of one ledger and of all', () => {
    const tails: EventEmitter[] = [];
    const tailLog = (): EventEmitter => {
      const tail = Object.assign(new EventEmitter(), { cancel: () => undefined });
      tails.push(tail);
      return tail;
    };
    const writer = { tailLog, getHeads: () => Promise.reject(new Error('not asked')) } as unknown as HubOptions['writer'];
    const hub = new EventHub({ writer, log: silentLogger, metrics: createMetrics('test') });
    const subscriber = { deliver: () => undefined, end: () => undefined };
    const kept = (subscription: ReturnType<EventHub['subscribe']>): number => {
      for (let position = 0n; position < 12n; position++) {
        const recent = subscription.after(position);
        if (recent !== null) return recent.length;
      }
      return 0;
    };
    const subscriptions = Array.from({ length: 12 }, (_, ledger) => {
      const subscription = hub.subscribe(`l${ledger}`, 0n, subscriber);
      for (let position = 1n; position <= 12n; position++)
        tails[ledger]!.emit('data', { ledger: `l${ledger}`, records: [textAt(position)], headPosition: position });
      return subscription;
    });
    const counts = subscriptions.map(kept);
    expect(counts[0]).toBe(3);
    expect(counts.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(32);
    expect(counts.at(-1)).toBeLessThan(3);
    // Far behind, in reach, and at the end.
    expect(subscriptions[0]!.after(2n)).toBeNull();
    expect(subscriptions[0]!.after(10n)?.map(({ position }) => position)).toEqual([11n, 12n]);
    expect(subscriptions[0]!.after(12n)).toEqual([]);
    // What a ledger kept is free again when its last client is gone.
    subscriptions.slice(0, -1).forEach((subscription) => subscription.leave());
    for (let position = 13n; position <= 16n; position++)
      tails.at(-1)!.emit('data', { records: [textAt(position)], headPosition: position });
    expect(subscriptions.at(-1)!.after(13n)).toHaveLength(3);
  });

  it('takes so many clients, and so many of one principal', () => {
    const writer = { tailLog: () => new EventEmitter() } as unknown as HubOptions['writer'];
    const hub = new EventHub({ writer, log: silentLogger, metrics: createMetrics('test'), streamsMax: 3, streamsOfPrincipalMax: 2 });
    const gone = [hub.admit('ann'), hub.admit('ann')];
    expect(() => hub.admit('ann')).toThrow('of this principal');
    const ben = hub.admit('ben');
    expect(() => hub.admit('cid')).toThrow('Too many event streams are open');
    ben();
    gone[0]!();
    hub.admit('ann');
    expect(() => hub.admit('ann')).toThrow('of this principal');
  });
});
