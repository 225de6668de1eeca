/** How long an epoch that a writer has named may be taken for its present one. Every restore takes longer, and no writer names an epoch while it runs. */
const KNOWN_FOR_MS = 1_000;
/** From then on one request at a time is sent to ask again, so that the others need not. */
const ASK_AGAIN_AFTER_MS = 500;
const LEDGERS_MAX = 50_000;

/**
 * The epochs that writers named lately. A time of the past can be resolved on the read side, but only while its log is that of the writer's epoch: after a restore
 * it may hold records that never were, and nothing in it would tell.
 */
export class WriterEpochs {
  private readonly known = new Map<string, { epoch: number; atMs: number; isAskedAgain: boolean }>();
  private readonly nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** askedAtMs: when the writer was asked (by the same clock), which is when its answer was true at the latest. */
  told(ledger: string, epoch: number, askedAtMs: number): void {
    this.known.delete(ledger);
    if (this.known.size >= LEDGERS_MAX) this.known.delete(this.known.keys().next().value!);
    this.known.set(ledger, { epoch, atMs: askedAtMs, isAskedAgain: false });
  }

  /** Null when the caller has to ask the writer. */
  of(ledger: string): number | null {
    const known = this.known.get(ledger);
    if (known === undefined) return null;
    const ageMs = this.nowMs() - known.atMs;
    if (ageMs >= KNOWN_FOR_MS) return null;
    if (ageMs < ASK_AGAIN_AFTER_MS || known.isAskedAgain) return known.epoch;
    known.isAskedAgain = true;
    return null;
  }
}
