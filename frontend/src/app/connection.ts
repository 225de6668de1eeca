import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface Connection {
  state: 'well' | 'lost' | 'signed-out';
  /** Since when, milliseconds; of `well` never looked at. */
  sinceMs: number;
}

/** How the page stands with the gateway: kept by the query client, shown by the bar on top. */
export const connection = createSlice({
  name: 'connection',
  initialState: { state: 'well', sinceMs: 0 } as Connection,
  reducers: {
    answered: (state) => void (state.state = 'well'),
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
