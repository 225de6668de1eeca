import { createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { unread } from '../intent/storage.ts';

/** What this tab kept and can not read: somebody may have sent it. */
export type Unread = readonly string[];

export const unreads = createSlice({
  name: 'moneyUnread',
  /** Found once the other slices have read theirs. */
  initialState: (): Unread => unread(),
  reducers: { forgotten: (state, { payload }: PayloadAction<string>) => state.filter((name) => name !== payload) },
});

/** In which ledger, where its name tells; null: it is somebody else's. */
export function ledgerOfUnread(name: string, who: string): string | null | undefined {
  try {
    const [whose, ledger] = JSON.parse(name.slice(name.indexOf(' ') + 1)) as unknown[];
    if (typeof whose !== 'string' || typeof ledger !== 'string') return undefined;
    return whose === who ? ledger : null;
  } catch {
    return undefined;
  }
}

export const unreadOf = (names: Unread, who: string): string[] => names.filter((name) => ledgerOfUnread(name, who) !== null);
