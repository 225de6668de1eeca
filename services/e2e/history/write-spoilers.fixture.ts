import { transactionId } from '@ledgerflow/contracts';
import { firstAnswer, type LogRecord, type Write } from './history.ts';
import { answeredOk, type Case, entriesIn, movesMoney, recordOf, renumber, type Spoiler, written } from './spoiling.fixture.ts';

/** Changes every answer 2xx of the first write that is one. */
function retell(town: Case, change: (answer: string) => string): boolean {
  const write = town.writes.find((one) => answeredOk(one) && movesMoney(one));
  for (const { outcome } of write?.attempts ?? []) if (outcome.kind === 'ok') outcome.answer = change(outcome.answer);
  return write !== undefined;
}

function refused(town: Case, code: string): { answer: string } | null {
  const found = town.writes.map((one) => firstAnswer(one)?.outcome).find((one) => one?.kind === 'refused' && one.code === code);
  return found?.kind === 'refused' ? found : null;
}

const lastPosition = ({ records }: Case): bigint => BigInt(records.length + 1);

export const WRITE_SPOILERS: readonly Spoiler[] = [
  {
    what: 'an answered record is missing',
    fault: 'lost: missing',
    spoil: (town) => {
      const write = town.writes.findLast(answeredOk);
      if (write !== undefined) town.records.splice(town.records.indexOf(recordOf(town, write)), 1);
      return write !== undefined;
    },
  },
  {
    what: 'a record is elsewhere than its answer said',
    fault: 'lost: elsewhere',
    spoil: (town) => retell(town, (answer) => answer.replaceAll('"position":"', '"position":"9')),
  },
  {
    what: 'a record is there twice',
    fault: 'doubled: records',
    spoil: (town) => {
      const record = written(town, movesMoney);
      if (record === undefined) return false;
      town.records.push({ ...record, position: lastPosition(town) });
      return true;
    },
  },
  {
    what: 'a retry has an effect of its own under another key',
    fault: 'doubled: records',
    spoil: (town) => {
      const write = town.writes.find((one) => answeredOk(one) && movesMoney(one) && one.attempts.length > 1);
      if (write === undefined) return false;
      const { requestId: causationId } = write.attempts.at(-1) as { requestId: string };
      const record = recordOf(town, write);
      const position = lastPosition(town);
      const transactions = record.transactions.map((one, index) => ({ ...one, id: transactionId(record.type, position, index) }));
      town.records.push({ ...record, key: 'nobody', causationId, position, transactions });
      return true;
    },
  },
  {
    what: 'a key that is used for something else has a second record',
    fault: 'doubled: both',
    spoil: (town) => {
      const write = town.writes.find(({ reuses }) => reuses !== null);
      if (write === undefined) return false;
      const { requestId: causationId } = write.attempts[0] as { requestId: string };
      town.records.push({ ...(town.records.at(-1) as LogRecord), causationId, position: lastPosition(town) });
      return true;
    },
  },
  {
    what: 'a refused write has a record',
    fault: 'doubled: refused',
    spoil: (town) => {
      const write = town.writes.find((one) => one.reuses === null && firstAnswer(one)?.outcome.kind === 'refused');
      if (write !== undefined) (town.records.at(-1) as LogRecord).key = write.storedKey;
      return write !== undefined;
    },
  },
  {
    what: 'a key is answered for two commands',
    fault: 'doubled: reused',
    spoil: (town) => {
      const write = town.writes.find(answeredOk);
      if (write === undefined) return false;
      const attempts = write.attempts.map((one) => ({ ...one, requestId: 'again' }));
      town.writes.push({ ...write, id: town.writes.length, reuses: write.id, attempts });
      return true;
    },
  },
  {
    what: 'a record is of nobody',
    fault: 'foreign: nobody',
    spoil: ({ records }) => Object.assign(records.at(-1) as LogRecord, { key: 'nobody', causationId: 'nobody' }) !== null,
  },
  {
    what: 'a record moves another amount',
    fault: 'answer: record',
    spoil: (town) => {
      const record = written(town, movesMoney);
      for (const entry of record === undefined ? [] : entriesIn(record)) entry.amount *= 2n;
      return record !== undefined;
    },
  },
  {
    what: 'a record has further entries of a transaction that nobody asked for',
    fault: 'answer: record',
    spoil: (town) => {
      const record = written(town, movesMoney);
      const [entry] = record === undefined ? [] : entriesIn(record);
      if (entry === undefined) return false;
      record?.events.push({ ...entry, transaction: 7, amount: 1n }, { ...entry, transaction: 7, amount: -1n });
      return true;
    },
  },
  {
    what: 'an account is frozen for more than was asked',
    fault: 'answer: record',
    spoil: (town) => {
      const [event] = written(town, ({ command }) => command.kind === 'freeze' && command.scope === 'debits')?.events ?? [];
      if (event?.type !== 'AccountFrozen') return false;
      event.data = { ...event.data, freezeScope: 'all' };
      return true;
    },
  },
  {
    what: 'an account is frozen for another reason',
    fault: 'answer: record',
    spoil: (town) => {
      const record = written(town, ({ command }) => command.kind === 'freeze');
      if (record?.details[0] === undefined) return false;
      record.details[0] = { ...record.details[0], body: { reason: 'another' } };
      return true;
    },
  },
  {
    what: 'an answer tells another balance',
    fault: 'answer: text',
    spoil: (town) => retell(town, (answer) => answer.replace('"balanceAfter":"', '"balanceAfter":"1')),
  },
  {
    what: 'an answer has a member too many in each entry',
    fault: 'answer: text',
    spoil: (town) => retell(town, (answer) => answer.replaceAll('"balanceAfter"', '"currency":"XXX","balanceAfter"')),
  },
  {
    what: 'an answer has a reference that nobody gave',
    fault: 'answer: text',
    spoil: (town) => retell(town, (answer) => answer.replace('{', '{"reference":"another",')),
  },
  {
    what: 'two answers are swapped',
    fault: 'answer: other',
    spoil: (town) => {
      const [one, two] = town.writes.filter((write) => answeredOk(write) && movesMoney(write));
      if (one === undefined || two === undefined) return false;
      const [first, second] = [firstAnswer(one), firstAnswer(two)] as { outcome: unknown }[];
      [first!.outcome, second!.outcome] = [second!.outcome, first!.outcome];
      return true;
    },
  },
  {
    what: 'a replay differs',
    fault: 'replay: differs',
    spoil: (town) => {
      const write = town.writes.find((one) => one.attempts.filter(({ outcome }) => outcome.kind === 'ok').length > 1);
      const last = write?.attempts.findLast(({ outcome }) => outcome.kind === 'ok')?.outcome;
      if (last?.kind !== 'ok') return false;
      last.answer = last.answer.replace('{', '{"other":1,');
      return true;
    },
  },
  {
    what: 'a replay does not say that it is one',
    fault: 'replay: unmarked',
    spoil: (town) => {
      const isReplay = (write: Write) => (one: Write['attempts'][number]) =>
        one.outcome.kind === 'ok' && one.invokedMs > (firstAnswer(write)?.endedMs ?? Infinity);
      const write = town.writes.find((one) => answeredOk(one) && one.attempts.some(isReplay(one)));
      const replay = write?.attempts.find(isReplay(write));
      if (replay?.outcome.kind !== 'ok') return false;
      replay.outcome.replayed = false;
      return true;
    },
  },
  {
    what: 'two records stand in the other order',
    fault: 'order: later',
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
  {
    what: 'a write is accepted although its version was another',
    fault: 'rules: accepted',
    spoil: (town) => {
      const write = town.writes.find((one) => answeredOk(one) && one.command.kind === 'move' && one.command.expected !== null);
      if (write?.command.kind !== 'move' || write.command.expected === null) return false;
      write.command = { ...write.command, expected: { ...write.command.expected, version: 99_999n } };
      return true;
    },
  },
  ...['available', 'balance', 'actual'].map((name): Spoiler => ({
    what: `a refusal tells of a value that never was (${name})`,
    fault: 'rules: refused',
    spoil: (town) => {
      const code = { available: 'insufficient_funds', balance: 'limit_exceeded', actual: 'version_mismatch' }[name] as string;
      const outcome = refused(town, code);
      if (outcome !== null) outcome.answer = outcome.answer.replace(`"${name}":"`, `"${name}":"9`);
      return outcome !== null;
    },
  })),
  {
    what: 'a write is answered 500',
    fault: 'recovery: 500',
    spoil: ({ writes }) => {
      const [{ attempts }] = writes as [Write];
      attempts.push({ ...attempts[0]!, outcome: { kind: 'unknown', reason: '500 internal' } });
      return true;
    },
  },
  {
    what: 'a write is never answered',
    fault: 'recovery: never answered',
    spoil: ({ writes }) => {
      for (const attempt of (writes[0] as Write).attempts) attempt.outcome = { kind: 'unknown', reason: 'lost' };
      return true;
    },
  },
  {
    what: 'service does not return after a fault',
    fault: 'recovery: fault',
    spoil: ({ history }) =>
      history.faults.push({ kind: 'writer', target: 'ledger-writer 0', how: 'kill', beganMs: 1, endedMs: 2, recoveredMs: null }) > 0,
  },
  {
    what: 'next to no write was answered',
    fault: 'coverage: too little',
    spoil: ({ writes }) => {
      for (const { attempts } of writes) for (const attempt of attempts) attempt.outcome = { kind: 'unknown', reason: '503' };
      return true;
    },
  },
  {
    what: 'nothing was asked at all',
    fault: 'coverage: too little',
    spoil: ({ writes, reads, records }) => {
      for (const list of [writes, reads]) list.length = 0;
      records.length = 7;
      return true;
    },
  },
];
