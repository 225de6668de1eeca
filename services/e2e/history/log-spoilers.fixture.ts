import type { LogRecord } from './history.ts';
import { entriesIn, type Spoiler, written } from './spoiling.fixture.ts';

const last = (records: LogRecord[]): LogRecord => records.at(-1) as LogRecord;

/** Makes the first transfer move so much more that a limit is broken. */
function inflate(record: LogRecord | undefined, factor: bigint): boolean {
  for (const entry of record === undefined ? [] : entriesIn(record)) {
    entry.postedAfter += entry.amount * (factor - 1n);
    entry.amount *= factor;
  }
  return record !== undefined;
}

export const LOG_SPOILERS: readonly Spoiler[] = [
  {
    what: 'a position is left out',
    fault: 'arithmetic: position',
    spoil: ({ records }) => {
      last(records).position += 1n;
      return true;
    },
  },
  {
    what: 'two records have one time',
    fault: 'arithmetic: time',
    spoil: ({ records }) => {
      last(records).recordedAt = (records.at(-2) as LogRecord).recordedAt;
      return true;
    },
  },
  {
    what: 'a version is left out',
    fault: 'arithmetic: version',
    spoil: ({ records }) => {
      for (const event of last(records).events) if ('version' in event) event.version += 1n;
      return true;
    },
  },
  {
    what: 'a balance after an entry is not the sum',
    fault: 'arithmetic: balance',
    spoil: ({ records }) => {
      for (const event of last(records).events) if ('postedAfter' in event) event.postedAfter += 1n;
      return true;
    },
  },
  {
    what: 'a balance in the middle of a record is not the sum',
    fault: 'arithmetic: balance',
    spoil: ({ records }) => {
      for (const record of records) {
        const entries = entriesIn(record);
        const twice = entries.find((one, index) => entries.findLastIndex(({ account }) => account === one.account) > index);
        if (twice === undefined) continue;
        twice.postedAfter += 1n;
        return true;
      }
      return false;
    },
  },
  {
    what: 'a record creates money',
    fault: 'arithmetic: sum',
    spoil: (town) => {
      const [entry] = entriesIn(written(town, ({ command }) => command.kind === 'move') as LogRecord);
      if (entry !== undefined) entry.amount += 1n;
      return entry !== undefined;
    },
  },
  {
    what: 'a record turns one currency into another',
    fault: 'arithmetic: sum',
    spoil: (town) => {
      const [entry] = entriesIn(written(town, ({ command }) => command.kind === 'move') as LogRecord);
      if (entry !== undefined) entry.currency = 'EUR';
      return entry !== undefined;
    },
  },
  {
    what: 'an account has entries in another currency',
    fault: 'arithmetic: currency',
    spoil: (town) => {
      const entries = entriesIn(written(town, ({ command }) => command.kind === 'move') as LogRecord);
      for (const entry of entries) entry.currency = 'EUR';
      return entries.length > 0;
    },
  },
  {
    what: 'an account is overdrawn',
    fault: 'arithmetic: minimum',
    spoil: (town) =>
      inflate(
        written(town, ({ command }) => command.kind === 'move' && command.route === 'withdrawal'),
        1_000_000n,
      ),
  },
  {
    what: 'an account is filled above its limit',
    fault: 'arithmetic: maximum',
    spoil: (town) =>
      inflate(
        written(town, ({ command }) => {
          if (command.kind !== 'move' || command.route !== 'deposit') return false;
          return command.transactions[0]?.[0]?.to === 'a';
        }),
        1_000_000n,
      ),
  },
  ...(['frozen', 'closed'] as const).map((status): Spoiler => ({
    what: `an account is moved although it is ${status}`,
    fault: `arithmetic: ${status}`,
    spoil: (town) => {
      const record = written(town, ({ command }) => command.kind === 'move' && command.route === 'withdrawal');
      const account = record === undefined ? undefined : entriesIn(record)[0]?.account;
      const opened = town.records.flatMap(({ events }) => events).find((event) => 'account' in event && event.account === account);
      if (opened?.type !== 'AccountOpened') return false;
      opened.data = { ...opened.data, status, freezeScope: status === 'frozen' ? 'debits' : null };
      return account !== 'c';
    },
  })),
];
