import { ZERO_HASH, type LedgerRecord } from '@ledgerflow/contracts';
import type { WriterChannels } from '@ledgerflow/platform/grpc';
import type { Pool } from '@ledgerflow/platform/postgres';
import { Witness, type Projection } from '@ledgerflow/read-model/projections';
import type { PreparedRecord } from '../apply/prepare.ts';
import { CALL_RECORDS_MAX, type LogReader } from '../feed/log-reader.ts';
import { adopt } from './adopt.ts';
import { advanceDigest } from './digests.ts';
import { fillBatch, readWhole, type Filling } from './fill.ts';
import { prove } from './gate.ts';
import { readHead } from './heads.ts';
import type { Pace, Sleep } from './pace.ts';
import { markProven } from './store.ts';
import { HistoryError, swap, type SwapOutcome } from './swap.ts';

const BATCH_COUNT_MAX = 5_000;
const BATCH_BYTES_MAX = 16 * 1024 * 1024;
/** How long the last way to the swap may take: the checkpoint has to come to what was read, and the rebuild to the checkpoint. */
const SWAP_DEADLINE_MS = 10 * 60_000;
const SWAP_PAUSE_MS = 20;

type WholeRecord = PreparedRecord & { record: LedgerRecord };

export interface LedgerRebuildOptions {
  pool: Pool;
  channels: WriterChannels;
  reader: LogReader;
  worker: string;
  ledger: { id: string; number: number };
  /** All of the registry, of which `fillings` are made. */
  projections: readonly Projection[];
  fillings: Filling[];
  /** Ends when they are proven, without going live. */
  isProveOnly: boolean;
  pace: Pace;
  sleep: Sleep;
  /** Called often: throws when the rebuild is cancelled or another worker's. `records`: how far the ledger's log is read. */
  onPause: (records: bigint) => Promise<void>;
  batchCountMax?: number;
  /** The writer's epoch that the ledger is taken into; null: it goes on where the read model is. */
  epoch: number | null;
}

/** The log is one history from its first record on, also when a writer that was restored is asked for the rest of it. */
function expectFollows({ record }: WholeRecord, hash: string | undefined): void {
  if (record.previousHash !== hash) throw new HistoryError(`record ${record.position} of the log does not follow what was read before it`);
}

/** Rebuilds projections of one ledger: fill to where the writer's head is, prove there, go on to the live ones' position, or, into another epoch, to the end of the log, swap. Goes on from where the parts are. */
export class LedgerRebuild {
  private readonly options: LedgerRebuildOptions;
  private readonly made: readonly Projection[];
  private fillings: Filling[];
  private readonly witness = new Witness();
  /** Sum of the entries' digests at the fillings' position, from the writer and from the records that followed. */
  private entryDigest = 0n;

  constructor(options: LedgerRebuildOptions) {
    this.options = options;
    this.fillings = options.fillings;
    this.made = options.fillings.map(({ projection }) => projection);
  }

  private get position(): bigint {
    return this.fillings[0]?.part.position ?? 0n;
  }

  /** Throws GateRefusedError, RecordRefusedError, HistoryError, or what onPause throws. */
  async run(): Promise<void> {
    const { pool, channels, reader, ledger, worker, epoch } = this.options;
    const apart = this.fillings.find(({ part }) => part.position !== this.position)?.part;
    if (apart !== undefined)
      throw new HistoryError(`${apart.projection} is at ${apart.position}, the rebuild's other parts at ${this.position}`);
    await this.witnessFrom();
    // Before the end of the log is read: what comes after that end is of this epoch or a later one.
    const head = await readHead(channels, ledger.id);
    if (head === null) throw new HistoryError('the writer does not know the ledger');
    if (epoch !== null && head.epoch !== epoch) throw new HistoryError(`the writer is in epoch ${head.epoch}, not in ${epoch}`);
    if (head.position < this.position) throw new HistoryError(`the log ends at ${head.position}, the rebuild is at ${this.position}`);
    await this.fillTo(head.position);
    const onPause = (): Promise<void> => this.options.onPause(this.position);
    await prove({ pool, reader, ledger: ledger.id, fillings: this.fillings, head, witness: this.witness, onPause });
    await markProven(
      pool,
      worker,
      this.fillings.map(({ part }) => part),
    );
    if (this.options.isProveOnly) return;
    this.entryDigest = head.entryDigest;
    await this.goLive();
  }

  /** After a crash: the witness reads again what the parts have. */
  private async witnessFrom(): Promise<void> {
    const { ledger, reader } = this.options;
    const end = this.position;
    while (this.witness.position < end) {
      for await (const texts of reader.read({ ledger: ledger.id, after: this.witness.position, to: end }))
        for (const text of texts) this.see(readWhole(ledger.id, text, []));
      await this.options.onPause(this.witness.position);
    }
    if (end > 0n && this.lastHash !== this.fillings[0]?.part.recordHash)
      throw new HistoryError(`record ${end} of the log is not the one that the rebuild went on from`);
  }

  private lastHash = ZERO_HASH;

  private see(prepared: WholeRecord): void {
    expectFollows(prepared, this.lastHash);
    this.witness.see(prepared.record);
    this.lastHash = prepared.record.hash;
  }

  /** While one batch is written the next one is read and made into rows. */
  private async fillTo(end: bigint): Promise<void> {
    const { reader, ledger, pace } = this.options;
    let writing: Promise<void> = Promise.resolve();
    let read = this.position;
    let batch: WholeRecord[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const records = batch;
      [batch, bytes] = [[], 0];
      await writing;
      writing = this.write(records);
      // Thrown where it is awaited; until then nobody has to catch it.
      writing.catch(() => undefined);
    };
    const max = pace.batchMax(this.options.batchCountMax ?? BATCH_COUNT_MAX);
    try {
      while (read < end) {
        const before = read;
        for await (const texts of reader.read({ ledger: ledger.id, after: read, to: end, limit: pace.callMax(CALL_RECORDS_MAX) })) {
          for (const text of texts) {
            const prepared = readWhole(ledger.id, text, this.made);
            this.see(prepared);
            read = prepared.record.position;
            batch.push(prepared);
            bytes += text.length;
            if (batch.length >= max || bytes >= BATCH_BYTES_MAX) await flush();
          }
        }
        if (read === before) throw new Error(`the log of ${ledger.id} was read to ${read} of ${end} and no further`);
      }
      if (batch.length > 0) await flush();
      await writing;
    } catch (error) {
      await writing.catch(() => undefined);
      throw error;
    }
  }

  private async write(records: readonly WholeRecord[]): Promise<void> {
    const { pool, worker, pace, onPause } = this.options;
    this.fillings = await fillBatch(pool, worker, this.fillings, records);
    await pace.took(records.length);
    await onPause(this.position);
  }

  private async put(records: readonly WholeRecord[]): Promise<SwapOutcome> {
    const { pool, worker, ledger, projections, epoch } = this.options;
    const options = { pool, worker, ledger, fillings: this.fillings, records, projections, entryDigest: this.entryDigest };
    if (epoch === null) return swap(options);
    await adopt({ ...options, epoch });
    return 'swapped';
  }

  /** From the proven position to the checkpoint's, and there into its place. */
  private async goLive(): Promise<void> {
    const { reader, ledger, sleep, pace, onPause, pool, worker } = this.options;
    const max = pace.batchMax(this.options.batchCountMax ?? BATCH_COUNT_MAX);
    for (const deadline = performance.now() + SWAP_DEADLINE_MS; performance.now() < deadline;) {
      await onPause(this.position);
      const records: WholeRecord[] = [];
      for await (const texts of reader.read({ ledger: ledger.id, after: this.position, to: 0n, limit: max }))
        for (const text of texts) {
          const prepared = readWhole(ledger.id, text, this.made);
          expectFollows(prepared, records[records.length - 1]?.record.hash ?? this.fillings[0]?.part.recordHash);
          records.push(prepared);
        }
      // A full batch: the end is not near.
      const outcome = records.length < max ? await this.put(records) : 'behind';
      if (outcome === 'swapped') return;
      if (outcome === 'ahead') await sleep(SWAP_PAUSE_MS);
      else if (records.length > 0) {
        this.entryDigest = advanceDigest(this.entryDigest, records);
        this.fillings = await fillBatch(pool, worker, this.fillings, records);
        if (records.length === max) await pace.took(records.length);
      }
    }
    throw new Error(`the rebuild did not come to the checkpoint within ${SWAP_DEADLINE_MS / 1_000} s`);
  }
}
