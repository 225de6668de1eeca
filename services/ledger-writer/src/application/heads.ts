import type { Head } from '../domain/state.ts';
import type { LedgerLocation } from './store.ts';

export interface HeadFilter {
  /** Ids; absent = all. */
  ledgers?: readonly string[];
  slots?: readonly number[];
}

/** Where logs end, of many ledgers at once. */
export interface HeadReader {
  readHeads(filter: HeadFilter): Promise<{ location: LedgerLocation; head: Head }[]>;
}
