/** For tests of the read side and of its readers. */
export { load } from './load.ts';
export { loadParked, type ParkedAccounts } from './load-parked.ts';
export { startReadServer, type ReadDatabase, type ReadServer } from './read-server.ts';
export { forged, TestLedger, type TestPosting, type TestTransaction } from './test-ledger.ts';
export { LARGE_LEDGER, largeLedger, type LargeLedger, type LargeSizes } from './large-ledger.ts';
