import { PROJECTIONS } from '@ledgerflow/read-model/projections';
import type { Snapshot } from './connections.ts';
import { isKnown } from './live.ts';

/** Generations that a note names. */
const NAMED_MAX = 5;

/** Generations of a table that nothing knows: one probe of the primary key a generation, not a scan. A rebuild's are its own until they were dropped. */
const orphanQuery = (table: string): string => `with recursive n(number) as (
    (select generation from read.${table} order by generation limit 1)
    union all select (select t.generation from read.${table} t where t.generation > n.number order by t.generation limit 1) from n where n.number is not null)
  select number from n where number is not null and number not in (
    select generation from read.projections where projection = $1
    union all select generation from read.rebuild_parts where projection = $1 and state <> 'dropped'
    union all select generation from read.retired_generations where projection = $1)
  order by number`;

/** What is no difference: rows of generations that nobody reads and nobody deletes, and projections whose rows are not held against the log. */
export async function readModelNotes(read: Snapshot): Promise<string[]> {
  const notes: string[] = [];
  for (const { name, tables } of PROJECTIONS) {
    for (const table of tables) {
      const rows = await read.client.query<{ number: number }>(orphanQuery(table), [name]);
      if (rows.length === 0) continue;
      const named = rows.slice(0, NAMED_MAX).map(({ number }) => number);
      const more = rows.length > named.length ? ` and ${rows.length - named.length} more` : '';
      notes.push(
        `read.${table} has rows of the generations ${named.join(', ')}${more}, which are neither live nor of a rebuild nor retired: nobody reads or deletes them`,
      );
    }
  }
  const rows = await read.client.query<{ projection: string }>('select distinct projection from read.projections order by projection');
  for (const { projection } of rows)
    if (!isKnown(projection))
      notes.push(
        PROJECTIONS.some(({ name }) => name === projection)
          ? `the rows of the projection ${projection} were held against its digest only, not against the log`
          : `the rows of the projection ${projection} were not compared: it is not known here`,
      );
  return notes;
}
