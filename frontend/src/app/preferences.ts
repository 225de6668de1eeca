import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface Preferences {
  /** How times are shown: in the zone of the person's machine or in UTC; the other one on hover. */
  zone: 'local' | 'utc';
  /** The ledger last looked at: where `/` leads. */
  ledger: string | null;
}

const KEY = 'ledgerflow-preferences';

export function loadPreferences(): Preferences {
  const standard: Preferences = { zone: 'local', ledger: null };
  try {
    const { zone, ledger } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return { zone: zone === 'utc' ? 'utc' : 'local', ledger: typeof ledger === 'string' ? ledger : null };
  } catch {
    return standard;
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage is full or not allowed: they last as long as the page.
  }
}

export const preferences = createSlice({
  name: 'preferences',
  initialState: loadPreferences,
  reducers: {
    zoneChosen: (state, { payload }: PayloadAction<Preferences['zone']>) => void (state.zone = payload),
    ledgerSeen: (state, { payload }: PayloadAction<string | null>) => void (state.ledger = payload),
  },
});
