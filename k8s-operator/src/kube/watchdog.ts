import type { Verdict } from '@ledgerflow/platform/health';

/** Says whether what is known of the cluster can be trusted: it is listed, and watched by a watch that is heard of. */
export class Watchdog {
  private readonly what: string;
  private readonly silenceMaxMs: number;
  private readonly awayMaxMs: number;
  private readonly now: () => number;
  private heardAt: number;
  private isOpen = false;
  private isListed = false;
  private failure = 'not asked yet';

  constructor(options: { what: string; silenceMaxMs: number; awayMaxMs: number; now?: () => number }) {
    this.what = options.what;
    this.silenceMaxMs = options.silenceMaxMs;
    this.awayMaxMs = options.awayMaxMs;
    this.now = options.now ?? (() => performance.now());
    this.heardAt = this.now();
  }

  listed(): void {
    this.isListed = true;
    this.heardAt = this.now();
  }

  /** The watch is there, or a byte of it came. */
  heard(): void {
    this.isOpen = true;
    this.heardAt = this.now();
  }

  ended(reason: string): void {
    this.isOpen = false;
    this.failure = reason;
  }

  verdict(): Verdict {
    if (!this.isListed) return { ok: false, reason: `${this.what}: not listed yet (${this.failure})` };
    const quietMs = this.now() - this.heardAt;
    const seconds = Math.round(quietMs / 1_000);
    if (this.isOpen && quietMs > this.silenceMaxMs)
      return { ok: false, reason: `${this.what}: the watch has been silent for ${seconds} s` };
    if (!this.isOpen && quietMs > this.awayMaxMs) return { ok: false, reason: `${this.what}: no watch for ${seconds} s (${this.failure})` };
    return { ok: true };
  }
}
