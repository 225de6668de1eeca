import { formatMicros, type Micros, parseMicros } from '@ledgerflow/contracts';
import type { AppliedPositions, CheckpointPlace, Seen } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import type { WriterCalls } from '../writer/calls.ts';
import { CONSISTENCY_HEADER, type ConsistencyTokens, type Place } from './consistency.ts';
import type { LastWrites } from './last-writes.ts';
import type { ReadModel } from './read-model.ts';
import { WriterEpochs } from './writer-epochs.ts';

/** How long a read without a token waits for its principal's own last write before it answers what is there. */
const OWN_WRITE_WAIT_MS = 1_000;

export interface ReadsOptions {
  model: ReadModel;
  applied: Pick<AppliedPositions, 'wait'>;
  writer: Pick<WriterCalls, 'resolveTime'>;
  tokens: ConsistencyTokens;
  lastWrites: LastWrites;
  consistencyWaitMs: number;
}

/** The moment an answer stands for. */
export interface AsOf {
  asOf: string;
  asOfPosition: string;
}

/** What a read must have seen. strict: rather 503 than older. */
interface Need {
  place: Place;
  strict: boolean;
}

export const asOfCheckpoint = ({ recordedAt, position }: CheckpointPlace): AsOf => ({
  asOf: formatMicros(recordedAt),
  asOfPosition: position.toString(),
});

/**
 * Consistent reads. Every query answers with the checkpoint of its own snapshot, so it is simply asked, and only when that checkpoint lies before what the caller
 * needs is it waited for and asked again: the usual read costs one statement and no wait.
 */
export class Reads {
  readonly model: ReadModel;
  readonly tokens: ConsistencyTokens;
  readonly epochs = new WriterEpochs();
  private readonly options: ReadsOptions;

  constructor(options: ReadsOptions) {
    this.options = options;
    this.model = options.model;
    this.tokens = options.tokens;
  }

  /**
   * A read of the present: as the consistency token asks, or not older than the caller's own last write through this process.
   */
  async now<T>(call: Call, query: (ledger: string) => Promise<Seen<T> | null>): Promise<Seen<T>> {
    const ledger = call.params['ledger'] as string;
    const token = this.options.tokens.parse(ledger, call.headers[CONSISTENCY_HEADER]);
    const own = this.options.lastWrites.of(call.principal.id, ledger);
    const need = token !== null ? { place: token, strict: true } : own === null ? null : { place: own, strict: false };
    const seen = await this.when(ledger, need, () => query(ledger));
    if (seen === null) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return seen;
  }

  /** A read of the past: the time becomes a position at the writer, for good, and the query is asked when that position is applied. */
  async at<T>(
    call: Call,
    at: string,
    query: (ledger: string, position: bigint) => Promise<Seen<T> | null>,
  ): Promise<{ value: T; asOf: AsOf }> {
    const ledger = call.params['ledger'] as string;
    const token = this.options.tokens.parse(ledger, call.headers[CONSISTENCY_HEADER]);
    const time = parseMicros(at) as Micros;
    const { position, epoch } = await this.resolve(call, ledger, time);
    if (token !== null && token.epoch < epoch) throw new Problem('epoch_superseded');
    const seen = await this.when(ledger, { place: { epoch, position }, strict: true }, () => query(ledger, position));
    if (seen === null) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return { value: seen.value, asOf: { asOf: formatMicros(time), asOfPosition: position.toString() } };
  }

  private async resolve(call: Call, ledger: string, time: Micros): Promise<Place> {
    const askedAtMs = performance.now();
    const { code, position, epoch } = await this.options.writer.resolveTime(
      { principal: call.principal.forWriter, ledger, time },
      call.requestId,
    );
    if (code === '') {
      this.epochs.told(ledger, epoch, askedAtMs);
      return { position, epoch };
    }
    if (code === 'time_in_future') throw new Problem('time_in_future', { field: 'at' });
    if (code === 'ledger_not_found') throw new Problem('ledger_not_found', { parameters: { ledger } });
    if (code === 'forbidden') throw new Problem('forbidden');
    throw new Problem('internal', { detail: `The writer could not resolve the time: ${code}` });
  }

  private async when<T>(ledger: string, need: Need | null, ask: () => Promise<Seen<T> | null>): Promise<Seen<T> | null> {
    const query = async (): Promise<Seen<T> | null> => going(await ask());
    const first = await query();
    if (need === null || covers(first, need)) return first;
    const outcome = await this.options.applied.wait(
      ledger,
      need.place.position,
      need.strict ? this.options.consistencyWaitMs : OWN_WRITE_WAIT_MS,
    );
    if (outcome.kind === 'applied') {
      const second = await query();
      if (!need.strict || covers(second, need)) return second;
      throw new Problem('not_yet_consistent');
    }
    if (!need.strict) return query();
    throw outcome.kind === 'timeout'
      ? new Problem('not_yet_consistent')
      : new Problem('overloaded', { detail: 'Too many reads are waiting' });
  }
}

/**
 * What was seen of a ledger that the read side goes on with. Throws projection_parked for one at which it has stopped: its present grows older by the minute, and its past may be what
 * was found not to be the log.
 */
export function going<S extends { checkpoint: CheckpointPlace } | null>(seen: S): S {
  if (seen !== null && seen.checkpoint.stoppedReason !== null)
    throw new Problem('projection_parked', { detail: 'The read side has stopped at this ledger and waits for repair' });
  return seen;
}

function covers(seen: Seen<unknown> | null, { place, strict }: Need): boolean {
  if (seen === null) return place.position === 0n;
  const { epoch, position } = seen.checkpoint;
  if (place.epoch < epoch) {
    if (strict) throw new Problem('epoch_superseded');
    return true;
  }
  return place.epoch === epoch && place.position <= position;
}
