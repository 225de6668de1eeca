import type { PoolClient } from '@ledgerflow/platform/postgres';
import type { BatchWrites } from '../application/store.ts';
import type { Head } from '../domain/state.ts';
import { fly } from './flight.ts';
import { textArray } from './rows.ts';
import type { PrincipalNumbers } from './write-batch.ts';

const LEDGERS_MAX = 10_000;
const PRINCIPALS_PER_LEDGER_MAX = 1_000;

// unique (ledger, id), and the primary key for the highest number
const PRINCIPALS = `select p.id, p.number from unnest($2::text[]) w(wanted)
    cross join lateral (select id, number from ledger.principals where ledger = $1 and id = wanted offset 0) p
  union all select null, coalesce(max(number), 0) from ledger.principals where ledger = $1`;

/**
 * Numbers of principals that are known to be committed, so that the usual batch asks nothing. A number never changes within an epoch (a restore may take some
 * away), hence the cache is by ledger and epoch; bounded by forgetting everything of the oldest ledger.
 */
export class PrincipalCache {
  private readonly ledgers = new Map<string, Map<string, number>>();

  private of({ number, epoch }: Head): Map<string, number> {
    const key = `${number}/${epoch}`;
    let known = this.ledgers.get(key);
    if (known === undefined) {
      if (this.ledgers.size >= LEDGERS_MAX) this.ledgers.delete(this.ledgers.keys().next().value as string);
      known = new Map();
      this.ledgers.set(key, known);
    }
    return known;
  }

  /** Numbers of everyone who acts in the batch. Runs under the head lock, which makes handing out new ones safe. */
  async resolve(client: PoolClient, head: Head, writes: BatchWrites): Promise<PrincipalNumbers> {
    const known = this.of(head);
    const actors = new Set<string>();
    for (const { actor } of writes.records) actors.add(actor);
    for (const { actor } of writes.refusals) actors.add(actor);
    const missing = [...actors].filter((actor) => !known.has(actor));
    if (missing.length === 0) return { numbers: known, added: [] };
    const [result] = await fly(client, [{ name: 'principals', text: PRINCIPALS, values: [head.number, textArray(missing)] }]);
    const rows = (result?.rows ?? []) as { id: string | null; number: number }[];
    const numbers = new Map<string, number>();
    for (const actor of actors) if (known.has(actor)) numbers.set(actor, known.get(actor) as number);
    let last = 0;
    for (const { id, number } of rows) {
      if (id === null) last = number;
      else numbers.set(id, number);
    }
    const added = missing.filter((actor) => !numbers.has(actor)).map((id, index) => ({ id, number: last + index + 1 }));
    for (const { id, number } of added) numbers.set(id, number);
    return { numbers, added };
  }

  /** After the commit. */
  remember(head: Head, { numbers }: PrincipalNumbers): void {
    const known = this.of(head);
    if (numbers === known) return;
    if (known.size + numbers.size > PRINCIPALS_PER_LEDGER_MAX) known.clear();
    for (const [id, number] of numbers) known.set(id, number);
  }
}
