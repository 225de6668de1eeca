import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { load } from '../intent/storage.ts';
import type { Batch } from './slice.ts';
import { readLeft } from './stored.ts';

/** What is needed to go on with a file, some of whose rows are done, when it is chosen again. Its rows are read from it anew. */
export type Left = Pick<Batch, 'key' | 'mode' | 'results'>;
export type Lefts = Readonly<Record<string, Left>>;

export const LEFT_STORED = 'ledgerflow-batch-left';
export const leftPlace = (who: string, ledger: string, digest: string): string => JSON.stringify([who, ledger, digest]);

export const lefts = createSlice({
  name: 'moneyLeft',
  initialState: (): Record<string, Left> => load(LEFT_STORED, readLeft),
  reducers: {
    left: (state, { payload: { place, key, mode, results } }: PayloadAction<{ place: string } & Left>) => {
      state[place] = { key, mode, results };
    },
  },
});
