import { parseMicros } from '@ledgerflow/contracts';
import { describeRead, describeRecord, describeWrite } from '../describe.ts';
import type { Evidence } from '../evidence.ts';
import { answered, databaseCrashes, isNotFound } from './reading.ts';
import type { Check } from './violation.ts';

export const showRecord = ({ book }: Evidence, position: bigint): string[] => {
  const record = book.record(position);
  return record === null ? [`  the log ends at ${book.position}`] : describeRecord(record);
};

/** A read with a token is not older than the token, and one of the log itself is not older than what anybody had been told before. */
export const staleRead: Check<'balance' | 'page' | 'log end' | 'nothing'> = {
  name: 'stale read',
  guarantee: 'G4',
  faults: ['balance', 'page', 'log end', 'nothing'],
  run(evidence, report) {
    const { book } = evidence;
    const balances = answered(evidence, 'balance').filter(({ read }) => read.token !== null);
    for (const { read, body } of balances) {
      const token = read.token as bigint;
      if (BigInt(body.asOfPosition) < token)
        report('balance', `A read with a token of position ${token} was answered as of ${body.asOfPosition}`, [
          ...describeRead(read),
          ...showRecord(evidence, token),
        ]);
    }
    const pages = answered(evidence, 'entries').filter(({ read }) => read.token !== null);
    for (const { read, question, body } of pages) {
      const first = book.firstEntry(question.account, parseMicros(question.from) ?? 0n, question.after);
      const due = book.entriesUpTo(question.account, read.token as bigint) - first;
      if (body.nextCursor === null && body.data.length < due)
        report('page', `A page of entries lacks some up to its token of position ${read.token}`, describeRead(read));
    }
    const tails = answered(evidence, 'log');
    for (const { read, question, body } of tails) {
      const told = evidence.order.completedBefore(read.invokedMs);
      const last = BigInt(body.data.at(-1)?.position ?? question.after);
      if (told !== null && body.data.length < question.limit && last < told.record.position)
        report('log end', `The log was shown up to ${last} after ${told.record.position} had been answered`, [
          ...describeRead(read),
          ...describeWrite(told.write),
        ]);
    }
    for (const read of evidence.reads)
      if (read.token !== null && isNotFound(read))
        report('nothing', `A read with a token of position ${read.token} was told that there is nothing`, describeRead(read));
    return balances.length + pages.length + tails.length;
  },
};

/**
 * Without a crash of the database in between, no read is older than one that was answered before it was asked, with or without a token. (After such a crash a read
 * without a token may be: docs/concepts/reads.md.)
 */
export const backwards: Check<'older'> = {
  name: 'backwards',
  guarantee: 'G4',
  faults: ['older'],
  run(evidence, report) {
    const crashes = databaseCrashes(evidence.faults);
    const reads = answered(evidence, 'balance')
      .map(({ read, body }) => ({ read, position: BigInt(body.asOfPosition) }))
      .filter(({ read }) => !crashes.some(({ beganMs, endedMs }) => read.invokedMs <= endedMs && read.endedMs >= beganMs));
    const era = (ms: number): number => crashes.filter(({ beganMs }) => beganMs < ms).length;
    const done = reads.toSorted((a, b) => a.read.endedMs - b.read.endedMs);
    const highest = new Map<number, (typeof reads)[number]>();
    let next = 0;
    for (const later of reads.toSorted((a, b) => a.read.invokedMs - b.read.invokedMs)) {
      for (let one = done[next]; one !== undefined && one.read.endedMs < later.read.invokedMs; one = done[++next]) {
        const before = highest.get(era(one.read.endedMs));
        if (before === undefined || one.position > before.position) highest.set(era(one.read.endedMs), one);
      }
      const earlier = highest.get(era(later.read.invokedMs));
      if (earlier !== undefined && earlier.position > later.position)
        report('older', `A read was answered as of ${later.position} after one as of ${earlier.position}`, [
          ...describeRead(earlier.read),
          ...describeRead(later.read),
        ]);
    }
    return reads.length;
  },
};
