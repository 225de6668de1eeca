import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { load } from '../intent/storage.ts';
import type { Row } from './parse.ts';
import { readBatch } from './stored.ts';
import type { Batch, Mode, RowResult } from './types.ts';

export type { Batch, BatchPhase, Mode, RowProblem, RowResult } from './types.ts';

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
