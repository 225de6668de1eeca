import { hash } from 'node:crypto';
import type { LedgerEvent, LedgerRecord } from '../record.ts';
import { EVENT_TYPE_CODES, isAccountEvent, RECORD_TYPE_CODES, termsToJson } from '../record.ts';
import { type ByteWriter, scratch } from './bytes.ts';

/**
 * The fixed binary encoding, version 1: what a leaf of the Merkle tree hashes. Big-endian; str = u16 length + UTF-8; i128 = two's complement.
 *
 *   u8 version=1 · 16 ledger uuid · u32 epoch · u64 position · 32 previous hash · i64 recordedAt · i64 effectiveAt · u16 record type · str actor
 *   · 16 correlation · 16 causation · 16 key · 16 fingerprint
 *   · u16 transactions × (i64 effectiveAt · str externalId, empty for none)
 *   · u16 details × (u16 index · 32 hash)
 *   · u16 events × event
 *   event = u8 type · u16 index · str account · u32 account number · str currency · u64 version · u16 transaction · i128 amount · i128 postedAfter
 *           · i128 heldAfter · u16 length + JSON of data (empty for entries); ledger events have empty or zero account fields.
 *
 * The details' bodies are outside, so erasing them leaves every hash as it was.
 */
export const ENCODING_VERSION = 1;

function writeEvent(out: ByteWriter, event: LedgerEvent, index: number): void {
  out.u8(EVENT_TYPE_CODES[event.type]);
  out.u16(index);
  if (!isAccountEvent(event)) {
    out.str('');
    out.u32(0);
    out.str('');
    out.i64(0n);
    out.u16(0);
    out.i128(0n);
    out.i128(0n);
    out.i128(0n);
    out.str(
      JSON.stringify(
        event.type === 'LedgerOpened' ? { id: event.data.id, uuid: event.data.uuid } : { code: event.data.code, scale: event.data.scale },
      ),
    );
    return;
  }
  out.str(event.account);
  out.u32(event.accountNumber);
  out.str(event.currency);
  out.i64(event.version);
  out.u16(event.type === 'EntryPosted' ? event.transaction : 0);
  out.i128(event.type === 'EntryPosted' ? event.amount : 0n);
  out.i128(event.postedAfter);
  out.i128(event.heldAfter);
  out.str(event.type === 'EntryPosted' ? '' : JSON.stringify(termsToJson(event.data)));
}

function writeRecord(out: ByteWriter, record: Omit<LedgerRecord, 'hash'>): void {
  out.u8(ENCODING_VERSION);
  out.uuid(record.ledgerUuid);
  out.u32(record.epoch);
  out.i64(record.position);
  out.hex(record.previousHash, 32);
  out.i64(record.recordedAt);
  out.i64(record.effectiveAt);
  out.u16(RECORD_TYPE_CODES[record.type]);
  out.str(record.actor);
  out.uuid(record.correlationId);
  out.uuid(record.causationId);
  out.hex(record.key, 16);
  out.hex(record.fingerprint, 16);
  out.u16(record.transactions.length);
  for (const transaction of record.transactions) {
    out.i64(transaction.effectiveAt);
    out.str(transaction.externalId ?? '');
  }
  out.u16(record.details.length);
  for (const details of record.details) {
    out.u16(details.index);
    out.hex(details.hash, 32);
  }
  const { events } = record;
  out.u16(events.length);
  for (let index = 0; index < events.length; index++) writeEvent(out, events[index] as LedgerEvent, index);
}

/** The bytes of a record; its `hash` field is not among them. */
export function encodeRecord(record: Omit<LedgerRecord, 'hash'>): Buffer {
  scratch.at = 0;
  writeRecord(scratch, record);
  return Buffer.from(scratch.written());
}

/** Leaf hash (RFC 9162 section 2.1.1): SHA-256(0x00 ∥ encoding), 64 hex digits. */
export function leafHash(record: Omit<LedgerRecord, 'hash'>): string {
  scratch.at = 0;
  scratch.u8(0x00);
  writeRecord(scratch, record);
  return hash('sha256', scratch.written(), 'hex');
}
