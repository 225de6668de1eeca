/** Lets callers work until somebody closes it. */
export class Gate {
  private closed: PromiseWithResolvers<void> | null = null;
  private empty: PromiseWithResolvers<void> | null = null;
  private inside = 0;

  /** Waits while the gate is closed, then works. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed !== null) await this.closed.promise;
    this.inside += 1;
    try {
      return await work();
    } finally {
      this.inside -= 1;
      if (this.inside === 0) this.empty?.resolve();
    }
  }

  /** From now on nobody begins; resolves when nobody works any more, with what opens the gate again. */
  async close(): Promise<() => void> {
    const closed = Promise.withResolvers<void>();
    this.closed = closed;
    this.empty = Promise.withResolvers<void>();
    if (this.inside > 0) await this.empty.promise;
    return () => {
      this.closed = null;
      closed.resolve();
    };
  }
}
