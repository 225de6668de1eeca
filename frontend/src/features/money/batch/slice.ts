import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { load } from '../intent/storage.ts';
import type { Row } from './parse.ts';
import { readBatch } from './stored.ts';

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

export type Batches = Readonly<Record<string, Batch>>;
export const STORED = 'ledgerflow-batch';
export const batchPlace = (who: string, ledger: string): string => JSON.stringify([who, ledger]);

const isSettled = (result: RowResult | null | undefined): boolean => result?.state === 'done' || result?.state === 'refused';

/** Indexes of the rows that have to be sent still. */
export const pendingOf = ({ rows, results }: Batch): number[] =>
  rows.flatMap(({ fault }, index) => (fault === null && !isSettled(results[index]) ? [index] : []));

export const doneIn = ({ results }: Pick<Batch, 'results'>): number => results.filter((result) => result?.state === 'done').length;

/** Something of it may have been done, and only sending it again tells. */
export const isDoubtful = ({ phase, results }: Batch): boolean =>
  phase === 'sending' || (phase === 'stopped' && results.some((result) => result?.state === 'open'));

const initialState = (): Record<string, Batch> =>
  Object.fromEntries(
    Object.entries(load(STORED, readBatch)).map(([place, batch]) => [
      place,
      batch.phase === 'sending' ? { ...batch, phase: 'stopped' as const, isStopping: false } : batch,
    ]),
  );

type At<T = object> = PayloadAction<{ place: string } & T>;
export type Settled = readonly { index: number; result: RowResult | null }[];

export const batches = createSlice({
  name: 'moneyBatches',
  initialState,
  reducers: {
    /** Not over one that is doubtful. */
    chosen: (state, { payload }: At<{ batch: Batch }>) => {
      const batch = state[payload.place];
      if (batch === undefined || !isDoubtful(batch)) state[payload.place] = payload.batch;
    },
    dropped: (state, { payload }: At) => {
      const batch = state[payload.place];
      if (batch !== undefined && !isDoubtful(batch)) delete state[payload.place];
    },
    modeChosen: (state, { payload }: At<{ mode: Mode }>) => {
      const batch = state[payload.place];
      if (batch?.phase === 'ready') batch.mode = payload.mode;
    },
    started: (state, { payload }: At) => {
      const batch = state[payload.place];
      if (batch?.phase === 'ready' || batch?.phase === 'stopped') Object.assign(batch, { phase: 'sending', isStopping: false });
    },
    stopping: (state, { payload }: At) => {
      const batch = state[payload.place];
      if (batch?.phase === 'sending') batch.isStopping = true;
    },
    settled: (state, { payload }: At<{ results: Settled }>) => {
      const batch = state[payload.place];
      if (batch !== undefined) for (const { index, result } of payload.results) batch.results[index] = result;
    },
    ended: (state, { payload }: At<{ phase: 'stopped' | 'done' | 'nothing' }>) => {
      const batch = state[payload.place];
      if (batch?.phase === 'sending') Object.assign(batch, { phase: payload.phase, isStopping: false });
    },
  },
});

export const newBatch = (key: string, name: string, rows: Row[], digest: string | null = null): Batch => ({
  key,
  name,
  digest,
  phase: 'ready',
  mode: 'each',
  isStopping: false,
  rows,
  results: rows.map(() => null),
});

/** The same file as it was left: what is done stays done, and the rest goes under the keys of before. */
export function goneOn(fresh: Batch, left: Pick<Batch, 'key' | 'mode' | 'results'>): Batch {
  const batch = { ...fresh, ...left };
  return { ...batch, phase: pendingOf(batch).length === 0 ? 'done' : 'stopped' };
}
