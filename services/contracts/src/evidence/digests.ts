import { hash } from 'node:crypto';
import type { AccountStatus, FreezeScope } from '../record.ts';
import { type ByteWriter, scratch } from './bytes.ts';

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

export interface EntryIdentity {
  account: string;
  version: bigint;
  amount: bigint;
  postedAfter: bigint;
  heldAfter: bigint;
}

function writeEntry(out: ByteWriter, entry: EntryIdentity): void {
  out.at = 0;
  out.u8(0x02);
  out.str(entry.account);
  out.i64(entry.version);
  out.i128(entry.amount);
  out.i128(entry.postedAfter);
  out.i128(entry.heldAfter);
}

const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${hash('sha256', bytes, 'hex')}`);

/** Hash of one entry: SHA-256(0x02 ∥ str account ∥ u64 version ∥ i128 amount ∥ i128 postedAfter ∥ i128 heldAfter). */
export function entryDigest(entry: EntryIdentity): bigint {
  writeEntry(scratch, entry);
  return toNumber(scratch.written());
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

function writeAccount(out: ByteWriter, account: AccountSnapshot): void {
  out.at = 0;
  out.u8(0x03);
  out.str(account.account);
  out.i64(account.version);
  out.i128(account.posted);
  out.i128(account.held);
  out.u8(STATUS_CODES[account.status]);
  out.u8(account.freezeScope === null ? 0 : SCOPE_CODES[account.freezeScope]);
  out.str(account.minBalance?.toString() ?? '');
  out.str(account.maxBalance?.toString() ?? '');
}

/** Hash of one account's state: SHA-256(0x03 ∥ str account ∥ u64 version ∥ i128 posted ∥ i128 held ∥ u8 status ∥ u8 scope ∥ str min ∥ str max), "" = none. */
export function accountDigest(account: AccountSnapshot): bigint {
  writeAccount(scratch, account);
  return toNumber(scratch.written());
}

const LANES = 8;
const LANE_BITS = 32n;

/**
 * A digest that many terms are added to: the same sum as with addDigest, in eight 32-bit lanes whose carries are settled at the end, so that a term costs eight
 * additions of numbers instead of a 256-bit integer parsed from text. A lane stays exact for 2^21 terms, far more than a batch has.
 */
export class DigestSum {
  private readonly start: bigint;
  private readonly lanes = new Float64Array(LANES);

  constructor(start: bigint) {
    this.start = start;
  }

  private add(sign: 1 | -1): void {
    const digest = hash('sha256', scratch.written(), 'binary');
    for (let lane = 0; lane < LANES; lane++) {
      const at = lane * 4;
      const high = (digest.charCodeAt(at) << 8) | digest.charCodeAt(at + 1);
      const low = (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3);
      (this.lanes[lane] as number) += sign * (high * 65_536 + low);
    }
  }

  addEntry(entry: EntryIdentity): void {
    writeEntry(scratch, entry);
    this.add(1);
  }

  addAccount(account: AccountSnapshot): void {
    writeAccount(scratch, account);
    this.add(1);
  }

  subtractAccount(account: AccountSnapshot): void {
    writeAccount(scratch, account);
    this.add(-1);
  }

  total(): bigint {
    let sum = 0n;
    for (const lane of this.lanes) sum = (sum << LANE_BITS) + BigInt(lane);
    return addDigest(this.start, sum);
  }
}
