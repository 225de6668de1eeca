/** A bounded number of turns at a time for each key, handed on in the order of asking. */
export class Turns {
  private readonly max: number;
  private readonly taken = new Map<string, number>();
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(max: number) {
    this.max = max;
  }

  take(key: string): Promise<void> {
    const taken = this.taken.get(key) ?? 0;
    if (taken < this.max) {
      this.taken.set(key, taken + 1);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const queue = this.waiting.get(key);
      if (queue === undefined) this.waiting.set(key, [resolve]);
      else queue.push(resolve);
    });
  }

  give(key: string): void {
    const next = this.waiting.get(key)?.shift();
    if (next !== undefined) return next();
    this.taken.set(key, (this.taken.get(key) ?? 1) - 1);
  }
}
