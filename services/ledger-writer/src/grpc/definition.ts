import { LedgerServiceService, type RecordBatch } from '@ledgerflow/contracts/grpc';

const LEDGER_TAG = 0x0a;
const RECORD_TAG = 0x12;
const HEAD_POSITION_TAG = 0x18;
/** Of a tag and a varint. */
const TAG_BYTES_MAX = 1;
const VARINT_BYTES_MAX = 10;

function writeVarint(bytes: Buffer, at: number, value: bigint | number): number {
  let end = at;
  if (typeof value === 'number') {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) bytes[end++] = (rest & 0x7f) | 0x80;
    bytes[end++] = rest;
    return end;
  }
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes[end++] = Number(rest & 0x7fn) | 0x80;
  bytes[end++] = Number(rest);
  return end;
}

function writeText(bytes: Buffer, at: number, tag: number, text: string, length: number): number {
  bytes[at] = tag;
  const from = writeVarint(bytes, at + TAG_BYTES_MAX, length);
  return from + bytes.write(text, from);
}

/** A batch of records as the generated code writes it, into one buffer of the right size. There it grows and is copied on the way: about a seventh of the writer's samples while a log was read. */
export function serializeRecordBatch({ ledger, records, headPosition }: RecordBatch): Buffer {
  const ledgerLength = Buffer.byteLength(ledger);
  const lengths = records.map((record) => Buffer.byteLength(record));
  const most = TAG_BYTES_MAX + VARINT_BYTES_MAX;
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + most + length, 2 * most + ledgerLength));
  let at = ledger === '' ? 0 : writeText(bytes, 0, LEDGER_TAG, ledger, ledgerLength);
  for (const [i, record] of records.entries()) at = writeText(bytes, at, RECORD_TAG, record, lengths[i] as number);
  if (headPosition !== 0n) {
    bytes[at] = HEAD_POSITION_TAG;
    at = writeVarint(bytes, at + TAG_BYTES_MAX, headPosition);
  }
  return bytes.subarray(0, at);
}

const { readStream, readLog, tailLog } = LedgerServiceService;

/** The contract's service, for a server. */
export const LEDGER_SERVICE = {
  ...LedgerServiceService,
  readStream: { ...readStream, responseSerialize: serializeRecordBatch },
  readLog: { ...readLog, responseSerialize: serializeRecordBatch },
  tailLog: { ...tailLog, responseSerialize: serializeRecordBatch },
};
