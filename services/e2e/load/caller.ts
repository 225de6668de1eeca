import { setTimeout as delay } from 'node:timers/promises';
import type { HttpTarget } from '../driver/index.ts';
import type { Expected, Writing } from './expected.ts';
import type { Operation } from './plan.ts';
import { isWrite, requestOf } from './requests.ts';
import type { Tally } from './tally.ts';
import { judge, judgeFailure, type Verdict } from './verdict.ts';

/** What one caller has seen, and so may never see undone. */
export interface Session {
  /** Ledger-Consistency of its last write, or of the newest one before the session began. */
  token: string | null;
  position: bigint;
}

export interface CallerParts {
  target: Pick<HttpTarget, 'request'>;
  ledger: string;
  initialDeposit: bigint;
  expected: Expected;
  tally: Tally;
  /** Ends the waits between attempts, and most of the settling. */
  signal: AbortSignal;
  /** More writes have no answer than can be kept: the run should end. */
  onFull?: () => void;
  /** For tests. */
  bounds?: Partial<CallerBounds>;
}

export interface CallerBounds {
  /** Writes without an answer that are kept for `settle`; a service of which more are left has no use for more load. */
  unsettledMax: number;
  /** For all of the settling together; what is under way then still has the time-out of a request. */
  settleMs: number;
  /** The same once the run was interrupted. */
  settleInterruptedMs: number;
  retryPauseMs: number;
  /** From the start of an operation, how long it is tried again at least, also when it was turned away; a few times in any case. */
  retryForMs: number;
}

/** For the settling together, and for the opening of each account. */
export const SETTLE_MS = 30_000;
const BOUNDS: CallerBounds = {
  unsettledMax: 10_000,
  settleMs: SETTLE_MS,
  settleInterruptedMs: 5_000,
  retryPauseMs: 100,
  retryForMs: 0,
};
/** Under its own key, after an unknown outcome. */
const RETRIES_MAX = 5;
const RETRY_PAUSE_MS_MAX = 1_000;
/** The longest that an answer can ask to wait. */
const RETRY_AFTER_MS_MAX = 10_000;
const SETTLE_CONCURRENCY = 8;
const CONSISTENCY_HEADER = 'ledger-consistency';

/** A write of which attempts may have had their effect. */
interface Attempted {
  key: string;
  writing: Writing;
  /** Whether one attempt is without a known outcome: then only an answer of the ledger itself tells, and being turned away on the way to it tells nothing. */
  isUnknown: boolean;
}

type End = 'done' | 'refused' | 'busy' | 'faults';

/** Sends operations, tries writes with an unknown outcome again, and enters what happened into the tally and into what the ledger must say. */
export class Caller {
  private readonly parts: CallerParts;
  private readonly bounds: CallerBounds;
  private unsettled: Attempted[] = [];
  private unansweredCount = 0;

  constructor(parts: CallerParts) {
    this.parts = parts;
    this.bounds = { ...BOUNDS, ...parts.bounds };
  }

  /** Writes whose outcome is left to `settle`. */
  get unanswered(): number {
    return this.unansweredCount;
  }

  /** Begins with the newest write that the run was told of, so that a first read sees the accounts that were opened before. */
  newSession(): Session {
    const { token, position } = this.parts.expected;
    return { token, position };
  }

  /** One operation to its end; latency counts from `startMs`. True if it had its effect. */
  async perform(operation: Operation, key: string, startMs: number, session: Session): Promise<boolean> {
    const { tally, expected, signal } = this.parts;
    const attempted: Attempted = { key, writing: expected.begin(operation), isUnknown: false };
    for (let retry = 0; ; retry++) {
      const verdict = await this.send(attempted, session);
      const end = this.endOf(verdict, attempted);
      const hasTime = !signal.aborted && performance.now() - startMs < this.bounds.retryForMs;
      if (end !== null && !(end === 'busy' && hasTime)) {
        tally.finished(operation.kind, end, performance.now() - startMs);
        if (!attempted.isUnknown) expected.dropped(attempted.writing);
        return end === 'done';
      }
      if (verdict.kind === 'fault' || (retry >= RETRIES_MAX && !hasTime) || signal.aborted) {
        tally.finished(operation.kind, verdict.kind === 'fault' ? 'faults' : 'busy', performance.now() - startMs);
        this.keep(attempted);
        return false;
      }
      tally.retries += 1;
      await this.pause(verdict, retry, signal);
    }
  }

  /**
   * Tries the writes whose outcome is still unknown until each is answered, so that what the ledger must say is exact. All of it is over after `settleMs`, or soon
   * after an interruption; what is not answered by then is a fault, and nothing is said about its accounts.
   */
  async settle(): Promise<void> {
    const { signal } = this.parts;
    const { settleMs, settleInterruptedMs } = this.bounds;
    if (this.unsettled.length === 0) return;
    const over = new AbortController();
    const timers = [setTimeout(() => over.abort(), settleMs)];
    const hurry = (): void => void timers.push(setTimeout(() => over.abort(), settleInterruptedMs));
    if (signal.aborted) hurry();
    else signal.addEventListener('abort', hurry, { once: true });
    try {
      const waiting = this.unsettled;
      this.unsettled = [];
      await Promise.all(Array.from({ length: SETTLE_CONCURRENCY }, () => this.settleFrom(waiting, over.signal)));
      for (const attempted of waiting)
        this.giveUp(attempted, `not answered in the ${settleMs / 1_000} s after the run, or until it was interrupted`);
    } finally {
      signal.removeEventListener('abort', hurry);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** Takes turns, so that one write that is never answered does not hold up the others. */
  private async settleFrom(waiting: Attempted[], over: AbortSignal): Promise<void> {
    const session = this.newSession();
    while (!over.aborted) {
      const next = waiting.shift();
      if (next === undefined) return;
      const verdict = await this.send(next, session);
      if (this.endOf(verdict, next) !== null) {
        this.unansweredCount -= 1;
        this.parts.expected.dropped(next.writing);
      } else {
        waiting.push(next);
        await this.pause(verdict, RETRIES_MAX, over);
      }
    }
  }

  /** How the operation ended; null while it may have had an effect that is not known. */
  private endOf(verdict: Verdict, attempted: Attempted): End | null {
    switch (verdict.kind) {
      case 'done':
      case 'refused':
        attempted.isUnknown = false;
        return verdict.kind;
      case 'busy':
        return attempted.isUnknown ? null : 'busy';
      case 'fault':
        attempted.isUnknown = !verdict.isConclusive && (attempted.isUnknown || verdict.isUnknown);
        return attempted.isUnknown ? null : 'faults';
      case 'unknown':
        attempted.isUnknown = true;
        return null;
    }
  }

  private pause(verdict: Verdict, retry: number, signal: AbortSignal): Promise<void> {
    const wantedMs = verdict.kind === 'unknown' ? verdict.retryAfterMs : null;
    const ms =
      wantedMs === null ? Math.min(RETRY_PAUSE_MS_MAX, this.bounds.retryPauseMs * 2 ** retry) : Math.min(RETRY_AFTER_MS_MAX, wantedMs);
    return delay(ms, undefined, { signal }).catch(() => undefined);
  }

  private keep(attempted: Attempted): void {
    if (this.unsettled.length < this.bounds.unsettledMax) {
      this.unsettled.push(attempted);
      this.unansweredCount += 1;
      return;
    }
    this.giveUp(attempted, `${this.unsettled.length} other writes have no answer`);
    this.parts.onFull?.();
  }

  private giveUp({ key, writing }: Attempted, why: string): void {
    this.parts.tally.fault(`${writing.operation.kind}: no answer`, `key ${key}: ${why}`);
    this.parts.expected.doubt(writing);
  }

  private async send({ key, writing }: Attempted, session: Session): Promise<Verdict> {
    const { target, ledger, initialDeposit, tally } = this.parts;
    const { operation } = writing;
    const request = requestOf(operation, ledger, initialDeposit);
    const headers: Record<string, string> = isWrite(operation)
      ? { 'content-type': 'application/json', 'idempotency-key': key }
      : session.token === null
        ? {}
        : { [CONSISTENCY_HEADER]: session.token };
    // Read before the answer: in an open loop others write on meanwhile.
    const seen = session.position;
    tally.requests += 1;
    let verdict: Verdict;
    try {
      const answer = await target.request({ ...request, headers });
      verdict = judge(operation, answer);
      if (verdict.kind === 'done') return this.done(writing, verdict, answer.headers[CONSISTENCY_HEADER], session, seen);
    } catch (error) {
      verdict = judgeFailure(operation, error as Error);
    }
    if (verdict.kind === 'refused') return this.refused(writing, verdict);
    if (verdict.kind === 'busy' || verdict.kind === 'unknown') tally.metBusy(verdict.code);
    if (verdict.kind === 'fault') tally.fault(verdict.what, verdict.example);
    if ((verdict.kind === 'fault' || verdict.kind === 'unknown') && verdict.items !== undefined)
      this.parts.expected.done(writing, verdict.items);
    return verdict;
  }

  private refused(writing: Writing, verdict: Verdict & { kind: 'refused' }): Verdict {
    this.parts.tally.refusedBy(verdict.code);
    return this.parts.expected.refused(writing, null) ? verdict : this.unexplained(writing);
  }

  private unexplained({ operation }: Writing): Verdict {
    return this.fault(operation, 'refused for want of money that was there', 'the acknowledged operations leave enough on the account');
  }

  /** Of an operation of which all is known. */
  private fault(operation: Operation, what: string, example: string): Verdict {
    this.parts.tally.fault(`${operation.kind}: ${what}`, example);
    return { kind: 'fault', what, example, isUnknown: false, isConclusive: true };
  }

  /** Enters what was done; a read older than a write that its caller had seen is a fault. */
  private done(
    writing: Writing,
    verdict: Verdict & { kind: 'done' },
    token: string | string[] | undefined,
    session: Session,
    seen: bigint,
  ): Verdict {
    const { expected, tally } = this.parts;
    const { position, items } = verdict;
    const { operation } = writing;
    const isExplained = items === null || expected.refused(writing, items);
    expected.done(writing, items);
    if (items !== null) {
      const refused = [...items.refused.values()].reduce((sum, count) => sum + count, 0);
      tally.transfers.done += items.done.length - refused;
      tally.transfers.refused += refused;
      for (const [code, count] of items.refused) tally.refusedBy(code, count);
    }
    if (!isExplained) return this.unexplained(writing);
    if (position === null) return verdict;
    if (!isWrite(operation))
      return position < seen
        ? this.fault(operation, 'a stale read', `position ${position} after a write at ${seen} whose token was sent`)
        : verdict;
    if (typeof token !== 'string')
      return this.fault(operation, 'no consistency token', `the write at ${position} was answered without Ledger-Consistency`);
    expected.wrote(position, token);
    if (position > session.position) Object.assign(session, { token, position });
    return verdict;
  }
}
