import { hash } from 'node:crypto';

/** Digest of a row that has none in the contracts: SHA-256 of its fields as a JSON list. */
export const rowDigest = (fields: readonly (string | number)[]): bigint => BigInt(`0x${hash('sha256', JSON.stringify(fields), 'hex')}`);
