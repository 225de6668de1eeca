import { formatMicros, type Micros, parseMicros } from '@ledgerflow/contracts';
import type { Seen } from '@ledgerflow/read-model';
import type { Call } from '../contract/route.ts';
import { Problem } from '../http/problem.ts';
import type { WriterCalls } from '../writer/calls.ts';
import type { AsOf } from './as-of.ts';
import { CONSISTENCY_HEADER, type ConsistencyTokens, type Place } from './consistency.ts';
import type { LastWrites } from './last-writes.ts';
import { going, held, isApplied, isParked, tooEarly, whole } from './parked.ts';
import type { ReadModel } from './read-model.ts';
import type { ReadSource, Replica } from './replica.ts';
import { StrongReads } from './strong.ts';
import { WriterEpochs } from './writer-epochs.ts';

/** How long a read without a token waits for its principal's own last write before it answers what is there. */
const OWN_WRITE_WAIT_MS = 1_000;
/** How long a read waits for the replica before it asks the primary. */
const REPLICA_WAIT_MS = 1_000;
/** What is waited for may move between two looks: to another projection, or from a replica to the primary. */
const LOOKS_MAX = 5;

export interface ReadsOptions extends ReadSource {
  /** Answers in the place of the primary as long as it can. */
  replica?: Replica | null;
  writer: Pick<WriterCalls, 'resolveTime' | 'getAccount'>;
  tokens: ConsistencyTokens;
  lastWrites: LastWrites;
  consistencyWaitMs: number;
}

/** What a read must have seen. strict: rather 503 than older. */
interface Need {
  place: Place;
  strict: boolean;
}

/** A query of whichever model is to answer it. */
type Ask<T> = (model: ReadModel) => Promise<Seen<T> | null>;

/**
 * Consistent reads. Every query answers with the position of its own snapshot, so it is simply asked, and only when that lies before what the caller needs is it waited for and asked
 * again: the usual read costs one statement and no wait. Whatever is waited for, an answer is judged by its own position alone.
 */
export class Reads {
  /** Where reads are asked first. */
  readonly model: ReadModel;
  /** Where everything is that was applied. */
  readonly primary: ReadModel;
  readonly tokens: ConsistencyTokens;
  readonly strong: StrongReads;
  readonly epochs = new WriterEpochs();
  private readonly options: ReadsOptions;

  constructor(options: ReadsOptions) {
    this.options = options;
    this.model = (options.replica ?? options).model;
    this.primary = options.model;
    this.tokens = options.tokens;
    this.strong = new StrongReads(options.writer);
  }

  /** A read of the present: as the consistency token asks, or not older than the caller's own last write through this process. Lacks no record that is parked. */
  async now<T>(call: Call, query: (ledger: string, model: ReadModel) => Promise<Seen<T> | null>): Promise<Seen<T>> {
    return whole(await this.present(call, query));
  }

  /** The same, for who knows what to do when records of what was asked for are parked: such an answer comes at once, whatever the token asks. */
  async present<T>(call: Call, query: (ledger: string, model: ReadModel) => Promise<Seen<T> | null>): Promise<Seen<T>> {
    const ledger = call.params['ledger'] as string;
    const token = this.token(call);
    const own = this.options.lastWrites.of(call.principal.id, ledger);
    const need = token !== null ? { place: token, strict: true } : own === null ? null : { place: own, strict: false };
    const seen = await this.when(ledger, need, (model) => query(ledger, model));
    if (seen === null) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return seen;
  }

  /** A read of the past: the time becomes a position at the writer, for good, and the query is asked when that position is applied. */
  async at<T>(
    call: Call,
    at: string,
    query: (position: bigint, model: ReadModel) => Promise<Seen<T> | null>,
  ): Promise<{ value: T; asOf: AsOf; place: Place }> {
    const ledger = call.params['ledger'] as string;
    const token = this.token(call);
    const time = parseMicros(at) as Micros;
    const place = await this.resolve(call, ledger, time);
    if (token !== null && token.epoch < place.epoch) throw new Problem('epoch_superseded');
    const { value } = await this.atPlace(ledger, place, (model) => query(place.position, model));
    return { value, place, asOf: { asOf: formatMicros(time), asOfPosition: place.position.toString() } };
  }

  /** A query of one position, asked when that is applied and lacks nothing up to it. */
  async atPlace<T>(ledger: string, place: Place, ask: Ask<T>): Promise<Seen<T>> {
    const seen = await this.when(ledger, { place, strict: true }, ask, place.position);
    if (seen === null) throw new Problem('ledger_not_found', { parameters: { ledger } });
    return whole(seen, place.position);
  }

  /**
   * Waits until the read model is where an answer of the writer is, so that who reads afterwards, of this account or another, is not shown an older state. Not for long: an answer of the
   * writer is true, whatever becomes of the read side.
   */
  async follows(ledger: string, place: Place): Promise<void> {
    const { applied } = this.source(performance.now());
    await applied.wait(ledger, place.position, [], OWN_WRITE_WAIT_MS);
  }

  /** What the request's consistency token asks of the ledger in its path. */
  token(call: Call): Place | null {
    return this.options.tokens.parse(call.params['ledger'] as string, call.headers[CONSISTENCY_HEADER]);
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

  /** Where a read that has waited since then goes on waiting: for a replica that answers at first, then for the primary, which has everything first. */
  private source(beganMs: number): ReadSource {
    const { replica = null } = this.options;
    if (replica === null || replica.isDown) return this.options;
    if (performance.now() - beganMs < REPLICA_WAIT_MS) return replica;
    replica.lags();
    return this.options;
  }

  private async when<T>(ledger: string, need: Need | null, ask: Ask<T>, asked?: bigint): Promise<Seen<T> | null> {
    const first = going(await ask(this.model));
    return need === null || (first !== null && isParked(first, asked)) || covers(first, need)
      ? first
      : this.wait(ledger, need, ask, asked, first);
  }

  /** Waits for the projections that the answer was made from, and asks again; for another round when the answer then lies before the position for another reason. */
  private async wait<T>(
    ledger: string,
    need: Need,
    ask: Ask<T>,
    asked: bigint | undefined,
    first: Seen<T> | null,
  ): Promise<Seen<T> | null> {
    const { place, strict } = need;
    const beganMs = performance.now();
    const endMs = beganMs + (strict ? this.options.consistencyWaitMs : OWN_WRITE_WAIT_MS);
    let source = this.source(beganMs);
    let seen = first;
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      // A projection is held or catches up: who did not ask for more gets what there is.
      if (!strict && isApplied(seen, place)) return seen;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) break;
      const waitMs = source === this.options.replica ? Math.min(leftMs, REPLICA_WAIT_MS) : leftMs;
      const outcome = await source.applied.wait(ledger, place.position, seen?.projections ?? [], waitMs);
      seen = going(await ask(source.model));
      if ((seen !== null && isParked(seen, asked)) || covers(seen, need)) return seen;
      if (outcome.kind === 'held') {
        if (!strict) return seen;
        throw held(outcome);
      }
      if (outcome.kind === 'overloaded') {
        if (!strict) return seen;
        throw new Problem('overloaded', { detail: 'Too many reads are waiting' });
      }
      source = this.source(beganMs);
    }
    if (strict) throw tooEarly(seen, place);
    return seen;
  }
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
