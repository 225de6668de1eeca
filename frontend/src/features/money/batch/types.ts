import type { Row } from './parse.ts';

export interface RowProblem {
  code: string;
  title: string;
  detail: string;
  field: string | null;
  requestId: string | null;
}

/** What became of a row. open: sent, without an answer that settles it. */
export type RowResult =
  | { state: 'done'; transaction: string; isReplayed: boolean }
  | { state: 'refused'; problem: RowProblem }
  | { state: 'open'; problem: RowProblem | null };

export type Mode = 'each' | 'atomic';
/** nothing: all or none, and it was none. */
export type BatchPhase = 'ready' | 'sending' | 'stopped' | 'done' | 'nothing';

export interface Batch {
  /** Of an atomic batch its key; of rows on their own what their keys begin with. */
  key: string;
  name: string;
  /** Of the file's content; null: there is none. */
  digest: string | null;
  phase: BatchPhase;
  mode: Mode;
  /** While it is sent: it ends behind the part that is on its way. */
  isStopping: boolean;
  rows: Row[];
  /** Beside the rows; null: never sent. */
  results: (RowResult | null)[];
}

/** What is needed to go on with a file, some of whose rows are done, when it is chosen again. Its rows are read from it anew. */
export type Left = Pick<Batch, 'key' | 'mode' | 'results'>;
