import type { Micros } from '@ledgerflow/contracts';
import type { Logger } from '@ledgerflow/platform/log';
import {
  advanced,
  checkpointDocument,
  checkpointFrom,
  firstCheckpoint,
  type Checkpoint,
  type CheckpointDocument,
} from '../documents/checkpoint.ts';
import type { Generation } from '../indices/generations.ts';
import type { BulkWriter, WriteOperation } from '../node/bulk.ts';
import type { SearchNode } from '../node/client.ts';
import { readDocuments, refresh, scanDocuments, type Stored } from '../node/documents.ts';
import { NodeUnavailableError } from '../node/errors.ts';
import { admit, parseAll, type Admission, type Incoming, type Parsed, type Prepared } from './admit.ts';
import type { DeadLetter } from './dead-letters.ts';
import { DocumentsWriter } from './documents-writer.ts';
import { ParkingWriter } from './parking.ts';

export interface IndexerOptions {
  node: SearchNode;
  bulk: BulkWriter;
  generation: Generation;
  log: Logger;
  now?: () => Date;
  onParked?: (kind: DeadLetter['kind'], isWhole: boolean) => void;
}

export interface Applied {
  records: number;
  duplicates: number;
  /** Ledgers whose log has to be read on from their checkpoint, with the reason. */
  refill: Map<string, string>;
  /** recorded_at of the last record of each ledger that moved. */
  recordedAt: Map<string, Micros>;
}

type Held = { checkpoint: Checkpoint; stored: Stored<CheckpointDocument> | null };
type Work = Held & { ledger: string; admission: Admission };

/**
 * The one apply path of a generation: documents first, and when the node has acknowledged all of them the checkpoints. A crash in between leaves documents that are ahead of
 * their checkpoint; the same records come again then and change nothing.
 */
export class Indexer {
  readonly generation: Generation;
  /** As this process knows them; somebody else may have moved them on. */
  readonly checkpoints = new Map<string, Checkpoint>();
  /** Ledgers to which nothing is indexed any more, and why. They are tried again with the next process or generation; nothing is skipped by that. */
  readonly stopped = new Map<string, string>();
  private readonly options: IndexerOptions;
  private readonly documents: DocumentsWriter;

  constructor(options: IndexerOptions) {
    const { node, bulk, generation, now = () => new Date(), onParked = () => undefined } = options;
    this.options = options;
    this.generation = generation;
    const parking = new ParkingWriter({ bulk, alias: generation.writeAlias('dead-letters'), now, onParked });
    this.documents = new DocumentsWriter({ node, parking, generation });
  }

  /** Reads the checkpoints of all ledgers. */
  async load(): Promise<void> {
    const { node } = this.options;
    const index = this.generation.index('checkpoints');
    await refresh(node, [index]);
    for await (const page of scanDocuments<CheckpointDocument>(node, index, { query: { match_all: {} }, sort: ['ledger'] }))
      for (const document of page) this.checkpoints.set(document.ledger, checkpointFrom(document));
  }

  /** The checkpoint as it is stored now; null when there is none. */
  async checkpoint(ledger: string): Promise<Checkpoint | null> {
    const [stored] = await this.readCheckpoints([ledger]);
    return stored === null || stored === undefined ? null : checkpointFrom(stored.source);
  }

  /** Throws NodeUnavailableError (or what the node answered) when not all of it is known to be done: the same batch again is harmless then. */
  async apply(incoming: readonly Incoming[]): Promise<Applied> {
    const applied: Applied = { records: 0, duplicates: 0, refill: new Map(), recordedAt: new Map() };
    const works = await this.admitAll(parseAll(incoming), applied);
    const moving = new Map<string, readonly Prepared[]>(
      works.filter(({ admission }) => admission.records.length > 0).map(({ ledger, admission }) => [ledger, admission.records]),
    );
    const failures = await this.documents.write(moving);
    await this.moveCheckpoints(works, failures, applied);
    return applied;
  }

  /** From now on nothing is indexed to this ledger; its checkpoint tells why. */
  async stop(ledger: string, reason: string): Promise<void> {
    this.note(ledger, reason);
    const [stored] = await this.readCheckpoints([ledger]);
    if (stored === null || stored === undefined) return;
    const checkpoint = { ...checkpointFrom(stored.source), stoppedReason: reason };
    // Whoever moved it meanwhile will meet the same reason.
    await this.options.bulk.write([this.operation({ checkpoint, stored })]);
  }

  private note(ledger: string, reason: string): void {
    if (this.stopped.has(ledger)) return;
    this.stopped.set(ledger, reason);
    this.options.log.error({ ledger, reason }, 'a ledger was stopped');
  }

  private readCheckpoints(ledgers: readonly string[]): Promise<(Stored<CheckpointDocument> | null)[]> {
    const index = this.generation.index('checkpoints');
    return readDocuments<CheckpointDocument>(
      this.options.node,
      ledgers.map((id) => ({ index, id })),
    );
  }

  private async admitAll(parsed: ReadonlyMap<string, Parsed>, applied: Applied): Promise<Work[]> {
    const ledgers = [...parsed.keys()].filter((ledger) => !this.stopped.has(ledger));
    const stored = await this.readCheckpoints(ledgers);
    return ledgers.flatMap((ledger, at): Work[] => {
      const came = parsed.get(ledger) as Parsed;
      const held = this.hold(stored[at] ?? null, came);
      if (held !== null) return [{ ...held, ledger, admission: admit(held.checkpoint, came) }];
      if (came.records.length > 0) applied.refill.set(ledger, 'its first record is missing');
      // Its number is not known, so there is no checkpoint to hold the reason.
      else this.note(ledger, `its first record is poison: ${came.poison}`);
      return [];
    });
  }

  private hold(stored: Stored<CheckpointDocument> | null, { records }: Parsed): Held | null {
    if (stored !== null) return { checkpoint: checkpointFrom(stored.source), stored };
    const first = records[0]?.record;
    return first?.position === 1n ? { checkpoint: firstCheckpoint(first), stored } : null;
  }

  private operation({ checkpoint, stored }: Held): WriteOperation {
    return {
      alias: this.generation.writeAlias('checkpoints'),
      id: checkpoint.ledger,
      // Never over somebody else's: two processes with one ledger can not both move it.
      condition: stored === null ? { type: 'create' } : { type: 'unchanged', seqNo: stored.seqNo, primaryTerm: stored.primaryTerm },
      document: JSON.stringify(checkpointDocument(checkpoint, this.options.now?.() ?? new Date())),
    };
  }

  private async moveCheckpoints(works: readonly Work[], failures: ReadonlyMap<string, string>, applied: Applied): Promise<void> {
    const moves = works.map(({ ledger, checkpoint: from, stored, admission }) => {
      const failure = failures.get(ledger);
      const records = failure === undefined ? admission.records.map(({ record }) => record) : [];
      const reason = failure ?? admission.misfit;
      const checkpoint = { ...advanced(from, records), stoppedReason: reason };
      return { ledger, checkpoint, stored, admission, records, reason, isMoved: records.length > 0 || reason !== null };
    });
    const changed = moves.filter(({ isMoved }) => isMoved);
    const outcomes = await this.options.bulk.write(changed.map((move) => this.operation(move)));
    changed.forEach(({ ledger, checkpoint, records, reason }, at) => {
      const outcome = outcomes[at];
      if (outcome?.type === 'refused') throw new NodeUnavailableError(`the checkpoint of ${ledger} was refused: ${outcome.reason}`, null);
      if (reason !== null) this.note(ledger, reason);
      if (outcome?.type === 'conflict') {
        if (reason === null) applied.refill.set(ledger, 'its checkpoint was moved by somebody else');
        return;
      }
      this.checkpoints.set(ledger, checkpoint);
      applied.records += records.length;
      const last = records[records.length - 1];
      if (last !== undefined) applied.recordedAt.set(ledger, last.recordedAt);
    });
    for (const { ledger, admission, reason, isMoved, checkpoint } of moves) {
      applied.duplicates += admission.duplicates;
      if (admission.hasGap && reason === null && !applied.refill.has(ledger)) applied.refill.set(ledger, 'records are missing');
      if (!isMoved) this.checkpoints.set(ledger, checkpoint);
    }
  }
}
