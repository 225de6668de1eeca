import { isAccountEvent } from '@ledgerflow/contracts';
import { describeRecord, describeWrite } from '../describe.ts';
import { money } from '../render.ts';
import type { Check } from './violation.ts';

/** What was answered before another was asked for stands before it in the log: for every pair, by comparing each with the highest position answered so far. */
export const order: Check = {
  name: 'order',
  guarantee: 'G4',
  run({ effects, order: real }, report) {
    for (const later of effects) {
      const earlier = real.completedBefore(later.beginMs);
      if (earlier === null || earlier.record.position < later.record.position) continue;
      report(
        `A write got position ${later.record.position} although ${earlier.record.position} had been answered before it was asked for`,
        [...describeWrite(earlier.write), ...describeWrite(later.write)],
      );
    }
    return effects.length;
  },
};

/**
 * The log by itself: dense positions, growing times, dense versions, balances that are the sums of their entries, records that sum to zero, limits and freezes
 * held at every position.
 */
export const arithmetic: Check = {
  name: 'arithmetic',
  guarantee: 'G1, G4',
  run({ book }, report) {
    let previous: (typeof book.records)[number] | null = null;
    for (const record of book.records) {
      const fault = (message: string): void => report(message, describeRecord(record));
      if (record.position !== (previous?.position ?? 0n) + 1n) fault(`Position ${record.position} follows ${previous?.position ?? 0n}`);
      if (previous !== null && record.recordedAt <= previous.recordedAt) fault('The time of recording does not grow');
      let sum = 0n;
      const touched = new Map<string, bigint>();
      const lasting = new Map<string, (typeof events)[number]>();
      const events = record.events.filter(isAccountEvent);
      for (const event of events) {
        lasting.set(event.account, event);
        if (event.type !== 'EntryPosted') continue;
        sum += event.amount;
        touched.set(event.account, (touched.get(event.account) ?? 0n) + event.amount);
      }
      if (sum !== 0n) fault(`The entries of a record sum to ${money(sum)}`);
      for (const [account, { postedAfter, version }] of lasting) {
        const before = book.at(account, record.position - 1n);
        const after = book.at(account, record.position);
        if (after === null) continue;
        if (after.version !== version) fault(`${account} has version ${version} where it has ${after.version} events`);
        if (after.posted !== postedAfter)
          fault(`${account} is said to have ${money(postedAfter)}; its entries sum to ${money(after.posted)}`);
        const net = touched.get(account) ?? 0n;
        if (net < 0n && after.minBalance !== null && after.posted < after.minBalance)
          fault(`${account} was drawn to ${money(after.posted)}, below its limit`);
        if (net > 0n && after.maxBalance !== null && after.posted > after.maxBalance)
          fault(`${account} was filled to ${money(after.posted)}, above its limit`);
        const isRefused = before?.status === 'frozen' && (before.freezeScope === 'all' || net < 0n);
        if (touched.has(account) && isRefused) fault(`${account} was moved while it was frozen`);
      }
      previous = record;
    }
    return book.records.length;
  },
};
