import { Latencies, type LatencySummary } from '../driver/index.ts';
import { OPERATION_KINDS, type OperationKind } from './plan.ts';

export interface OperationReport {
  operation: OperationKind;
  /** Finished ones, however they ended. */
  count: number;
  done: number;
  refused: number;
  /** Answered 409, 429 or 503, or without an answer, to the end. */
  busy: number;
  faults: number;
  perSecond: number;
  /** From the (scheduled) start to the last answer, tries again included. */
  latency: LatencySummary;
}

export interface FaultReport {
  what: string;
  count: number;
  /** The first of them. */
  example: string;
}

interface Line {
  done: number;
  refused: number;
  busy: number;
  faults: number;
  latencies: Latencies;
}

/** Different faults are kept to look at; the others are only counted. */
const FAULTS_MAX = 20;
const OTHER_FAULTS = 'other faults';

const increase = (counts: Map<string, number>, key: string, by = 1): void => void counts.set(key, (counts.get(key) ?? 0) + by);

/** Counts and latencies of a run, in constant memory. */
export class Tally {
  /** By code: 422 of the ledger, of single operations and within batches. */
  readonly refusals = new Map<string, number>();
  /** By code: every 409, 429, 503 and lost connection that was met, also those after which trying again helped. */
  readonly busy = new Map<string, number>();
  /** Transfers within batches. */
  readonly transfers = { done: 0, refused: 0 };
  retries = 0;
  /** Sent, tries again included: what `busyCount` is a share of. */
  requests = 0;
  private readonly faults = new Map<string, { count: number; example: string }>();
  private readonly lines = new Map<OperationKind, Line>();
  private readonly all = new Latencies();

  private line(kind: OperationKind): Line {
    let line = this.lines.get(kind);
    if (line === undefined) {
      line = { done: 0, refused: 0, busy: 0, faults: 0, latencies: new Latencies() };
      this.lines.set(kind, line);
    }
    return line;
  }

  finished(kind: OperationKind, how: 'done' | 'refused' | 'busy' | 'faults', ms: number): void {
    const line = this.line(kind);
    line[how] += 1;
    line.latencies.record(ms);
    this.all.record(ms);
  }

  refusedBy(code: string, count = 1): void {
    increase(this.refusals, code, count);
  }

  metBusy(code: string): void {
    increase(this.busy, code);
  }

  fault(what: string, example: string): void {
    const key = this.faults.has(what) || this.faults.size < FAULTS_MAX ? what : OTHER_FAULTS;
    const known = this.faults.get(key);
    if (known === undefined) this.faults.set(key, { count: 1, example });
    else known.count += 1;
  }

  get faultCount(): number {
    return [...this.faults.values()].reduce((sum, { count }) => sum + count, 0);
  }

  get finishedCount(): number {
    return [...this.lines.values()].reduce((sum, line) => sum + line.done + line.refused + line.busy + line.faults, 0);
  }

  /** Answers of 409, 429 and 503 and lost connections, in all. */
  get busyCount(): number {
    return [...this.busy.values()].reduce((sum, count) => sum + count, 0);
  }

  get latency(): LatencySummary {
    return this.all.summary();
  }

  faultReports(): FaultReport[] {
    return [...this.faults].map(([what, { count, example }]) => ({ what, count, example }));
  }

  reports(seconds: number): OperationReport[] {
    return OPERATION_KINDS.flatMap((operation) => {
      const line = this.lines.get(operation);
      if (line === undefined) return [];
      const { latencies, ...counts } = line;
      const latency = latencies.summary();
      return [{ operation, count: latency.count, ...counts, perSecond: seconds === 0 ? 0 : latency.count / seconds, latency }];
    });
  }
}
