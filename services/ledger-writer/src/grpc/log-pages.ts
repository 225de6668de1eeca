import { status } from '@grpc/grpc-js';
import { recordFromJson } from '@ledgerflow/contracts';
import type { RecordBatch } from '@ledgerflow/contracts/grpc';
import type { LedgerDirectory, LedgerLocation } from '../application/store.ts';
import { RpcError } from './callers.ts';

/** A message of a stream holds at most this; a single record may be larger, up to the record's own bound. */
export const PAGE_RECORDS_MAX = 500;
export const PAGE_BYTES_MAX = 1024 * 1024;

export function batchOf(ledger: string, records: string[], headPosition: bigint): RecordBatch {
  return { ledger, records, headPosition };
}

/** Positions are dense, so the position behind a page needs no look into it. */
export const positionAfter = (after: bigint, page: readonly string[]): bigint => after + BigInt(page.length);

/** The account's version in the last record of a page of its stream. */
export function lastVersion(page: readonly string[], account: string): bigint {
  let version = 0n;
  for (const event of recordFromJson(page.at(-1) as string).events) {
    if ('account' in event && event.account === account && event.version > version) version = event.version;
  }
  return version;
}

export async function requirePlace(directory: LedgerDirectory, ledger: string): Promise<LedgerLocation> {
  const place = await directory.find(ledger);
  if (place === null) throw new RpcError(status.NOT_FOUND, `no ledger ${ledger}`);
  return place;
}
