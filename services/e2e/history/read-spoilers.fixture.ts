import type { EntriesAnswer, LogAnswer } from './checks/reading.ts';
import type { Read } from './history.ts';
import { answeredReads, answerOf, type Case, edit, refuse, type Spoiler } from './spoiling.fixture.ts';

interface Entries extends EntriesAnswer {
  data: { position: string; index: number; amount: string; currency: string }[];
}

interface Log extends LogAnswer {
  data: { position: string; actor: string; reason?: string; events: { account?: string; amount?: string; postedAfter?: string }[] }[];
}

const balances = (town: Case): Read[] => answeredReads(town, 'balance');
const pastOf = (town: Case): Read | undefined => answeredReads(town, 'balance-at')[0];

/** A page that has entries. */
const fullPage = (town: Case): Read | undefined => answeredReads(town, 'entries').find((read) => answerOf<Entries>(read).data.length > 0);

/** Changes the first entry that a read of the log was told of. */
function editTail(town: Case, change: (event: { account?: string; amount?: string; postedAfter?: string }) => void): boolean {
  const entryOf = (log: Log) => log.data.flatMap(({ events }) => events).find(({ amount }) => amount !== undefined);
  const read = answeredReads(town, 'log').find((one) => entryOf(answerOf<Log>(one)) !== undefined);
  return edit<Log>(read, (log) => change(entryOf(log) as { account: string }));
}

const STALE: readonly Spoiler[] = [
  {
    what: 'a read is older than its token',
    fault: 'stale read: balance',
    spoil: (town) => {
      const read = balances(town).find(({ token }) => token !== null && token > 8n);
      return edit(read, (answer) => (answer['asOfPosition'] = '7'));
    },
  },
  {
    what: 'a page of entries ends before its token',
    fault: 'stale read: page',
    spoil: (town) => {
      const read = answeredReads(town, 'entries').find((one) => {
        const { data, nextCursor } = answerOf<Entries>(one);
        return one.token !== null && nextCursor === null && data.length > 0 && BigInt(data.at(-1)?.position ?? 0) <= one.token;
      });
      return edit<Entries>(read, ({ data }) => data.pop());
    },
  },
  {
    what: 'the log is shown without its end',
    fault: 'stale read: log end',
    spoil: (town) => {
      const read = answeredReads(town, 'log').at(-1);
      if (read?.question.kind === 'log' && read.question.after > 10n) return false;
      return edit<Log>(read, ({ data }) => data.splice(1));
    },
  },
  {
    what: 'an account that is there is not found by a read with a token',
    fault: 'stale read: nothing',
    spoil: (town) =>
      refuse(
        balances(town).filter(({ token }) => token !== null),
        '404 account_not_found',
      ),
  },
  {
    what: 'a read goes back behind one before it',
    fault: 'backwards: older',
    spoil: (town) => {
      const last = balances(town).at(-1);
      const before = balances(town).find(({ endedMs }) => endedMs < (last?.invokedMs ?? 0));
      if (before === undefined || Number(answerOf(before)['asOfPosition']) < 8) return false;
      return edit(last, (answer) => (answer['asOfPosition'] = '7'));
    },
  },
  {
    what: 'a balance can not be read at the end',
    fault: 'recovery: final read',
    spoil: (town) =>
      refuse(
        town.reads.filter(({ isFinal }) => isFinal),
        '503 unavailable',
      ),
  },
  { what: 'no read is answered', fault: 'coverage: too little', spoil: (town) => refuse(town.reads, '503 unavailable') },
];

const WRONG_PAGES: readonly Spoiler[] = [
  {
    what: 'a page of entries tells another amount',
    fault: 'wrong read: entry',
    spoil: (town) => edit<Entries>(fullPage(town), ({ data }) => (data[0]!.amount = '0.00')),
  },
  {
    what: 'a page of entries tells another currency',
    fault: 'wrong read: entry',
    spoil: (town) => edit<Entries>(fullPage(town), ({ data }) => (data[0]!.currency = 'XXX')),
  },
  {
    what: 'a page is empty and says that there are more',
    fault: 'wrong read: page length',
    spoil: (town) => edit<Entries>(answeredReads(town, 'entries')[0], (page) => Object.assign(page, { data: [], nextCursor: 'more' })),
  },
  {
    what: 'a page is longer than was asked for',
    fault: 'wrong read: page length',
    spoil: (town) => {
      const read = fullPage(town);
      if (read?.question.kind === 'entries') read.question = { ...read.question, limit: 0 };
      return read !== undefined;
    },
  },
  {
    what: 'the log is told with another account',
    fault: 'wrong read: record',
    spoil: (town) => editTail(town, (event) => (event.account = 'nobody')),
  },
  {
    what: 'the log is told with another amount',
    fault: 'wrong read: record',
    spoil: (town) => editTail(town, (event) => (event.amount = '999.99')),
  },
  {
    what: 'the log is told with another balance',
    fault: 'wrong read: record',
    spoil: (town) => editTail(town, (event) => (event.postedAfter = '999.99')),
  },
  {
    what: 'the log is told without the reason of a freeze',
    fault: 'wrong read: record',
    spoil: (town) => {
      const frozen = (log: Log) => log.data.find(({ reason }) => reason !== undefined);
      const read = answeredReads(town, 'log').find((one) => frozen(answerOf<Log>(one)) !== undefined);
      return edit<Log>(read, (log) => delete frozen(log)?.reason);
    },
  },
  {
    what: 'the log is told with another actor',
    fault: 'wrong read: record',
    spoil: (town) =>
      edit<Log>(
        answeredReads(town, 'log').find((read) => answerOf<Log>(read).data.length > 0),
        ({ data }) => (data[0]!.actor = 'other'),
      ),
  },
];

const WRONG_BALANCES: readonly Spoiler[] = [
  {
    what: 'a read is forbidden to whom it is not',
    fault: 'wrong read: failure',
    spoil: (town) => refuse(balances(town).slice(0, 1), '403 forbidden'),
  },
  {
    what: 'an account that is there is not found',
    fault: 'wrong read: not found',
    spoil: (town) =>
      refuse(
        balances(town).filter(({ token }) => token === null),
        '404 account_not_found',
      ),
  },
  {
    what: 'an account that somebody saw after a crash of the database is not found',
    fault: 'wrong read: not found',
    spoil: (town) => {
      town.history.faults.push({ kind: 'postgres', target: 'PostgreSQL', how: 'kill', beganMs: 0, endedMs: 0, recoveredMs: 0 });
      const reads = balances(town);
      const accountOf = ({ question }: Read): string | null => (question.kind === 'balance' ? question.account : null);
      const isSeen = (read: Read): boolean =>
        reads.some((one) => one.invokedMs > 0 && one.endedMs < read.invokedMs && accountOf(one) === accountOf(read));
      return refuse(reads.filter((read) => read.token === null && isSeen(read)).slice(-1), '404 account_not_found');
    },
  },
  {
    what: 'a read answers another balance',
    fault: 'wrong read: balance',
    spoil: (town) => edit(town.random.pick(balances(town)), (answer) => (answer['posted'] = '1234.56')),
  },
  {
    what: 'a read answers another currency',
    fault: 'wrong read: balance',
    spoil: (town) => edit(town.random.pick(balances(town)), (answer) => (answer['currency'] = 'XXX')),
  },
  {
    what: 'the past is not what it was',
    fault: 'wrong read: balance',
    spoil: (town) => edit(pastOf(town), (answer) => (answer['available'] = '1234.56')),
  },
  {
    what: 'the past is told in two ways',
    fault: 'wrong read: changed past',
    spoil: (town) => {
      const read = pastOf(town);
      if (read === undefined) return false;
      town.reads.push({ ...read, id: town.reads.length });
      return edit(town.reads.at(-1), (answer) => (answer['version'] = '77'));
    },
  },
  {
    what: 'the past is resolved to another position',
    fault: 'wrong read: position',
    spoil: (town) => edit(pastOf(town), (answer) => (answer['asOfPosition'] = `${Number(answer['asOfPosition']) + 1}`)),
  },
  {
    what: 'a read answers from the future',
    fault: 'wrong read: future',
    spoil: (town) => {
      const [first] = balances(town);
      const last = balances(town).at(-1);
      if (first === undefined || last === undefined || last === first) return false;
      if (Number(answerOf(last)['asOfPosition']) < Number(answerOf(first)['asOfPosition']) + 10) return false;
      first.outcome = last.outcome;
      first.question = last.question;
      return true;
    },
  },
];

export const READ_SPOILERS: readonly Spoiler[] = [...STALE, ...WRONG_PAGES, ...WRONG_BALANCES];
