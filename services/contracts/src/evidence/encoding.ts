import { hash } from 'node:crypto';
import type { AccountStatus, FreezeScope, LedgerEvent, LedgerRecord } from '../record.ts';
import { EVENT_TYPE_CODES, isAccountEvent, RECORD_TYPE_CODES, termsToJson } from '../record.ts';

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

const MASK_64 = (1n << 64n) - 1n;

class ByteWriter {
  bytes: Buffer;
  at = 0;
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }
  private room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
  u8(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }
  u16(value: number): void {
    this.room(2);
    this.at = this.bytes.writeUInt16BE(value, this.at);
  }
  u32(value: number): void {
    this.room(4);
    this.at = this.bytes.writeUInt32BE(value, this.at);
  }
  i64(value: bigint): void {
    this.room(8);
    this.at = this.bytes.writeBigInt64BE(value, this.at);
  }
  i128(value: bigint): void {
    this.room(16);
    this.at = this.bytes.writeBigInt64BE(value >> 64n, this.at);
    this.at = this.bytes.writeBigUInt64BE(value & MASK_64, this.at);
  }
  str(value: string): void {
    const length = Buffer.byteLength(value);
    this.u16(length);
    this.room(length);
    this.at += this.bytes.write(value, this.at);
  }
  hex(value: string, count: number): void {
    this.room(count);
    if (this.bytes.write(value, this.at, count, 'hex') !== count) throw new RangeError(`expected ${count} bytes of hex, got "${value}"`);
    this.at += count;
  }
  uuid(value: string): void {
    this.hex(value.replaceAll('-', ''), 16);
  }
}

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

/** The bytes of a record; its `hash` field is not among them. */
export function encodeRecord(record: Omit<LedgerRecord, 'hash'>): Buffer {
  const out = new ByteWriter(512);
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
  out.u16(record.events.length);
  record.events.forEach((event, index) => writeEvent(out, event, index));
  return out.bytes.subarray(0, out.at);
}

const LEAF_PREFIX = Buffer.of(0x00);

/** Leaf hash (RFC 9162 section 2.1.1): SHA-256(0x00 ∥ encoding), 64 hex digits. */
export function leafHash(record: Omit<LedgerRecord, 'hash'>): string {
  return hash('sha256', Buffer.concat([LEAF_PREFIX, encodeRecord(record)]), 'hex');
}

const DIGEST_MASK = (1n << 256n) - 1n;

/** Additive 256-bit sums: order does not matter, adding and taking away are exact, so a digest of a set is kept without a scan. */
export function addDigest(sum: bigint, term: bigint): bigint {
  return (sum + term) & DIGEST_MASK;
}

export function subtractDigest(sum: bigint, term: bigint): bigint {
  return (sum - term) & DIGEST_MASK;
}

export function digestToHex(sum: bigint): string {
  return sum.toString(16).padStart(64, '0');
}

const scratch = new ByteWriter(512);

function digestOf(write: (out: ByteWriter) => void): bigint {
  scratch.at = 0;
  write(scratch);
  return BigInt(`0x${hash('sha256', scratch.bytes.subarray(0, scratch.at), 'hex')}`);
}

export interface EntryIdentity {
  account: string;
  version: bigint;
  amount: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
}

/** Hash of one entry: SHA-256(0x02 ∥ str account ∥ u64 version ∥ i128 amount ∥ i128 postedAfter ∥ i128 heldAfter). */
export function entryDigest(entry: EntryIdentity): bigint {
  return digestOf((out) => {
    out.u8(0x02);
    out.str(entry.account);
    out.i64(entry.version);
    out.i128(entry.amount);
    out.i128(entry.postedAfter);
    out.i128(entry.heldAfter);
  });
}

export interface AccountSnapshot {
  account: string;
  version: bigint;
  posted: bigint;
  held: bigint;
  status: AccountStatus;
  freezeScope: FreezeScope | null;
  minBalance: bigint | null;
  maxBalance: bigint | null;
}

const STATUS_CODES: Readonly<Record<AccountStatus, number>> = { open: 1, frozen: 2, closed: 3 };
const SCOPE_CODES: Readonly<Record<FreezeScope, number>> = { all: 1, debits: 2 };

/** Hash of one account's state: SHA-256(0x03 ∥ str account ∥ u64 version ∥ i128 posted ∥ i128 held ∥ u8 status ∥ u8 scope ∥ str min ∥ str max), "" = none. */
export function accountDigest(account: AccountSnapshot): bigint {
  return digestOf((out) => {
    out.u8(0x03);
    out.str(account.account);
    out.i64(account.version);
    out.i128(account.posted);
    out.i128(account.held);
    out.u8(STATUS_CODES[account.status]);
    out.u8(account.freezeScope === null ? 0 : SCOPE_CODES[account.freezeScope]);
    out.str(account.minBalance?.toString() ?? '');
    out.str(account.maxBalance?.toString() ?? '');
  });
}
