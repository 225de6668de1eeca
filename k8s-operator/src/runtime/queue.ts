/** Keys to be worked on. */
export class WorkQueue {
  get depth(): number {
    return 0;
  }
  get oldestAgeMs(): number {
    return 0;
  }
  add(_key: string): void {}
  addAfter(_key: string, _ms: number): void {}
  /** After the key's back-off, which grows with each call until it is forgotten, but not before atLeastMs. */
  addRateLimited(_key: string, _atLeastMs = 0): void {}
  forget(_key: string): void {}
  get(): Promise<string | null> {
    throw new Error('not yet');
  }
  done(_key: string): void {}
  shutDown(): void {}
}
