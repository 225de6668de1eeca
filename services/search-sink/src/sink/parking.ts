import type { BulkWriter, WriteOperation, WriteOutcome } from '../node/bulk.ts';
import { NodeUnavailableError } from '../node/errors.ts';
import { deadLetterOperation, type DeadLetter } from './dead-letters.ts';

/** A document to write, and what is left of it when the node does not take it as it is. */
export interface Parkable {
  operation: WriteOperation;
  /** Without name, free text and metadata; null when there are none to leave out. */
  bare: WriteOperation | null;
  subject: Pick<DeadLetter, 'ledger' | 'kind' | 'documentId' | 'position'>;
}

export type ParkedOutcome = { type: 'done' } | { type: 'conflict' } | { type: 'refused'; reason: string };

export interface ParkingOptions {
  bulk: BulkWriter;
  /** Write alias of the dead letters. */
  alias: string;
  now: () => Date;
  onParked: (kind: DeadLetter['kind'], isWhole: boolean) => void;
}

/**
 * Writes documents; what the node refuses is parked and written again without its details. The dead letter comes first: a document without details and without a dead letter
 * can not be, wherever the process is killed.
 */
export class ParkingWriter {
  private readonly options: ParkingOptions;

  constructor(options: ParkingOptions) {
    this.options = options;
  }

  /** `refused` says that not even the bare document was taken; then nothing of it is stored. */
  async write(items: readonly Parkable[]): Promise<ParkedOutcome[]> {
    const { bulk } = this.options;
    const outcomes: ParkedOutcome[] = await bulk.write(items.map(({ operation }) => operation));
    const refused = outcomes.flatMap((outcome, at) => (outcome.type === 'refused' && items[at]?.bare ? [{ at, outcome }] : []));
    if (refused.length === 0) return outcomes;
    await this.park(refused.map(({ at, outcome }) => this.letter(items[at] as Parkable, outcome as WriteOutcome, false)));
    const bare = await bulk.write(refused.map(({ at }) => (items[at] as Parkable).bare as WriteOperation));
    refused.forEach(({ at }, i) => (outcomes[at] = bare[i] as WriteOutcome));
    return outcomes;
  }

  /** Parks documents of which nothing is indexed. */
  async parkWhole(items: readonly { item: Parkable; outcome: ParkedOutcome }[]): Promise<void> {
    if (items.length > 0) await this.park(items.map(({ item, outcome }) => this.letter(item, outcome, true)));
  }

  private letter({ subject, operation }: Parkable, outcome: ParkedOutcome | WriteOutcome, isWhole: boolean): DeadLetter {
    const reason = outcome.type === 'refused' ? outcome.reason : outcome.type;
    const isTooLarge = 'isTooLarge' in outcome && outcome.isTooLarge;
    const document = isTooLarge ? null : operation.document;
    return { ...subject, reason, isWhole, document, parkedAt: this.options.now().toISOString() };
  }

  private async park(letters: readonly DeadLetter[]): Promise<void> {
    const { bulk, alias, onParked } = this.options;
    const outcomes = await bulk.write(letters.map((letter) => deadLetterOperation(alias, letter)));
    const again = letters.filter((_, at) => outcomes[at]?.type === 'refused').map((letter) => ({ ...letter, document: null }));
    const last = again.length === 0 ? [] : await bulk.write(again.map((letter) => deadLetterOperation(alias, letter)));
    for (const outcome of last)
      if (outcome.type === 'refused') throw new NodeUnavailableError(`a dead letter was refused: ${outcome.reason}`, null);
    for (const { kind, isWhole } of letters) onParked(kind, isWhole);
  }
}
