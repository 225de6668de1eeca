import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { load } from '../intent/storage.ts';
import { readLeft } from './stored.ts';
import type { Left } from './types.ts';

export type { Left } from './types.ts';
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
