import { later, type Place } from './consistency.ts';

const ENTRIES_MAX = 50_000;

/** Where each principal last wrote through this process, so that its own next read, without a token, does not look older than its write. */
export class LastWrites {
  private readonly places = new Map<string, Place>();

  wrote(principal: string, ledger: string, place: Place): void {
    const key = `${ledger}\0${principal}`;
    const before = this.places.get(key);
    this.places.delete(key);
    if (this.places.size >= ENTRIES_MAX) this.places.delete(this.places.keys().next().value!);
    this.places.set(key, before === undefined ? place : later(before, place));
  }

  of(principal: string, ledger: string): Place | null {
    return this.places.get(`${ledger}\0${principal}`) ?? null;
  }
}
