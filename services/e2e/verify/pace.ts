import type { PassName } from './passes.ts';
import type { VerifyProgress } from './types.ts';

/** A transfer has two entries: what the account pass has to do, as long as it is not known better. */
const EVENTS_PER_RECORD = 2;

/** How far a run is, from the rows that its passes tell of. */
export class Pace {
  private readonly total: number;
  private readonly onProgress: ((progress: VerifyProgress) => void) | undefined;
  private readonly sinceMs = performance.now();
  private records = 0;
  private events = 0;
  private current = '';

  constructor(heads: readonly { position: number }[], onProgress: ((progress: VerifyProgress) => void) | undefined) {
    this.total = heads.reduce((sum, head) => sum + head.position, 0);
    this.onProgress = onProgress;
  }

  ledger(id: string): void {
    this.current = id;
  }

  rows(pass: PassName, count: number): void {
    if (pass === 'log') this.records += count;
    else if (pass === 'accounts') this.events += count;
    if (this.onProgress === undefined) return;
    const seconds = (performance.now() - this.sinceMs) / 1000;
    const share = Math.min(this.records / this.total, 1) / 2 + Math.min(this.events / (this.total * EVENTS_PER_RECORD), 1) / 2;
    this.onProgress({
      records: this.records,
      recordsTotal: this.total,
      share,
      recordsPerSecond: this.records / seconds,
      secondsLeft: share > 0 ? (seconds / share) * (1 - share) : null,
      ledger: this.current,
    });
  }
}
