import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface Connection {
  state: 'well' | 'lost' | 'signed-out';
  /** Since when, milliseconds; of `well` never looked at. */
  sinceMs: number;
  /** When the gateway answered last. */
  answeredMs: number;
}

/** How the page stands with the gateway: kept by the query client, shown by the bar on top. */
export const connection = createSlice({
  name: 'connection',
  initialState: { state: 'well', sinceMs: 0, answeredMs: 0 } as Connection,
  reducers: {
    answered: (state, { payload: atMs }: PayloadAction<number>) => {
      // One update a second is enough to tell from when data is.
      if (state.state === 'well' && atMs - state.answeredMs < 1_000) return;
      state.state = 'well';
      state.answeredMs = atMs;
    },
    lost: (state, { payload: atMs }: PayloadAction<number>) => {
      if (state.state !== 'well') return;
      state.state = 'lost';
      state.sinceMs = atMs;
    },
    signedOut: (state, { payload: atMs }: PayloadAction<number>) => {
      if (state.state === 'signed-out') return;
      state.state = 'signed-out';
      state.sinceMs = atMs;
    },
  },
});
