import { type Fault, firstAnswer, type History, type LogRecord, type Read, type Write } from './history.ts';
import { SmallTown } from './legal.fixture.ts';
import { Random } from '../driver/index.ts';

const STEPS = 400;

/** A legal history, to be spoilt; undefined when it has nothing of the kind to spoil. */
export interface Case {
  history: History & { faults: Fault[] };
  records: LogRecord[];
  writes: Write[];
  reads: Read[];
  random: Random;
}

export function legal(seed: number): Case {
  const town = new SmallTown(seed).run(STEPS);
  const { writes, reads, records } = town;
  const faults: Fault[] = [];
  return { history: { ...town.history, faults }, records, writes, reads, random: new Random(seed + 1) };
}

export const answeredOk = (write: Write): boolean => firstAnswer(write)?.outcome.kind === 'ok';
const moves = (write: Write): boolean => write.command.kind === 'move';
const balanceReads = ({ reads }: Case): Read[] =>
  reads.filter(({ question, outcome }) => question.kind === 'balance' && outcome.kind === 'ok');

const pages = ({ reads }: Case): Read[] => reads.filter(({ question, outcome }) => question.kind === 'entries' && outcome.kind === 'ok');

export function recordOf({ records }: Case, write: Write): LogRecord {
  return records.find(({ key }) => key === write.storedKey) as LogRecord;
}

function edit(read: Read, change: (answer: Record<string, string>) => void): void {
  if (read.outcome.kind !== 'ok') throw new Error('not answered');
  const answer = JSON.parse(read.outcome.answer) as Record<string, string>;
  change(answer);
  read.outcome = { kind: 'ok', answer: JSON.stringify(answer) };
}

/** Numbers the positions anew, as they stand. */
function renumber(records: LogRecord[]): void {
  for (const [index, record] of records.entries()) record.position = BigInt(index + 1);
}

/** One way each to spoil a legal history, and the check that has to name it. */
export const SPOILERS: Record<string, { check: string; spoil: (town: Case) => boolean }> = {
  'an answered record is missing': {
    check: 'lost',
    spoil: (town) => {
      const write = town.writes.findLast(answeredOk);
      if (write === undefined) return false;
      town.records.splice(town.records.indexOf(recordOf(town, write)), 1);
      return true;
    },
  },
  'a record is there twice': {
    check: 'doubled',
    spoil: (town) => {
      const write = town.writes.find((one) => answeredOk(one) && moves(one));
      if (write === undefined) return false;
      const record = recordOf(town, write);
      town.records.push({
        ...record,
        position: BigInt(town.records.length + 1),
        recordedAt: (town.records.at(-1) as LogRecord).recordedAt + 1n,
      });
      return true;
    },
  },
  'a retry has an effect of its own under another key': {
    check: 'doubled',
    spoil: (town) => {
      const write = town.writes.find((one) => answeredOk(one) && moves(one) && one.attempts.length > 1);
      if (write === undefined) return false;
      const causationId = (write.attempts.at(-1) as { requestId: string }).requestId;
      const record = recordOf(town, write);
      town.records.push({ ...record, key: 'nobody', causationId, position: BigInt(town.records.length + 1) });
      return true;
    },
  },
  'a refused write has a record': {
    check: 'doubled',
    spoil: (town) => {
      const write = town.writes.find((one) => firstAnswer(one)?.outcome.kind === 'refused');
      if (write === undefined) return false;
      (town.records.at(-1) as LogRecord).key = write.storedKey;
      return true;
    },
  },
  'a key is used for two commands': {
    check: 'doubled',
    spoil: (town) => {
      const write = town.writes.find(answeredOk);
      if (write === undefined) return false;
      town.writes.push({
        ...write,
        id: town.writes.length,
        reuses: write.id,
        attempts: write.attempts.map((one) => ({ ...one, requestId: 'again' })),
      });
      return true;
    },
  },
  'a record of nobody': {
    check: 'foreign',
    spoil: (town) => {
      Object.assign(town.records.at(-1) as LogRecord, { key: 'nobody', causationId: 'nobody' });
      return true;
    },
  },
  'an answer tells another balance': {
    check: 'answer',
    spoil: (town) => {
      const write = town.writes.find((one) => answeredOk(one) && moves(one));
      if (write === undefined) return false;
      for (const { outcome } of write.attempts)
        if (outcome.kind === 'ok') outcome.answer = outcome.answer.replace('"balanceAfter":"', '"balanceAfter":"1');
      return true;
    },
  },
  'two answers are swapped': {
    check: 'answer',
    spoil: (town) => {
      const [one, two] = town.writes.filter((write) => answeredOk(write) && moves(write));
      if (one === undefined || two === undefined) return false;
      const [first, second] = [firstAnswer(one), firstAnswer(two)] as { outcome: unknown }[];
      [first!.outcome, second!.outcome] = [second!.outcome, first!.outcome];
      return true;
    },
  },
  'a replay differs': {
    check: 'replay',
    spoil: (town) => {
      const write = town.writes.find((one) => one.attempts.filter(({ outcome }) => outcome.kind === 'ok').length > 1);
      const last = write?.attempts.findLast(({ outcome }) => outcome.kind === 'ok')?.outcome;
      if (last?.kind !== 'ok') return false;
      last.answer = last.answer.replace('{', '{"other":1,');
      return true;
    },
  },
  'two records stand in the other order': {
    check: 'order',
    spoil: (town) => {
      // The first two writes of which one was answered before the other was asked for.
      const done = town.writes.filter(answeredOk).toSorted((a, b) => (firstAnswer(a)?.endedMs ?? 0) - (firstAnswer(b)?.endedMs ?? 0));
      const early = done[0] as Write;
      const late = done.find((one) => (one.attempts[0]?.invokedMs ?? 0) > (firstAnswer(early)?.endedMs ?? Infinity));
      if (late === undefined) return false;
      const [i, j] = [early, late].map((one) => town.records.indexOf(recordOf(town, one))) as [number, number];
      [town.records[i], town.records[j]] = [town.records[j] as LogRecord, town.records[i] as LogRecord];
      renumber(town.records);
      return true;
    },
  },
  'a balance after an entry is not the sum': {
    check: 'arithmetic',
    spoil: ({ records }) => {
      for (const event of (records.at(-1) as LogRecord).events) if ('postedAfter' in event) event.postedAfter += 1n;
      return true;
    },
  },
  'a record creates money': {
    check: 'arithmetic',
    spoil: ({ records }) => {
      const event = records.findLast(({ type }) => type === 'FundsTransferred')?.events[0];
      if (event?.type !== 'EntryPosted') return false;
      event.amount += 1n;
      return true;
    },
  },
  'an account is overdrawn': {
    check: 'arithmetic',
    spoil: ({ records }) => {
      const events = records.findLast(({ type }) => type === 'FundsTransferred')?.events ?? [];
      for (const event of events)
        if (event.type === 'EntryPosted') {
          event.amount *= 1_000_000n;
          event.postedAfter += event.amount - event.amount / 1_000_000n;
        }
      return events.some(
        (event) => 'account' in event && !event.account.startsWith('@') && event.type === 'EntryPosted' && event.amount < 0n,
      );
    },
  },
  'a refusal tells a balance that never was': {
    check: 'rules',
    spoil: (town) => {
      const outcome = town.writes
        .map((one) => firstAnswer(one)?.outcome)
        .find((one) => one?.kind === 'refused' && one.code === 'insufficient_funds');
      if (outcome?.kind !== 'refused') return false;
      outcome.answer = outcome.answer.replace('"available":"', '"available":"9');
      return true;
    },
  },
  'a read is older than its token': {
    check: 'stale read',
    spoil: (town) => {
      const read = balanceReads(town).find(({ token }) => token !== null && token > 8n);
      if (read === undefined) return false;
      edit(read, (answer) => (answer['asOfPosition'] = '7'));
      return true;
    },
  },
  'the log is shown without its end': {
    check: 'stale read',
    spoil: (town) => {
      const read = town.reads.findLast(({ question, outcome }) => question.kind === 'log' && outcome.kind === 'ok');
      if (read === undefined || (read.question.kind === 'log' && read.question.after > 10n)) return false;
      edit(read, (answer) => (answer['data'] as unknown as unknown[]).splice(1));
      return true;
    },
  },
  'a page of entries ends before its token': {
    check: 'stale read',
    spoil: (town) => {
      const read = pages(town).find(({ token, outcome }) => {
        const { data } = JSON.parse(outcome.kind === 'ok' ? outcome.answer : '{}') as { data: { position: string }[] };
        return token !== null && BigInt(data.at(-1)?.position ?? 0) <= token && data.length > 0;
      });
      if (read === undefined) return false;
      edit(read, (answer) => (answer['data'] as unknown as unknown[]).pop());
      return true;
    },
  },
  'a page of entries tells another amount': {
    check: 'wrong read',
    spoil: (town) => {
      const read = pages(town).find(({ outcome }) => outcome.kind === 'ok' && outcome.answer.includes('"amount"'));
      if (read === undefined) return false;
      edit(read, (answer) => ((answer['data'] as unknown as { amount: string }[])[0]!.amount = '0.00'));
      return true;
    },
  },
  'the past is not what it was': {
    check: 'wrong read',
    spoil: (town) => {
      const read = town.reads.find(({ question, outcome }) => question.kind === 'balance-at' && outcome.kind === 'ok');
      if (read === undefined) return false;
      edit(read, (answer) => (answer['available'] = '1234.56'));
      return true;
    },
  },
  'the past is resolved to another position': {
    check: 'wrong read',
    spoil: (town) => {
      const read = town.reads.find(({ question, outcome }) => question.kind === 'balance-at' && outcome.kind === 'ok');
      if (read === undefined) return false;
      edit(read, (answer) => (answer['asOfPosition'] = `${Number(answer['asOfPosition']) + 1}`));
      return true;
    },
  },
  'a read answers another balance': {
    check: 'wrong read',
    spoil: (town) => {
      const read = town.random.pick(balanceReads(town));
      edit(read, (answer) => (answer['posted'] = '1234.56'));
      return true;
    },
  },
  'a read answers from the future': {
    check: 'wrong read',
    spoil: (town) => {
      const [first] = balanceReads(town);
      const last = balanceReads(town).at(-1);
      if (first === undefined || last === undefined || last === first || first.outcome.kind !== 'ok') return false;
      const [early, late] = [first, last].map(
        ({ outcome }) => JSON.parse(outcome.kind === 'ok' ? outcome.answer : '') as { asOfPosition: string },
      );
      if (Number(late!.asOfPosition) < Number(early!.asOfPosition) + 10) return false;
      first.outcome = last.outcome;
      first.question = last.question;
      return true;
    },
  },
  'a read goes back behind one before it': {
    check: 'backwards',
    spoil: (town) => {
      const last = balanceReads(town).at(-1);
      const before = balanceReads(town).find(({ endedMs }) => endedMs < (last?.invokedMs ?? 0));
      if (
        last === undefined ||
        before?.outcome.kind !== 'ok' ||
        Number((JSON.parse(before.outcome.answer) as { asOfPosition: string }).asOfPosition) < 8
      )
        return false;
      edit(last, (answer) => (answer['asOfPosition'] = '7'));
      return true;
    },
  },
  'an account that is there is not found': {
    check: 'stale read',
    spoil: (town) => {
      const read = balanceReads(town).find(({ token }) => token !== null);
      if (read === undefined) return false;
      read.outcome = { kind: 'failed', reason: '404 account_not_found' };
      return true;
    },
  },
  'a write is answered 500': {
    check: 'recovery',
    spoil: (town) => {
      const [write] = town.writes as [Write];
      write.attempts.push({ ...write.attempts[0]!, outcome: { kind: 'unknown', reason: '500 internal' } });
      return true;
    },
  },
  'a write is never answered': {
    check: 'recovery',
    spoil: (town) => {
      for (const attempt of (town.writes[0] as Write).attempts) attempt.outcome = { kind: 'unknown', reason: 'lost' };
      return true;
    },
  },
  'service does not return after a fault': {
    check: 'recovery',
    spoil: ({ history }) => {
      history.faults.push({ kind: 'writer', target: 'ledger-writer 0', how: 'kill', beganMs: 1, endedMs: 2, recoveredMs: null });
      return true;
    },
  },
};
