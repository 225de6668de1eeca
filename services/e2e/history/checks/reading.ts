import type { Evidence } from '../evidence.ts';
import type { Fault, Read, ReadQuestion } from '../history.ts';

type Asked<K extends ReadQuestion['kind']> = Extract<ReadQuestion, { kind: K }>;

export interface BalanceAnswer {
  asOfPosition: string;
}

export interface EntriesAnswer {
  data: { position: string; index: number }[];
  nextCursor: string | null;
}

export interface LogAnswer {
  data: { position: string }[];
}

interface Answers {
  balance: BalanceAnswer;
  'balance-at': BalanceAnswer;
  entries: EntriesAnswer;
  log: LogAnswer;
}

export interface Answered<K extends ReadQuestion['kind']> {
  read: Read;
  question: Asked<K>;
  body: Answers[K];
  text: string;
}

/** The reads of a kind that were answered, with their answers. */
export function answered<K extends ReadQuestion['kind']>({ reads }: Evidence, kind: K): Answered<K>[] {
  return reads.flatMap((read) =>
    read.question.kind === kind && read.outcome.kind === 'ok'
      ? [{ read, question: read.question as Asked<K>, body: JSON.parse(read.outcome.answer) as Answers[K], text: read.outcome.answer }]
      : [],
  );
}

/** Accounts that nobody opened do not occur in reads: whoever is told that there is none is told something wrong, but for what a crash has taken. */
export const isNotFound = ({ outcome }: Read): boolean => outcome.kind === 'failed' && outcome.reason.startsWith('404');

/** Crashes of the database, after which a read without a token may be older than one before (docs/concepts/reads.md). */
export const databaseCrashes = (faults: readonly Fault[]): Fault[] =>
  faults.filter(({ kind, how }) => kind === 'postgres' && how === 'kill');

/** Told that its token is of an epoch that is over, after one was raised: the one thing that a token of before may be told. */
export const isSuperseded = ({ token, outcome, endedMs }: Read, faults: readonly Fault[]): boolean =>
  token !== null &&
  outcome.kind === 'failed' &&
  outcome.reason === '409 epoch_superseded' &&
  faults.some(({ raisesEpoch, beganMs }) => raisesEpoch === true && beganMs <= endedMs);
