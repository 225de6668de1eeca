/** Postings of one transaction: the gateway refuses more as a malformed request, the ledger as record_too_large. */
export const POSTINGS_PER_TRANSACTION_MAX = 100;
