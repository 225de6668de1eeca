type ItemOf<P> = P extends { data: (infer T)[] } ? T : never;

/**
 * A list of the API, asked for when it is used: iterate over it for every item, page after page; `page()` for the page that the request names (its `limit`, its
 * `cursor`), `pages()` for that one and all after it.
 */
export class Listing<P extends { data: unknown[]; nextCursor: string | null }> implements AsyncIterable<ItemOf<P>> {
  private readonly fetchPage: (cursor: string | undefined) => Promise<P>;

  constructor(fetchPage: (cursor: string | undefined) => Promise<P>) {
    this.fetchPage = fetchPage;
  }

  page(): Promise<P> {
    return this.fetchPage(undefined);
  }

  /** A page of a rare filter may be empty and still not be the last. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.fetchPage(cursor);
      yield page;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<P>, void, undefined> {
    for await (const page of this.pages()) yield* page.data as ItemOf<P>[];
  }

  /** All items in memory, `max` at most: rejects with RangeError when there are more. */
  async all(max: number): Promise<ItemOf<P>[]> {
    const items: ItemOf<P>[] = [];
    for await (const item of this) {
      if (items.length === max) throw new RangeError(`the list has more than ${max} items`);
      items.push(item);
    }
    return items;
  }
}
