import { formatMicros, parseMicros } from '@ledgerflow/contracts';
import type { EntryLine } from '../book.ts';
import { describeRead } from '../describe.ts';
import type { Evidence } from '../evidence.ts';
import type { Read } from '../history.ts';
import { equals, money, renderRecord } from '../render.ts';
import { type Answered, answered, databaseCrashes, isNotFound, isSuperseded } from './reading.ts';
import { showRecord } from './stale.ts';
import type { Check } from './violation.ts';

const FAULTS = ['failure', 'not found', 'balance', 'position', 'changed past', 'page length', 'entry', 'record', 'future'] as const;
type Wrong = { fault: (typeof FAULTS)[number]; what: string };

/** What the log says of an account at a position, as a balance is answered. `at`: the time that was asked for, null for now. */
function wrongBalance(evidence: Evidence, text: string, account: string, position: bigint, at: string | null): Wrong | null {
  const { book } = evidence;
  const state = book.at(account, position);
  const record = book.record(position);
  if (record === null || state === null) return { fault: 'position', what: `as of ${position}, which the log does not have` };
  const posted = money(state.posted);
  const expected = {
    account,
    currency: state.currency,
    posted,
    held: money(0n),
    available: posted,
    version: `${state.version}`,
    asOf: formatMicros(at === null ? record.recordedAt : (parseMicros(at) ?? 0n)),
    asOfPosition: `${position}`,
  };
  if (equals(JSON.parse(text), expected)) return null;
  return { fault: 'balance', what: `something else than the log has at ${position}: ${posted}, version ${state.version}` };
}

function renderEntry(account: string, line: EntryLine): unknown {
  const { position, index, transactionId, currency, version } = line;
  return {
    position: `${position}`,
    index,
    transactionId,
    account,
    currency,
    amount: money(line.amount),
    balanceAfter: money(line.balanceAfter),
    heldAfter: money(line.heldAfter),
    version: `${version}`,
    recordedAt: formatMicros(line.recordedAt),
    effectiveAt: formatMicros(line.effectiveAt),
  };
}

function wrongEntries(evidence: Evidence, { question, body, read }: Answered<'entries'>): Wrong | null {
  const { account, limit } = question;
  const lines = evidence.book.entries(account);
  const first = evidence.book.firstEntry(account, parseMicros(question.from) ?? 0n, question.after);
  const { length } = body.data;
  if (length > limit || (body.nextCursor !== null && length < limit))
    return {
      fault: 'page length',
      what: `${length} entries of at most ${limit} ${body.nextCursor === null ? 'on' : 'and more after'} the page`,
    };
  for (const [i, found] of body.data.entries()) {
    const line = lines[first + i];
    if (line === undefined || !equals(found, renderEntry(account, line)))
      return { fault: 'entry', what: `an entry at ${found.position} that is not the log's number ${i + 1}` };
  }
  return fromTheFuture(evidence, read, BigInt(body.data.at(-1)?.position ?? 0n));
}

function fromTheFuture({ order, ledger }: Evidence, { endedMs }: Read, position: bigint): Wrong | null {
  const highest = order.highestAt(endedMs);
  if (position <= highest || position <= ledger.seededTo) return null;
  return { fault: 'future', what: `position ${position}, of which only ${highest} had been asked for` };
}

function wrongTail(evidence: Evidence, { read, question, body }: Answered<'log'>): Wrong | null {
  for (const [i, found] of body.data.entries()) {
    const record = evidence.book.record(question.after + 1n + BigInt(i));
    if (record === null || !equals(found, renderRecord(record)))
      return { fault: 'record', what: `a record ${found.position} that is not the log's next` };
  }
  return fromTheFuture(evidence, read, BigInt(body.data.at(-1)?.position ?? 0n));
}

/** What a read may be told instead of an answer: that it is not possible now. */
const isPassing = (reason: string): boolean => !/^(4|500)/.test(reason) || reason.startsWith('429');

/**
 * Reads without a token that were told that there is no such account. All accounts were there before the clients began; after a crash of the database the read
 * side may have forgotten them, until somebody saw the account again.
 */
function wronglyNotFound(evidence: Evidence): Read[] {
  const crashes = databaseCrashes(evidence.faults);
  const seen = answered(evidence, 'balance');
  return evidence.reads.filter((read) => {
    if (read.token !== null || !isNotFound(read)) return false;
    const { question } = read;
    if (question.kind !== 'balance') return true;
    const crash = crashes.findLast(({ beganMs }) => beganMs <= read.endedMs);
    if (crash === undefined) return true;
    return seen.some(
      (one) => one.question.account === question.account && one.read.invokedMs > crash.endedMs && one.read.endedMs < read.invokedMs,
    );
  });
}

/** Whatever a read answers is what the log has at the position it names, to the last member; nothing from the future, and the past stays what it was. */
export const wrongRead: Check<(typeof FAULTS)[number]> = {
  name: 'wrong read',
  guarantee: 'G5',
  faults: FAULTS,
  run(evidence, report) {
    const tell = (read: Read, wrong: Wrong | null, position: bigint | null): void => {
      if (wrong === null) return;
      const shown = position === null ? [] : showRecord(evidence, position);
      report(wrong.fault, `A read answered ${wrong.what}`, [...describeRead(read), ...shown]);
    };
    for (const read of evidence.reads)
      if (read.outcome.kind === 'failed' && !isNotFound(read) && !isPassing(read.outcome.reason) && !isSuperseded(read, evidence.faults))
        tell(read, { fault: 'failure', what: read.outcome.reason }, null);
    for (const read of wronglyNotFound(evidence)) tell(read, { fault: 'not found', what: 'that there is no such account' }, null);
    const balances = answered(evidence, 'balance');
    for (const { read, question, body, text } of balances) {
      const position = BigInt(body.asOfPosition);
      tell(read, wrongBalance(evidence, text, question.account, position, null) ?? fromTheFuture(evidence, read, position), position);
    }
    const past = answered(evidence, 'balance-at');
    const texts = new Map<string, string>();
    for (const { read, question, body, text } of past) {
      const position = evidence.book.positionAt(parseMicros(question.at) ?? 0n);
      const elsewhere = `as of ${body.asOfPosition} for a time before the record after ${position}`;
      if (BigInt(body.asOfPosition) !== position) tell(read, { fault: 'position', what: elsewhere }, position);
      else tell(read, wrongBalance(evidence, text, question.account, position, question.at), position);
      const name = `${question.account} ${question.at}`;
      if ((texts.get(name) ?? text) !== text)
        tell(read, { fault: 'changed past', what: 'something else about the same past than before' }, position);
      texts.set(name, text);
    }
    const pages = answered(evidence, 'entries');
    for (const page of pages) tell(page.read, wrongEntries(evidence, page), null);
    const tails = answered(evidence, 'log');
    for (const tail of tails) tell(tail.read, wrongTail(evidence, tail), null);
    return balances.length + past.length + pages.length + tails.length;
  },
};
