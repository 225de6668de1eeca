import { setImmediate as others } from 'node:timers/promises';
import { type LedgerRecord, type Micros, recordFromJson } from '@ledgerflow/contracts';
import type { Head, Principal } from '@ledgerflow/contracts/grpc';
import { Problem } from '../http/problem.ts';
import { reasonOf } from '../rendering/reason.ts';
import type { WriterCalls } from '../writer/calls.ts';

/** Records that all ledgers of a walk together keep read but not yet taken; and the most and the fewest that one read of a ledger asks for. */
const BUFFERED_MAX = 20_000;
const CHUNK_MAX = 1_000;
const CHUNK_MIN = 16;
/** Ledgers that are read at once. */
const PARALLEL = 16;
/** Records that are taken before whoever else waits for this process gets a turn: what is buffered is handed out without waiting for anything. */
const TURN = 100;
/** Names that one question for heads carries. */
const HEADS_MAX = 500;

/** What the audit shows of a record. */
export interface AuditedRecord {
  ledger: string;
  position: bigint;
  recordedAt: Micros;
  actor: string;
  type: string;
  /** The transaction, or the account of which something was changed; null when neither is one. */
  target: string | null;
  /** Of a change of an account's status; null once it was erased, undefined of other records. */
  reason: string | null | undefined;
  correlationId: string;
  requestId: string;
}

export interface RecordsOptions {
  writer: Pick<WriterCalls, 'getHeads' | 'resolveTime' | 'readLog'>;
  principal: Principal;
  requestId: string;
  ledgers: readonly string[];
  /** The latest time that is wanted of a ledger; null: all there is. */
  upTo: (ledger: string) => Micros | null;
  /** The earliest. */
  from: Micros | undefined;
}

function toAudited(record: LedgerRecord): AuditedRecord {
  const { ledger, position, recordedAt, actor, type, transactions, events, correlationId, causationId } = record;
  const changed = events.find((event) => 'account' in event && event.type !== 'EntryPosted');
  const target = transactions.length === 1 ? transactions[0]!.id : changed !== undefined && 'account' in changed ? changed.account : null;
  return { ledger, position, recordedAt, actor, type, target, reason: reasonOf(record), correlationId, requestId: causationId };
}

/** One ledger's log, walked backwards in reads of some records. */
class LogWalk {
  readonly ledger: string;
  /** No record that is still to come is later. */
  latest: Micros;
  /** Those that were read, newest last. */
  private readonly records: AuditedRecord[] = [];
  private readonly options: RecordsOptions;
  private readonly upTo: Micros | null;
  private readonly chunkMax: number;
  /** The last position that was not read yet; null: still to be found. */
  private position: bigint | null = null;
  private chunk = CHUNK_MIN;

  constructor({ ledger, position, recordedAt }: Head, chunkMax: number, options: RecordsOptions) {
    this.ledger = ledger;
    this.options = options;
    this.chunkMax = chunkMax;
    this.upTo = options.upTo(ledger);
    const isWhole = this.upTo === null || recordedAt <= this.upTo;
    this.latest = isWhole ? recordedAt : (this.upTo as Micros);
    if (isWhole) this.position = position;
  }

  get isLoaded(): boolean {
    return this.records.length > 0;
  }

  get isOver(): boolean {
    return this.position === 0n && this.records.length === 0;
  }

  take(): AuditedRecord {
    const record = this.records.pop() as AuditedRecord;
    this.latest = this.records.at(-1)?.recordedAt ?? record.recordedAt - 1n;
    return record;
  }

  private async find(): Promise<bigint> {
    const { writer, principal, requestId } = this.options;
    const { code, position } = await writer.resolveTime({ principal, ledger: this.ledger, time: this.upTo as Micros }, requestId);
    if (code === 'forbidden') throw new Problem('forbidden');
    if (code !== '') throw new Error(`the log of ${this.ledger} has no position at ${this.upTo}: ${code}`);
    return position;
  }

  /** Reads more; afterwards there are some, or it is over. */
  async load(): Promise<void> {
    const { writer, principal, requestId, from } = this.options;
    const { ledger } = this;
    const end = (this.position ??= await this.find());
    if (end === 0n) return;
    for (let size = this.chunk; ; size = Math.max(1, Math.floor(size / 4))) {
      const after = end > BigInt(size) ? end - BigInt(size) : 0n;
      const part = await writer.readLog({ principal, ledger, afterPosition: after, toPosition: end, limit: 0 }, requestId);
      // Large records: those that came are the older ones, and the newer ones are wanted first.
      if (!part.isComplete && BigInt(part.records.length) < end - after && size > 1) continue;
      const records = part.records.map((text) => toAudited(recordFromJson(text)));
      if (records.at(-1)?.position !== end) throw new Error(`the log of ${ledger} was read up to ${end}, and that record did not come`);
      const wanted = from === undefined ? records : records.filter(({ recordedAt }) => recordedAt >= from);
      this.records.push(...wanted);
      this.position = wanted.length < records.length ? 0n : after;
      this.chunk = Math.min(this.chunkMax, size * 2);
      this.latest = this.records.at(-1)?.recordedAt ?? this.latest;
      return;
    }
  }
}

/** Newest first; of two at one time the ledger with the smaller id. One that is not read yet comes before one that is. */
function compare(a: LogWalk, b: LogWalk): number {
  if (a.latest !== b.latest) return a.latest > b.latest ? -1 : 1;
  if (a.isLoaded !== b.isLoaded) return a.isLoaded ? 1 : -1;
  return a.ledger < b.ledger ? -1 : 1;
}

async function headsOf({ writer, principal, requestId, ledgers }: RecordsOptions): Promise<Head[]> {
  const heads: Head[] = [];
  for (let at = 0; at < ledgers.length; at += HEADS_MAX) {
    const request = { principal, ledgers: ledgers.slice(at, at + HEADS_MAX), slots: [], recordedSince: 0n };
    heads.push(...(await writer.getHeads('', request, requestId)).heads);
  }
  return heads.filter(({ position }) => position > 0n);
}

/** The records of several ledgers from their logs, by time, newest first; at one time by ledger. Memory: some 20,000 records as the audit shows them. */
export async function* walkRecords(options: RecordsOptions): AsyncGenerator<AuditedRecord, void> {
  const heads = await headsOf(options);
  const chunkMax = Math.max(CHUNK_MIN, Math.min(CHUNK_MAX, Math.floor(BUFFERED_MAX / Math.max(1, heads.length))));
  const { from } = options;
  let walks = heads.map((head) => new LogWalk(head, chunkMax, options)).filter(({ latest }) => from === undefined || latest >= from);
  let taken = 0;
  while (walks.length > 0) {
    walks.sort(compare);
    const loading = walks.slice(0, PARALLEL);
    const firstLoaded = loading.findIndex(({ isLoaded }) => isLoaded);
    if (firstLoaded === 0) {
      const first = walks[0]!;
      yield first.take();
      if (++taken % TURN === 0) await others();
    } else {
      await Promise.all(loading.slice(0, firstLoaded === -1 ? loading.length : firstLoaded).map((walk) => walk.load()));
    }
    if (walks.some(({ isOver }) => isOver)) walks = walks.filter(({ isOver }) => !isOver);
  }
}
