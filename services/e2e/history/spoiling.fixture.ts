import type { EntryPostedEvent } from '@ledgerflow/contracts';
import { type Fault, firstAnswer, type History, type LogRecord, type Read, type ReadQuestion, type Write } from './history.ts';
import { SmallTown } from './legal.fixture.ts';
import { Random } from '../driver/index.ts';

const STEPS = 400;

/** A legal history, to be spoilt. */
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

export interface Spoiler {
  what: string;
  /** The check and its fault that have to come of it. */
  fault: string;
  /** False when the history has nothing of the kind to spoil. */
  spoil: (town: Case) => boolean;
}

export const answeredOk = (write: Write): boolean => write.reuses === null && firstAnswer(write)?.outcome.kind === 'ok';
export const movesMoney = (write: Write): boolean => write.command.kind === 'move';

export function answeredReads({ reads }: Case, kind: ReadQuestion['kind']): Read[] {
  return reads.filter(({ question, outcome }) => question.kind === kind && outcome.kind === 'ok');
}

export function recordOf({ records }: Case, write: Write): LogRecord {
  return records.find(({ key }) => key === write.storedKey) as LogRecord;
}

export function answerOf<T = Record<string, string>>({ outcome }: Read): T {
  if (outcome.kind !== 'ok') throw new Error('not answered');
  return JSON.parse(outcome.answer) as T;
}

/** Changes what a read was answered; false without a read. */
export function edit<T = Record<string, string>>(read: Read | undefined, change: (answer: T) => void): boolean {
  if (read === undefined) return false;
  const answer = answerOf<T>(read);
  change(answer);
  read.outcome = { kind: 'ok', answer: JSON.stringify(answer) };
  return true;
}

/** Numbers the positions anew, as they stand. */
export function renumber(records: LogRecord[]): void {
  for (const [index, record] of records.entries()) record.position = BigInt(index + 1);
}

/** The record of the first write that is one; without the accounts' opening. */
export function written(town: Case, isOne: (write: Write) => boolean): LogRecord | undefined {
  const write = town.writes.find((one) => answeredOk(one) && isOne(one));
  return write === undefined ? undefined : recordOf(town, write);
}

export function entriesIn({ events }: LogRecord): EntryPostedEvent[] {
  return events.filter((event) => event.type === 'EntryPosted');
}

export function refuse(reads: readonly Read[], reason: string): boolean {
  for (const read of reads) read.outcome = { kind: 'failed', reason };
  return reads.length > 0;
}
