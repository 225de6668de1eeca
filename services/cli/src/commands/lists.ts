import type { Listing, Page } from '@ledgerflow/client';
import { ROWS_MAX, type Column } from '../output/output.ts';
import type { ListOptions } from '../options.ts';
import type { Session } from '../session.ts';

type Row<P extends Page> = P extends { data: (infer T)[] } ? T & object : never;

/** Prints a list as far as it was asked for, and says on standard error when there is more. */
export async function printList<P extends Page>(
  { output }: Session,
  list: Listing<P>,
  columns: readonly Column<Row<P>>[],
  { limit, all }: ListOptions,
): Promise<void> {
  const max = all !== true ? limit : output.isJson ? Infinity : ROWS_MAX;
  let hasMore = false;
  async function* rows(): AsyncGenerator<Row<P>> {
    let count = 0;
    for await (const { data, nextCursor } of list.pages()) {
      for (const row of data.slice(0, max - count)) yield row as Row<P>;
      hasMore = count + data.length > max || (count + data.length === max && nextCursor !== null);
      count += data.length;
      if (count >= max) return;
    }
  }
  const count = await output.many(columns, rows());
  if (hasMore) output.more(`the first ${count}; --all for the others${all === true ? ' needs --json' : ''}`);
  else if (count === 0) output.note('none');
}
