const ITEMS_MAX = 200;

/** The last few of something. */
export class Recent<T> {
  readonly items: T[] = [];

  add(item: T): void {
    this.items.push(item);
    if (this.items.length > ITEMS_MAX) this.items.shift();
  }
}
