/** Does something again and again, never twice at once, with a pause between; a failure is told and changes nothing else. */
export class Periodic {
  private readonly work: () => Promise<void>;
  private readonly intervalMs: number;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private stopped = false;

  constructor(work: () => Promise<void>, options: { intervalMs: number; onError: (error: unknown) => void }) {
    this.work = work;
    this.intervalMs = options.intervalMs;
    this.onError = options.onError;
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /** Begins now. Called while it is at work, it begins once more when that is done, without the pause. */
  wake(): void {
    if (this.stopped) return;
    if (this.running !== null) {
      this.again = true;
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.running = this.work()
      .catch(this.onError)
      .then(() => {
        this.running = null;
        if (this.stopped) return;
        if (this.again) {
          this.again = false;
          this.wake();
        } else {
          this.timer = setTimeout(() => this.wake(), this.intervalMs);
          this.timer.unref();
        }
      });
  }

  /** Waits for the work that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }
}
