import { setTimeout as delay } from 'node:timers/promises';
import type { SearchNode } from './client.ts';
import { isLater, NodeAnswerError, NodeUnavailableError, reasonOf, type ErrorBody } from './errors.ts';

/** What has to be true of the stored document for the write to happen; otherwise the outcome is a conflict. */
export type WriteCondition =
  /** There is none. */
  | { type: 'create' }
  /** It is still the one that was read. */
  | { type: 'unchanged'; seqNo: number; primaryTerm: number }
  /** Its version is lower; or, for `notNewer`, not higher. */
  | { type: 'older' | 'notNewer'; version: bigint }
  /** Nothing. */
  | { type: 'any' };

export interface WriteOperation {
  /** The alias to write through: without the index behind it the node refuses instead of making one by itself. */
  alias: string;
  id: string;
  condition: WriteCondition;
  /** JSON. */
  document: string;
}

export type WriteOutcome =
  | { type: 'done' }
  | { type: 'conflict' }
  /** The node will never take this document. */
  | { type: 'refused'; reason: string; isTooLarge: boolean };

export interface BulkOptions {
  node: SearchNode;
  bytesMax: number;
  /** Ends waits. */
  signal: AbortSignal;
  onItems?: (outcome: 'done' | 'conflict' | 'refused' | 'retried', count: number) => void;
  /** First and longest wait before items that were turned away are sent again. */
  waitMinMs?: number;
  waitMaxMs?: number;
}

/** Rounds in which only the items go that were turned away before. Then the caller has to wait, and begins again. */
const ROUNDS_MAX = 8;
const WAIT_MIN_MS = 100;
const WAIT_MAX_MS = 5_000;

/** A whole request that was answered so is turned away like each of its documents. */
const OVERLOADED = new Set([429, 503]);

interface ItemAnswer {
  status: number;
  error?: ErrorBody;
}

interface BulkAnswer {
  items: Record<string, ItemAnswer>[];
}

function header({ alias, id, condition }: WriteOperation): string {
  const target = `"_index":${JSON.stringify(alias)},"_id":${JSON.stringify(id)}`;
  switch (condition.type) {
    case 'create':
      return `{"create":{${target}}}`;
    case 'unchanged':
      return `{"index":{${target},"if_seq_no":${condition.seqNo},"if_primary_term":${condition.primaryTerm}}}`;
    case 'older':
      return `{"index":{${target},"version":${condition.version},"version_type":"external"}}`;
    case 'notNewer':
      return `{"index":{${target},"version":${condition.version},"version_type":"external_gte"}}`;
    case 'any':
      return `{"index":{${target}}}`;
  }
}

/** 404 is the index: it is somebody's mistake that can be mended, and no document's. */
function outcomeOf({ status, error }: ItemAnswer): WriteOutcome | null {
  if (status === 200 || status === 201) return { type: 'done' };
  if (status === 409) return { type: 'conflict' };
  if (status === 404 || isLater(status)) return null;
  return { type: 'refused', reason: reasonOf(error), isTooLarge: status === 413 };
}

/** Documents in, an outcome for each out: bulk requests bounded in bytes, their answers read item by item, what the node turned away for now sent again after a wait. */
export class BulkWriter {
  private readonly options: BulkOptions;

  constructor(options: BulkOptions) {
    this.options = options;
  }

  /** In the order of the operations, which are independent of each other. Throws NodeUnavailableError when the node does not take them now; some may be written. */
  async write(operations: readonly WriteOperation[]): Promise<WriteOutcome[]> {
    const { waitMinMs = WAIT_MIN_MS, waitMaxMs = WAIT_MAX_MS, signal } = this.options;
    const outcomes: WriteOutcome[] = [];
    let left = operations.map((operation, at) => ({ operation, at }));
    for (let round = 1; left.length > 0; round++) {
      const again: typeof left = [];
      let reason = '';
      for (const chunk of this.chunks(left, ({ operation }) => operation)) {
        const answers = await this.send(chunk.map(({ operation }) => operation));
        chunk.forEach((item, i) => {
          const answer = answers[i] as ItemAnswer;
          const outcome = outcomeOf(answer);
          if (outcome !== null) outcomes[item.at] = outcome;
          else {
            reason = `${answer.status}: ${reasonOf(answer.error)}`;
            again.push(item);
          }
        });
      }
      this.options.onItems?.('retried', again.length);
      if (again.length > 0 && round === ROUNDS_MAX)
        throw new NodeUnavailableError(`${again.length} documents were turned away ${round} times, with ${reason}`, null);
      left = again;
      if (left.length > 0) await delay(Math.min(waitMinMs * 2 ** (round - 1), waitMaxMs), undefined, { signal });
    }
    for (const type of ['done', 'conflict', 'refused'] as const)
      this.options.onItems?.(type, outcomes.filter((outcome) => outcome.type === type).length);
    return outcomes;
  }

  private *chunks<T>(items: readonly T[], operationOf: (item: T) => WriteOperation): Generator<T[]> {
    let chunk: T[] = [];
    let bytes = 0;
    for (const item of items) {
      const size = Buffer.byteLength(operationOf(item).document);
      if (chunk.length > 0 && bytes + size > this.options.bytesMax) {
        yield chunk;
        [chunk, bytes] = [[], 0];
      }
      chunk.push(item);
      bytes += size;
    }
    if (chunk.length > 0) yield chunk;
  }

  /** One request; in halves when it is larger than the node takes, down to a document that is too large by itself. */
  private async send(operations: readonly WriteOperation[]): Promise<ItemAnswer[]> {
    const lines = operations.map((operation) => `${header(operation)}\n${operation.document}\n`).join('');
    try {
      const query = { require_alias: true };
      const { items } = await this.options.node.call<BulkAnswer>('bulk', { method: 'POST', path: '/_bulk', query, lines });
      if (items.length !== operations.length) throw new Error(`${operations.length} operations were answered with ${items.length} items`);
      return items.map((item) => Object.values(item)[0] as ItemAnswer);
    } catch (error) {
      if (error instanceof NodeUnavailableError && OVERLOADED.has(error.status ?? 0)) {
        const turnedAway = { status: error.status as number, error: { type: 'overloaded', reason: error.message } };
        return operations.map(() => turnedAway);
      }
      if (!(error instanceof NodeAnswerError) || error.status !== 413) throw error;
      if (operations.length === 1) return [{ status: 413, error: { type: 'too_large', reason: 'larger than the node takes' } }];
      const half = Math.ceil(operations.length / 2);
      return [...(await this.send(operations.slice(0, half))), ...(await this.send(operations.slice(half)))];
    }
  }
}
