import { hasAll, isCount, isEither, isFlag, isListOf, isOneOf, isRecord, isText, orAbsent, orNull } from '../intent/shape.ts';
import type { Row } from './parse.ts';
import type { Batch, Left, RowProblem, RowResult } from './types.ts';

const isRow = hasAll<Row>({
  line: isCount,
  from: isText,
  to: isText,
  amount: isText,
  currency: isText,
  reference: orAbsent(isText),
  externalId: orAbsent(isText),
  description: orAbsent(isText),
  fault: orNull(isText),
  equalTo: orAbsent(isCount),
});
const isProblem = hasAll<RowProblem>({ code: isText, title: isText, detail: isText, field: orNull(isText), requestId: orNull(isText) });
const isDone = hasAll<Extract<RowResult, { state: 'done' }>>({ state: isOneOf('done'), transaction: isText, isReplayed: isFlag });
const isRefused = hasAll<Extract<RowResult, { state: 'refused' }>>({ state: isOneOf('refused'), problem: isProblem });
const isOpen = hasAll<Extract<RowResult, { state: 'open' }>>({ state: isOneOf('open'), problem: orNull(isProblem) });

const left = {
  key: isText,
  mode: isOneOf('each', 'atomic'),
  results: isListOf(orNull(isEither(isDone, isEither(isRefused, isOpen)))),
};
const isLeft = hasAll<Left>(left);
const isBatch = hasAll<Batch>({
  ...left,
  name: isText,
  digest: orNull(isText),
  phase: isOneOf('ready', 'sending', 'stopped', 'done', 'nothing'),
  isStopping: isFlag,
  rows: isListOf(isRow),
});

/** A batch as it was kept, by an earlier version of this page too; null: it is none. */
export function readBatch(value: unknown): Batch | null {
  const batch = isRecord(value) ? { digest: null, ...value } : value;
  return isBatch(batch) && batch.results.length === batch.rows.length ? batch : null;
}

export const readLeft = (value: unknown): Left | null => (isLeft(value) ? value : null);
