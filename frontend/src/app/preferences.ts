import { createSlice, type PayloadAction } from '@reduxjs/toolkit';

export interface Preferences {
  /** How times are shown: in the zone of the person's machine or in UTC; the other one on hover. */
  zone: 'local' | 'utc';
  /** Whether single letters do something: who dictates or leans on the keyboard turns them off (WCAG 2.1.4). */
  hasKeys: boolean;
  /** The ledger last looked at: where `/` leads. */
  ledger: string | null;
}

const KEY = 'ledgerflow-preferences';

export function loadPreferences(): Preferences {
  const standard: Preferences = { zone: 'local', hasKeys: true, ledger: null };
  try {
    const { zone, hasKeys, ledger } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return { zone: zone === 'utc' ? 'utc' : 'local', hasKeys: hasKeys !== false, ledger: typeof ledger === 'string' ? ledger : null };
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
    keysSwitched: (state, { payload }: PayloadAction<boolean>) => void (state.hasKeys = payload),
    ledgerSeen: (state, { payload }: PayloadAction<string | null>) => void (state.ledger = payload),
  },
});
