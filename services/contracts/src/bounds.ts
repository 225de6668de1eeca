/** Postings of one transaction: the gateway refuses more as a malformed request, the ledger as record_too_large. */
export const POSTINGS_PER_TRANSACTION_MAX = 100;

/** Canonical JSON of one metadata object. A page of 1,000 rows shows the metadata of each, so this bounds what a page may weigh. */
export const METADATA_BYTES_MAX = 16 * 1024;
