import type { Queryable } from '@ledgerflow/platform/postgres';
import { numbers, texts } from '../columns.ts';
import { differs, type GenerationChanges, type LedgerProjection, type RowDifference, type Tally } from '../projection.ts';
import { rowDigest, Tallies } from '../tallies.ts';
import type { Witness } from '../witness.ts';
import { project, type LedgerChange } from './project.ts';

const ledgerDigest = (id: string, uuid: string): bigint => rowDigest(['ledger', id, uuid]);
const currencyDigest = (code: string, scale: number): bigint => rowDigest(['currency', code, scale]);

const INSERT_LEDGERS = `insert into read.ledgers (generation, id, uuid, opened_at) select * from unnest($1::int[], $2::text[], $3::uuid[], $4::bigint[])`;
const INSERT_CURRENCIES = `insert into read.currencies (generation, code, scale, position) select * from unnest($1::int[], $2::text[], $3::smallint[], $4::bigint[])`;

async function apply(db: Queryable, batch: readonly GenerationChanges<LedgerChange>[]): Promise<ReadonlyMap<number, Tally>> {
  const tallies = new Tallies();
  const opened = batch.flatMap(({ generation, changes }) =>
    changes.flatMap((change) => (change.opened === null ? [] : [{ generation, ...change.opened }])),
  );
  const currencies = batch.flatMap(({ generation, changes }) =>
    changes.flatMap((change) => change.currencies.map((currency) => ({ generation, ...currency }))),
  );
  for (const row of opened) tallies.add(row.generation, 1, ledgerDigest(row.id, row.uuid));
  for (const row of currencies) tallies.add(row.generation, 1, currencyDigest(row.code, row.scale));
  const work: Promise<unknown>[] = [];
  if (opened.length > 0) {
    const columns = [
      numbers(opened.map((r) => r.generation)),
      texts(opened.map((r) => r.id)),
      texts(opened.map((r) => r.uuid)),
      numbers(opened.map((r) => r.openedAt)),
    ];
    work.push(db.query(INSERT_LEDGERS, columns));
  }
  if (currencies.length > 0) {
    const columns = [
      numbers(currencies.map((r) => r.generation)),
      texts(currencies.map((r) => r.code)),
      numbers(currencies.map((r) => r.scale)),
      numbers(currencies.map((r) => r.position)),
    ];
    work.push(db.query(INSERT_CURRENCIES, columns));
  }
  await Promise.all(work);
  return tallies.byGeneration;
}

async function recompute(db: Queryable, generation: number): Promise<Tally> {
  const tallies = new Tallies();
  const opened = await db.query<{ id: string; uuid: string }>('select id, uuid from read.ledgers where generation = $1', [generation]);
  const currencies = await db.query<{ code: string; scale: number }>('select code, scale from read.currencies where generation = $1', [
    generation,
  ]);
  for (const row of opened.rows) tallies.add(generation, 1, ledgerDigest(row.id, row.uuid));
  for (const row of currencies.rows) tallies.add(generation, 1, currencyDigest(row.code, row.scale));
  return tallies.byGeneration.get(generation) ?? { rows: 0, digest: 0n };
}

async function prove(db: Queryable, generation: number, { opened, currencies }: Witness): Promise<RowDifference | null> {
  const stored = await db.query<{ text: string }>(`select id || ' ' || uuid as text from read.ledgers where generation = $1`, [generation]);
  const { rows } = await db.query<{ code: string; scale: number; position: string }>(
    'select code, scale, position from read.currencies where generation = $1 order by code',
    [generation],
  );
  const said = [...currencies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, { scale, position }]) => `${code}/${scale} at ${position}`);
  return (
    differs(`${opened?.id} ${opened?.uuid}`, stored.rows.map(({ text }) => text).join(', ')) ??
    differs(said.join(', '), rows.map(({ code, scale, position }) => `${code}/${scale} at ${position}`).join(', '))
  );
}

export const ledgers: LedgerProjection<LedgerChange> = {
  name: 'ledgers',
  carriesBalances: false,
  scope: 'ledger',
  tables: ['ledgers', 'currencies'],
  project,
  apply,
  recompute,
  prove,
};
