import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '@ledgerflow/local/access';
import type { HttpTarget } from '../driver/index.ts';
import type { Expected } from './expected.ts';
import type { Operation } from './plan.ts';
import { isWrite, requestOf } from './requests.ts';
import type { Tally } from './tally.ts';
import { judge, judgeFailure, type Verdict } from './verdict.ts';

/** What one caller has seen, and so may never see undone. */
export interface Session {
  /** Ledger-Consistency of its last write. */
  token: string | null;
  position: bigint;
}

export interface CallerParts {
  target: HttpTarget;
  ledger: string;
  initialDeposit: bigint;
  expected: Expected;
  tally: Tally;
}

/** Under its own key, after an unknown outcome. */
const RETRIES_MAX = 5;
const RETRY_PAUSE_MS = 100;
const RETRY_PAUSE_MS_MAX = 1_000;
/** Writes without an answer that are kept for `settle`; a service of which more are left has no use for more load. */
const UNSETTLED_MAX = 10_000;
const SETTLE_MS = 30_000;
const SETTLE_CONCURRENCY = 8;
const CONSISTENCY_HEADER = 'ledger-consistency';

/** Sends operations, tries writes with an unknown outcome again, and enters what happened into the tally and into what the ledger must say. */
export class Caller {
  private readonly parts: CallerParts;
  private readonly unsettled: { operation: Operation; key: string }[] = [];

  constructor(parts: CallerParts) {
    this.parts = parts;
  }

  newSession(): Session {
    return { token: null, position: 0n };
  }

  /** One operation to its end; latency counts from `startMs`. True if it had its effect. Rejects only when the run cannot go on. */
  async perform(operation: Operation, key: string, startMs: number, session: Session): Promise<boolean> {
    const { tally } = this.parts;
    for (let retry = 0; ; retry++) {
      const verdict = await this.send(operation, key, session);
      const finish = (how: 'done' | 'refused' | 'busy' | 'faults'): void =>
        tally.finished(operation.kind, how, performance.now() - startMs);
      switch (verdict.kind) {
        case 'done':
          finish('done');
          return true;
        case 'refused':
          finish('refused');
          return false;
        case 'busy':
          finish('busy');
          return false;
        case 'fault':
          finish('faults');
          if (verdict.isUnknown) this.keep(operation, key);
          return false;
        case 'unknown':
          if (retry === RETRIES_MAX) {
            finish('busy');
            this.keep(operation, key);
            return false;
          }
          tally.retries += 1;
          await delay(Math.min(RETRY_PAUSE_MS_MAX, verdict.retryAfterMs ?? RETRY_PAUSE_MS * 2 ** retry));
      }
    }
  }

  /**
   * Tries the writes whose outcome is still unknown until each is answered, so that what the ledger must say is exact. One that is not answered in time is a fault.
   */
  async settle(): Promise<void> {
    const endMs = performance.now() + SETTLE_MS;
    const session = this.newSession();
    const work = async (): Promise<void> => {
      for (let next = this.unsettled.pop(); next !== undefined; next = this.unsettled.pop()) {
        let verdict = await this.send(next.operation, next.key, session);
        while (isUnknown(verdict) && performance.now() < endMs) {
          await delay(RETRY_PAUSE_MS_MAX);
          verdict = await this.send(next.operation, next.key, session);
        }
        if (isUnknown(verdict))
          this.parts.tally.fault(
            `${next.operation.kind}: no answer`,
            `key ${next.key}: not answered in ${SETTLE_MS / 1_000} s after the run`,
          );
      }
    };
    await Promise.all(Array.from({ length: SETTLE_CONCURRENCY }, work));
  }

  private keep(operation: Operation, key: string): void {
    if (this.unsettled.length >= UNSETTLED_MAX) throw new UserError(`${UNSETTLED_MAX} writes have no answer: the run ends here`);
    this.unsettled.push({ operation, key });
  }

  private async send(operation: Operation, key: string, session: Session): Promise<Verdict> {
    const { target, ledger, initialDeposit, tally } = this.parts;
    const request = requestOf(operation, ledger, initialDeposit);
    const headers: Record<string, string> = isWrite(operation)
      ? { 'content-type': 'application/json', 'idempotency-key': key }
      : session.token === null
        ? {}
        : { [CONSISTENCY_HEADER]: session.token };
    // Read before the answer: in an open loop others write on meanwhile.
    const seen = session.position;
    let verdict: Verdict;
    try {
      const answer = await target.request({ ...request, headers });
      verdict = judge(operation, answer);
      if (verdict.kind === 'done') return this.done(operation, verdict, answer.headers[CONSISTENCY_HEADER], session, seen);
    } catch (error) {
      verdict = judgeFailure(operation, error as Error);
    }
    if (verdict.kind === 'refused') tally.refusedBy(verdict.code);
    if (verdict.kind === 'busy' || verdict.kind === 'unknown') tally.metBusy(verdict.code);
    if (verdict.kind === 'fault') tally.fault(verdict.what, verdict.example);
    return verdict;
  }

  /** Enters what was done; a read older than a write that its caller had seen is a fault. */
  private done(
    operation: Operation,
    verdict: Verdict & { kind: 'done' },
    token: string | string[] | undefined,
    session: Session,
    seen: bigint,
  ): Verdict {
    const { expected, tally } = this.parts;
    const { position, items } = verdict;
    const fault = (what: string, example: string): Verdict => {
      tally.fault(`${operation.kind}: ${what}`, example);
      return { kind: 'fault', what, example, isUnknown: false };
    };
    expected.apply(operation, items);
    if (items !== null) {
      const refused = [...items.refused.values()].reduce((sum, count) => sum + count, 0);
      tally.transfers.done += items.done.length - refused;
      tally.transfers.refused += refused;
      for (const [code, count] of items.refused) tally.refusedBy(code, count);
    }
    if (position === null) return verdict;
    if (!isWrite(operation))
      return position < seen ? fault('a stale read', `position ${position} after a write at ${seen} whose token was sent`) : verdict;
    if (typeof token !== 'string') return fault('no consistency token', `the write at ${position} was answered without Ledger-Consistency`);
    expected.wrote(position, token);
    if (position > session.position) Object.assign(session, { token, position });
    return verdict;
  }
}

const isUnknown = (verdict: Verdict): boolean => verdict.kind === 'unknown' || (verdict.kind === 'fault' && verdict.isUnknown);
