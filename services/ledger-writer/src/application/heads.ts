import type { Micros } from '@ledgerflow/contracts';
import type { Head } from '../domain/state.ts';
import type { LedgerLocation } from './store.ts';

export interface HeadFilter {
  /** Ids; absent = all. */
  ledgers?: readonly string[];
  slots?: readonly number[];
  /** Only those whose record is not older; absent = all. */
  recordedSince?: Micros;
}

/** Where logs end, of many ledgers at once. */
export interface HeadReader {
  readHeads(filter: HeadFilter): Promise<{ location: LedgerLocation; head: Head }[]>;
  /** The clock that records get their time from; of several clusters the one that is most behind. */
  readClock(): Promise<Micros>;
}
