import type { ServerResponse } from 'node:http';
import type { Call, StreamAnswer } from '../contract/route.ts';
import { drained } from '../http/drained.ts';
import { Problem } from '../http/problem.ts';
import { knownProblem, SECURITY_HEADERS } from '../http/respond.ts';
import type { Found, Step } from './search.ts';
import type { AuditStore } from './store.ts';

/** At once in one gateway; more are refused with 503. */
const EXPORTS_MAX = 4;
/** Of one principal, so that nobody has them all. */
const EXPORTS_OF_PRINCIPAL_MAX = 1;
/** How long a client may read nothing. */
const STALLED_MS = 30_000;
/** An empty line while nothing is found: a connection on which nothing moves is cut, here (http/server.ts) and by proxies. */
const HEARTBEAT_MS = 15_000;

class CutShort extends Error {
  override name = 'CutShort';
}

/** Throws CutShort when the client is gone, or reads nothing for too long. */
async function readOn(response: ServerResponse, stalledMs: number): Promise<void> {
  const outcome = await drained(response, stalledMs);
  if (outcome !== 'drained') throw new CutShort(outcome === 'gone' ? 'the client is gone' : 'the client reads too slowly');
}

/** Exports of the audit: written line by line as the client reads them, each an action in the store before it begins. */
export class AuditExports {
  private readonly store: Pick<AuditStore, 'begin' | 'conclude'>;
  private readonly stalledMs: number;
  private readonly heartbeatMs: number;
  /** By principal. */
  private readonly running = new Map<string, number>();

  constructor(store: Pick<AuditStore, 'begin' | 'conclude'>, { stalledMs = STALLED_MS, heartbeatMs = HEARTBEAT_MS } = {}) {
    this.store = store;
    this.stalledMs = stalledMs;
    this.heartbeatMs = heartbeatMs;
  }

  /** Counts one in; what it gives counts it out. */
  private enter(principal: string): () => void {
    const own = this.running.get(principal) ?? 0;
    if (own >= EXPORTS_OF_PRINCIPAL_MAX) throw new Problem('overloaded', { detail: 'Another export of this principal is running' });
    let all = 0;
    for (const count of this.running.values()) all += count;
    if (all >= EXPORTS_MAX) throw new Problem('overloaded', { detail: `More than ${EXPORTS_MAX} exports at once` });
    this.running.set(principal, own + 1);
    return () => {
      const left = (this.running.get(principal) ?? 0) - 1;
      if (left > 0) this.running.set(principal, left);
      else this.running.delete(principal);
    };
  }

  /** Throws the Problems audit_unavailable and overloaded, and what the first step throws. */
  async begin(
    call: Call,
    parameters: Readonly<Record<string, unknown>> & { ledger?: string | undefined },
    walk: () => AsyncGenerator<Step, void>,
    render: (found: Found) => unknown,
  ): Promise<StreamAnswer> {
    const { principal, requestId } = call;
    const action = { action: 'audit.export', ledger: parameters.ledger ?? null, target: null, parameters };
    const leave = this.enter(principal.id);
    try {
      const entry = await this.store.begin({ ...action, actor: principal.id, roles: principal.roles, requestId });
      call.isRecorded = true;
      const steps = walk();
      const first = await steps.next().catch(async (error: unknown) => {
        await this.store.conclude(entry, { outcome: knownProblem(error)?.code ?? 'internal', result: null });
        throw error;
      });
      // Who has all of it may begin the next at once, whether or not the store has the end of this one.
      const conclude = (outcome: string, result: unknown): Promise<void> => {
        leave();
        return this.store.conclude(entry, { outcome, result });
      };
      return { stream: (response) => void this.write(response, call, first, steps, render, conclude) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async write(
    response: ServerResponse,
    { principal, requestId }: Call,
    first: IteratorResult<Step, void>,
    steps: AsyncGenerator<Step, void>,
    render: (found: Found) => unknown,
    conclude: (outcome: string, result: unknown) => Promise<void>,
  ): Promise<void> {
    let entries = 0;
    // A client that has not read what there is gets no more: then it is the one that keeps still.
    const beat = (): void => void (response.headersSent && response.writableLength === 0 && response.write('\n'));
    const heartbeat = setInterval(beat, this.heartbeatMs);
    try {
      if (response.destroyed) throw new CutShort('the client is gone');
      response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'application/x-ndjson', 'x-request-id': requestId });
      response.flushHeaders();
      for (let step = first; step.done !== true; step = await steps.next()) {
        if (response.destroyed) throw new CutShort('the client is gone');
        if (Date.now() > principal.expiresAtMs) throw new CutShort('the token has expired');
        if (principal.withdrawn?.aborted === true) throw new CutShort('the token is not valid any more');
        if (step.value.found === null) continue;
        const isRoom = response.write(`${JSON.stringify(render(step.value.found))}\n`);
        entries += 1;
        if (!isRoom) await readOn(response, this.stalledMs);
      }
      clearInterval(heartbeat);
      response.end();
      await conclude('done', { entries });
    } catch (error) {
      // Without the end of its body, so that nobody takes a part for all there is.
      response.destroy();
      const code = error instanceof CutShort ? 'cut_short' : (knownProblem(error)?.code ?? 'internal');
      await conclude(code, { entries, reason: (error as Error).message });
    } finally {
      clearInterval(heartbeat);
      await steps.return();
    }
  }
}
