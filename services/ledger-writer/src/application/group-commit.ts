import type { BatchOptions, Outcome } from '../domain/batch.ts';
import { decideBatch, type DecidedBatch } from '../domain/batch.ts';
import { needsOf } from '../domain/needs.ts';
import type { Submission } from '../domain/state.ts';
import { BatchTooSlowError, OutcomeUnknownError, StoreUnavailableError } from './errors.ts';
import type { BatchObserver } from './observer.ts';
import type { BatchWrites, LedgerLocation, LedgerStore } from './store.ts';
import { Turns } from './turns.ts';
import { weigh } from './weight.ts';

/** No decision: nothing happened, or (unavailable) the outcome is not known yet. The caller may try again under the same key. */
export interface Failure {
  kind: 'failure';
  code: 'overloaded' | 'unavailable' | 'internal';
  message: string;
}

export type Answer = Outcome | Failure;

/** Who waits for an answer. */
export interface Caller {
  /** Milliseconds since 1970 after which nobody waits any more. */
  deadlineMs: number;
  isGone(): boolean;
}

export interface GroupCommitOptions {
  store: LedgerStore;
  /** Told after each commit, before the answers. */
  committed: (location: LedgerLocation, recordTexts: readonly string[], headPosition: bigint) => void;
  observer: BatchObserver;
  batchOptions: BatchOptions;
  batchCountMax: number;
  /** Of the weight of a batch: see weight.ts. */
  batchBytesMax: number;
  /** Commands that may wait for one ledger. */
  queueCountMax: number;
  /** Bytes of commands that may wait for all ledgers together. */
  queueBytesMax: number;
  /** Batches of different ledgers in flight on one cluster: its connections. */
  batchesInFlightMax: number;
  now?: () => number;
}

interface Pending {
  submission: Submission;
  bytes: number;
  weight: number;
  caller: Caller;
  answer: (answer: Answer) => void;
}

/** One ledger's queue. */
interface Lane {
  location: LedgerLocation;
  queue: Pending[];
  running: boolean;
  /** Commands in its next batch at most: fewer after a batch was too slow, until full batches are quick again. */
  countMax: number;
}

const RETRIES_MAX = 12;
const RETRY_DELAY_MIN_MS = 10;
const RETRY_DELAY_MAX_MS = 1_000;
/** A full batch that is committed within this may be twice as large next time; well below the transaction time-out, so that growing does not bring it back. */
const GROW_WITHIN_MS = 1_000;

const failure = (code: Failure['code'], message: string): Failure => ({ kind: 'failure', code, message });

/**
 * Commits commands in batches, one batch of a ledger at a time: what arrives while a batch is committing is the next one, so a batch grows exactly as large as
 * the database is slow, and a lone command waits for nobody. Ledgers do not wait for each other but for connections.
 */
export class GroupCommit {
  private readonly options: GroupCommitOptions;
  private readonly lanes = new Map<number, Lane>();
  private readonly turns: Turns;
  private readonly now: () => number;
  private queuedBytes = 0;
  private queued = 0;
  private draining = false;
  private readonly running = new Set<Promise<void>>();

  constructor(options: GroupCommitOptions) {
    this.options = options;
    this.turns = new Turns(options.batchesInFlightMax);
    this.now = options.now ?? Date.now;
  }

  get queueDepth(): number {
    return this.queued;
  }

  /** Resolves with the answer, never rejects. Submissions of one ledger are decided in the order of the calls. */
  submit(location: LedgerLocation, submission: Submission, bytes: number, caller: Caller): Promise<Answer> {
    const { queueCountMax, queueBytesMax, observer } = this.options;
    if (this.draining) return Promise.resolve(failure('unavailable', 'the writer is stopping'));
    const lane = this.lanes.get(location.number) ?? { location, queue: [], running: false, countMax: this.options.batchCountMax };
    if (lane.queue.length >= queueCountMax || (this.queuedBytes + bytes > queueBytesMax && this.queued > 0)) {
      observer.overloaded();
      return Promise.resolve(failure('overloaded', 'too many commands are waiting'));
    }
    this.lanes.set(location.number, lane);
    this.queuedBytes += bytes;
    this.queued += 1;
    return new Promise((answer) => {
      lane.queue.push({ submission, bytes, weight: weigh(submission.command, bytes), caller, answer });
      if (!lane.running) this.start(lane);
    });
  }

  /** Refuses new commands and waits until the queued ones have their answers. */
  async drain(): Promise<void> {
    this.draining = true;
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private start(lane: Lane): void {
    lane.running = true;
    const run: Promise<void> = this.run(lane).finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async run(lane: Lane): Promise<void> {
    // Everything that arrives in this turn of the event loop belongs to the first batch.
    await new Promise(setImmediate);
    while (lane.queue.length > 0) {
      await this.turns.take(lane.location.cluster);
      try {
        await this.commit(lane, this.collect(lane));
      } finally {
        this.turns.give(lane.location.cluster);
      }
    }
    lane.running = false;
    // One that was too slow is remembered, a few words of memory each.
    if (lane.countMax >= this.options.batchCountMax) this.lanes.delete(lane.location.number);
  }

  private collect(lane: Lane): Pending[] {
    const { batchBytesMax } = this.options;
    let weight = 0;
    let count = 0;
    while (count < lane.queue.length && count < lane.countMax) {
      weight += (lane.queue[count] as Pending).weight;
      if (weight > batchBytesMax && count > 0) break;
      count += 1;
    }
    const batch = lane.queue.splice(0, count);
    this.queued -= batch.length;
    for (const pending of batch) this.queuedBytes -= pending.bytes;
    return batch;
  }

  /** Those whose caller still waits; the others are not decided at all, and told so in case they listen. */
  private stillWanted(batch: readonly Pending[]): Pending[] {
    const now = this.now();
    return batch.filter(({ caller, answer }) => {
      const isWanted = now < caller.deadlineMs && !caller.isGone();
      if (!isWanted) answer(failure('unavailable', 'nobody waited for the answer any more'));
      return isWanted;
    });
  }

  private async commit(lane: Lane, batch: readonly Pending[], attempts = 0): Promise<void> {
    let wanted = batch;
    for (let attempt = attempts; ; attempt++) {
      wanted = this.stillWanted(wanted);
      if (wanted.length === 0) return;
      try {
        return await this.commitOnce(lane, wanted);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError || error instanceof OutcomeUnknownError))
          return await this.bisect(lane, wanted, error);
        this.options.observer.retried(lane.location, error);
        if (attempt >= RETRIES_MAX || this.draining) {
          for (const { answer } of wanted) answer(failure('unavailable', 'the ledger can not be written to at the moment'));
          return;
        }
        if (error instanceof BatchTooSlowError && wanted.length > 1) {
          lane.countMax = wanted.length >> 1;
          return await this.halve(lane, wanted, attempt + 1);
        }
        await pause(attempt);
      }
    }
  }

  private async commitOnce(lane: Lane, batch: readonly Pending[]): Promise<void> {
    const { location } = lane;
    const { store, observer, batchOptions, committed, batchCountMax } = this.options;
    const submissions = batch.map((pending) => pending.submission);
    const startedMs = performance.now();
    const decided = await store.transact(location, needsOf(submissions), (view): { writes: BatchWrites | null; result: DecidedBatch } => {
      const result = decideBatch(submissions, view, batchOptions);
      return { writes: result.writes, result };
    });
    const outcomes = decided.outcomes();
    const tookMs = performance.now() - startedMs;
    if (tookMs <= GROW_WITHIN_MS && batch.length >= lane.countMax) lane.countMax = Math.min(batchCountMax, lane.countMax * 2);
    observer.batch(batch.length, tookMs / 1000, outcomes);
    if (decided.writes !== null && decided.writes.records.length > 0) {
      const { recordTexts, head } = decided.writes.seal();
      committed(location, recordTexts, head.position);
    }
    batch.forEach(({ answer }, index) => answer(outcomes[index] as Outcome));
  }

  /** A batch that fails for a reason of its own is cut in halves until the culprit is alone, so that none of its neighbours is harmed, or until what it reads is small
   * enough (ReplaysTooLargeError); order is kept. */
  private async bisect(lane: Lane, batch: readonly Pending[], error: unknown): Promise<void> {
    if (batch.length === 1) {
      const [{ submission, answer }] = batch as [Pending];
      this.options.observer.poisoned(lane.location, submission, error);
      answer(failure('internal', 'the command could not be processed'));
      return;
    }
    await this.halve(lane, batch, 0);
  }

  private async halve(lane: Lane, batch: readonly Pending[], attempts: number): Promise<void> {
    const middle = batch.length >> 1;
    await this.commit(lane, batch.slice(0, middle), attempts);
    await this.commit(lane, batch.slice(middle), attempts);
  }
}

/** 10 ms doubling to a second, with jitter so that writers do not come back in step. */
async function pause(attempt: number): Promise<void> {
  const delayMs = Math.min(RETRY_DELAY_MAX_MS, RETRY_DELAY_MIN_MS * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random() / 2)));
}
