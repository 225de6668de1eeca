import { formatMicros, parseMicros } from '@ledgerflow/contracts';
import type { EntryLine } from '../book.ts';
import { describeRead, describeRecord, describeWrite } from '../describe.ts';
import type { Evidence } from '../evidence.ts';
import { firstAnswer, type Read, type ReadQuestion } from '../history.ts';
import { contains, money } from '../render.ts';
import type { Check } from './violation.ts';

type Asked<K extends ReadQuestion['kind']> = Extract<ReadQuestion, { kind: K }>;

interface BalanceAnswer {
  asOfPosition: string;
}

interface EntriesAnswer {
  data: { position: string; index: number; amount: string; balanceAfter: string; version: string }[];
  nextCursor: string | null;
}

interface LogAnswer {
  data: { position: string }[];
}

interface Answered<K extends ReadQuestion['kind'], A> {
  read: Read;
  question: Asked<K>;
  body: A;
  text: string;
}

function answered<K extends ReadQuestion['kind'], A>({ reads }: Evidence, kind: K): Answered<K, A>[] {
  return reads.flatMap((read) =>
    read.question.kind === kind && read.outcome.kind === 'ok'
      ? [{ read, question: read.question as Asked<K>, body: JSON.parse(read.outcome.answer) as A, text: read.outcome.answer }]
      : [],
  );
}

function linesFrom(lines: readonly EntryLine[], from: string): EntryLine[] {
  const earliest = parseMicros(from) ?? 0n;
  return lines.filter((line) => line.recordedAt >= earliest);
}

const showRecord = ({ book }: Evidence, position: bigint): string[] => {
  const record = book.record(position);
  return record === null ? [`  the log ends at ${book.position}`] : describeRecord(record);
};

/** All accounts were opened before the run: whoever sends a token is not told that there is none. */
const isNotFound = ({ outcome }: Read): boolean => outcome.kind === 'failed' && outcome.reason.startsWith('404');

/** A read with a token is not older than the token, and one of the log itself is not older than what anybody had been told before. */
export const staleRead: Check = {
  name: 'stale read',
  guarantee: 'G4',
  run(evidence, report) {
    const balances = answered<'balance', BalanceAnswer>(evidence, 'balance').filter(({ read }) => read.token !== null);
    for (const { read, body } of balances) {
      const token = read.token as bigint;
      if (BigInt(body.asOfPosition) < token)
        report(`A read with a token of position ${token} was answered as of ${body.asOfPosition}`, [
          ...describeRead(read),
          ...showRecord(evidence, token),
        ]);
    }
    const pages = answered<'entries', EntriesAnswer>(evidence, 'entries').filter(({ read }) => read.token !== null);
    for (const { read, question, body } of pages) {
      const due = linesFrom(evidence.book.entries(question.account), question.from).filter(
        ({ position }) => position <= (read.token as bigint),
      );
      if (body.nextCursor === null && body.data.length < due.length)
        report(`A page of entries lacks some up to its token of position ${read.token}`, describeRead(read));
    }
    const tails = answered<'log', LogAnswer>(evidence, 'log');
    for (const { read, question, body } of tails) {
      const told = evidence.order.completedBefore(read.invokedMs);
      const last = BigInt(body.data.at(-1)?.position ?? question.after);
      if (told !== null && body.data.length < question.limit && last < told.record.position)
        report(`The log was shown up to ${last} after ${told.record.position} had been answered`, [
          ...describeRead(read),
          ...describeWrite(told.write),
        ]);
    }
    for (const read of evidence.reads)
      if (read.token !== null && isNotFound(read))
        report(`A read with a token of position ${read.token} was told that there is nothing`, describeRead(read));
    return balances.length + pages.length + tails.length;
  },
};

function wrongBalance(evidence: Evidence, read: Read, account: string, position: bigint): string | null {
  const { book } = evidence;
  const state = book.at(account, position);
  const record = book.record(position);
  if (record === null || state === null) return `as of ${position}, which the log does not have`;
  const amount = money(state.posted);
  const asOf = read.question.kind === 'balance' ? formatMicros(record.recordedAt) : undefined;
  const expected = { account, posted: amount, available: amount, version: `${state.version}`, ...(asOf === undefined ? {} : { asOf }) };
  if (read.outcome.kind === 'ok' && contains(JSON.parse(read.outcome.answer), expected)) return null;
  return `something else than the log has at ${position}: ${amount}, version ${state.version}`;
}

function wrongEntries(evidence: Evidence, { question, body, read }: Answered<'entries', EntriesAnswer>): string | null {
  const lines = linesFrom(evidence.book.entries(question.account), question.from);
  for (const [i, { position, index, amount, balanceAfter, version }] of body.data.entries()) {
    const line = lines[i];
    const isSame =
      line?.position === BigInt(position) &&
      line.index === index &&
      money(line.amount) === amount &&
      money(line.balanceAfter) === balanceAfter &&
      `${line.version}` === version;
    if (!isSame) return `an entry at ${position} that is not the log's number ${i + 1}`;
  }
  return fromTheFuture(evidence, read, BigInt(body.data.at(-1)?.position ?? 0n));
}

function fromTheFuture({ order, ledger }: Evidence, { endedMs }: Read, position: bigint): string | null {
  const highest = order.highestAt(endedMs);
  return position <= highest || position <= ledger.seededTo ? null : `position ${position}, of which only ${highest} had been asked for`;
}

function wrongTail({ book }: Evidence, { question, body }: Answered<'log', LogAnswer>): string | null {
  for (const [i, found] of body.data.entries()) {
    const record = book.record(question.after + 1n + BigInt(i));
    if (record === null) return `position ${found.position}, which is not the log's next`;
    const events = record.events.map((event, index) => ({
      index,
      type: event.type,
      ...('version' in event ? { version: `${event.version}` } : {}),
    }));
    const expected = { position: `${record.position}`, recordedAt: formatMicros(record.recordedAt), type: record.type, events };
    if (!contains(found, { ...expected, causationId: record.causationId })) return `a record ${found.position} that is not the log's`;
  }
  return null;
}

/** What a read may be told instead of an answer: that it is not possible now. */
function isAllowedFailure({ token, question }: Read, reason: string): boolean {
  if (reason.startsWith('404')) return token !== null || question.kind === 'balance';
  return !/^(4|500)/.test(reason) || reason.startsWith('429');
}

/** Whatever a read answers is what the log has at the position it names, nothing from the future, and the past stays what it was. */
export const wrongRead: Check = {
  name: 'wrong read',
  guarantee: 'G5',
  run(evidence, report) {
    const tell = (read: Read, wrong: string | null, position: bigint | null): void => {
      if (wrong !== null)
        report(`A read answered ${wrong}`, [...describeRead(read), ...(position === null ? [] : showRecord(evidence, position))]);
    };
    for (const read of evidence.reads)
      if (read.outcome.kind === 'failed' && !isAllowedFailure(read, read.outcome.reason)) tell(read, read.outcome.reason, null);
    const balances = answered<'balance', BalanceAnswer>(evidence, 'balance');
    for (const { read, question, body } of balances) {
      const position = BigInt(body.asOfPosition);
      tell(read, wrongBalance(evidence, read, question.account, position) ?? fromTheFuture(evidence, read, position), position);
    }
    const past = answered<'balance-at', BalanceAnswer>(evidence, 'balance-at');
    const texts = new Map<string, string>();
    for (const { read, question, body, text } of past) {
      const position = evidence.book.positionAt(parseMicros(question.at) ?? 0n);
      const isElsewhere = BigInt(body.asOfPosition) !== position;
      tell(read, isElsewhere ? `as of ${body.asOfPosition} for a time before the record after ${position}` : null, position);
      if (!isElsewhere) tell(read, wrongBalance(evidence, read, question.account, position), position);
      const name = `${question.account} ${question.at}`;
      if ((texts.get(name) ?? text) !== text) tell(read, 'something else about the same past than before', position);
      texts.set(name, text);
    }
    const pages = answered<'entries', EntriesAnswer>(evidence, 'entries');
    for (const page of pages) tell(page.read, wrongEntries(evidence, page), null);
    const tails = answered<'log', LogAnswer>(evidence, 'log');
    for (const tail of tails) tell(tail.read, wrongTail(evidence, tail), null);
    return balances.length + past.length + pages.length + tails.length;
  },
};

/**
 * Without a crash of the database in between, no read is older than one that was answered before it was asked, with or without a token. (After such a crash a read
 * without a token may be: docs/concepts/reads.md.)
 */
export const backwards: Check = {
  name: 'backwards',
  guarantee: 'G4',
  run(evidence, report) {
    const crashes = evidence.faults.filter(({ kind, how }) => kind === 'postgres' && how === 'kill');
    const reads = answered<'balance', BalanceAnswer>(evidence, 'balance')
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
        report(`A read was answered as of ${later.position} after one as of ${earlier.position}`, [
          ...describeRead(earlier.read),
          ...describeRead(later.read),
        ]);
    }
    return reads.length;
  },
};

/** When all faults are over every write is answered and every balance can be read with a token of the end. */
export const recovery: Check = {
  name: 'recovery',
  guarantee: 'G9',
  run({ writes, reads, faults }, report) {
    for (const { kind, target, how, beganMs, recoveredMs } of faults)
      if (recoveredMs === null)
        report(`Writes were not answered again after the ${how} of ${target} (${kind}) at ${(beganMs / 1000).toFixed(1)} s`, []);
    for (const write of writes)
      if (write.reuses === null && firstAnswer(write) === null) report('A write was never answered', describeWrite(write));
    for (const write of writes)
      if (write.attempts.some(({ outcome }) => outcome.kind === 'unknown' && outcome.reason.startsWith('500')))
        report('A write was answered 500', describeWrite(write));
    const last = reads.filter(({ isFinal }) => isFinal);
    for (const read of last) if (read.outcome.kind !== 'ok') report('A balance could not be read at the end', describeRead(read));
    return writes.length + last.length + faults.length;
  },
};
