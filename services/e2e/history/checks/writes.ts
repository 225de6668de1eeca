import { describeRecord, describeWrite } from '../describe.ts';
import { firstAnswer, type LogRecord, type Write, type WriteOutcome } from '../history.ts';
import { equals, isOutcomeOf, renderAnswer } from '../render.ts';
import type { Evidence } from '../evidence.ts';
import type { Check } from './violation.ts';

type Okay = Extract<WriteOutcome, { kind: 'ok' }>;

function acknowledged({ writes }: Evidence): { write: Write; outcome: Okay }[] {
  return writes.flatMap((write) => {
    const outcome = firstAnswer(write)?.outcome;
    return outcome?.kind === 'ok' ? [{ write, outcome }] : [];
  });
}

interface AnsweredPosition {
  position?: string;
  asOfPosition?: string;
  results?: { transaction?: { position?: string } }[];
}

/** The position an answer names; null when it names none. */
export function answeredPosition(answer: string): bigint | null {
  const { position, asOfPosition, results } = JSON.parse(answer) as AnsweredPosition;
  const text = position ?? asOfPosition ?? results?.[0]?.transaction?.position;
  return text === undefined ? null : BigInt(text);
}

/** Every write that was answered 2xx is in the log, at the position that its answer named. */
export const lost: Check<'missing' | 'elsewhere'> = {
  name: 'lost',
  guarantee: 'G2',
  faults: ['missing', 'elsewhere'],
  run(evidence, report) {
    const answers = acknowledged(evidence);
    for (const { write, outcome } of answers) {
      const records = evidence.recordsOf.get(write) ?? [];
      const position = answeredPosition(outcome.answer);
      if (records.length === 0) report('missing', 'A write was answered 2xx and is not in the log', describeWrite(write));
      else if (!records.some((record) => record.position === position))
        report('elsewhere', `A write was answered with position ${position} and is in the log elsewhere`, [
          ...describeWrite(write),
          ...records.flatMap(describeRecord),
        ]);
    }
    return answers.length;
  },
};

/** An operation has one record at most, and none once it was refused. A key that is used for something else is refused. */
export const doubled: Check<'records' | 'both' | 'refused' | 'reused'> = {
  name: 'doubled',
  guarantee: 'G3',
  faults: ['records', 'both', 'refused', 'reused'],
  run(evidence, report) {
    for (const write of evidence.writes) {
      const records = evidence.recordsOf.get(write) ?? [];
      const show = (): string[] => [...describeWrite(write), ...records.flatMap(describeRecord)];
      const answer = firstAnswer(write);
      if (records.length > 1) report('records', `One key has ${records.length} records`, show());
      else if (records.length === 1 && write.reuses !== null)
        report('both', 'A key was used for two commands, and both have a record', show());
      else if (records.length === 1 && answer?.outcome.kind === 'refused') report('refused', 'A refused write is in the log', show());
      else if (write.reuses !== null && answer !== null && !isReuseRefused(answer.outcome))
        report('reused', 'A key that was used for something else was not refused as such', show());
    }
    return evidence.writes.length;
  },
};

const isReuseRefused = (outcome: WriteOutcome): boolean => outcome.kind === 'refused' && outcome.code === 'idempotency_key_reused';

/** Every record was asked for by somebody. */
export const foreign: Check<'nobody'> = {
  name: 'foreign',
  guarantee: 'G3',
  faults: ['nobody'],
  run(evidence, report) {
    for (const record of evidence.orphans) report('nobody', 'A record was asked for by nobody', describeRecord(record));
    return evidence.orphans.length + evidence.recordsOf.size;
  },
};

/** A record does what its command asked for, and the answer tells what the record has. */
export const answer: Check<'record' | 'text' | 'other'> = {
  name: 'answer',
  guarantee: 'G3',
  faults: ['record', 'text', 'other'],
  run(evidence, report) {
    for (const [write, [record]] of evidence.recordsOf as ReadonlyMap<Write, readonly [LogRecord, ...LogRecord[]]>)
      if (!isOutcomeOf(record, write.command))
        report('record', 'A record is something else than its command asked for', [...describeWrite(write), ...describeRecord(record)]);
    const answers = acknowledged(evidence);
    for (const { write, outcome } of answers) {
      const position = answeredPosition(outcome.answer);
      const record = (evidence.recordsOf.get(write) ?? []).find((one) => one.position === position);
      const found: unknown = JSON.parse(outcome.answer);
      const other = position === null ? null : evidence.book.record(position);
      if (record !== undefined && !equals(found, renderAnswer(record, write.command)))
        report('text', 'An answer is not what the log has', [...describeWrite(write), ...describeRecord(record)]);
      else if (record === undefined && other !== null)
        report('other', 'An answer is that of another operation', [...describeWrite(write), ...describeRecord(other)]);
    }
    return answers.length;
  },
};

/** All answers under one key are equal; what is asked again after an answer says that it is a replay. */
export const replay: Check<'differs' | 'unmarked'> = {
  name: 'replay',
  guarantee: 'G3',
  faults: ['differs', 'unmarked'],
  run(evidence, report) {
    let replays = 0;
    for (const write of evidence.writes) {
      const first = firstAnswer(write);
      if (first === null || write.reuses !== null) continue;
      const expected = first.outcome as Exclude<WriteOutcome, { kind: 'unknown' }>;
      for (const attempt of write.attempts) {
        const { outcome } = attempt;
        if (attempt === first || outcome.kind === 'unknown') continue;
        replays += 1;
        if (outcome.kind !== expected.kind || outcome.answer !== expected.answer)
          report('differs', 'One key was answered in two ways', describeWrite(write));
        else if (outcome.replayed === false && attempt.invokedMs > first.endedMs)
          report('unmarked', 'A repeated answer does not say that it is one', describeWrite(write));
        else continue;
        break;
      }
    }
    return replays;
  },
};
