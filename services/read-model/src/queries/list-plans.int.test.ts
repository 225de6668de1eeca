import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { createPool, type Queryable } from '@ledgerflow/platform/postgres';
import { load, startReadServer, TestLedger, type ReadDatabase, type ReadServer } from '../testing/index.ts';
import type { TransactionFilter } from '../types.ts';
import { listTransactions } from './list-transactions.ts';

const TRANSACTIONS = 60_000;
const PAGE = 10;
/** A page, however deep: a few probes of a few index pages each and the rows. A walk of the ledger would be thousands. */
const BLOCKS_MAX = 250;
/** A transaction every second. */
const STEP_MICROS = 1_000_000;

let server: ReadServer;
let db: ReadDatabase;
let beganAt: bigint;

/** The statement is explained instead of answered; what it read is kept. */
function explaining(blocks: number[]): Queryable {
  const query = async ({ text, values }: { text: string; values: unknown[] }): Promise<{ rows: unknown[] }> => {
    const { rows } = await db.gateway.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0]!.Plan;
    blocks.push(plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!);
    return { rows: [] };
  };
  return { query } as unknown as Queryable;
}

async function blocksOf(filter: TransactionFilter, position: number | null = null): Promise<number> {
  const blocks: number[] = [];
  const after = position === null ? null : { position: BigInt(position), index: 0 };
  await listTransactions(explaining(blocks), 'books', filter, { after, limit: PAGE });
  return blocks[0]!;
}

const timeOf = (position: number): bigint => beganAt + BigInt(position * STEP_MICROS);

beforeAll(async () => {
  server = await startReadServer();
  db = await server.create();
  const ledger = new TestLedger('books', 7);
  ledger.open('@world:USD');
  ledger.open('rare');
  ledger.transfer('@world:USD', 'rare', 1n);
  await load(db.builder, ledger.records);
  const last = ledger.records.at(-1)!;
  beganAt = last.recordedAt;
  // Copies of the one that the projections wrote, so that all columns are as they write them. The statistics know nothing of them.
  const values = [last.ledgerNumber, last.position.toString(), TRANSACTIONS, STEP_MICROS];
  await db.builder.query(
    `insert into read.transactions select t.generation, t.position + n, t.transaction_index, t.type, t.recorded_at + n * $4::bigint, t.effective_at + n * $4::bigint, 'x-' || n,
       'r-' || n % 5, t.description, t.metadata, t.actor, t.correlation_id, t.currency, t.amount, t.other_amounts, t.entries
     from read.transactions t, generate_series(1, $3::int) n where t.generation = $1 and t.position = $2`,
    values,
  );
  await db.builder.query(
    `insert into read.account_statement select (jsonb_populate_record(s, jsonb_build_object('position', s.position + n, 'version', s.version + n, 'recorded_at', s.recorded_at + n * $4::bigint))).*
     from read.account_statement s join read.account_summary a using (generation, account), generate_series(1, $3::int) n
     where s.generation = $1 and s.position = $2 and a.id = '@world:USD'`,
    values,
  );
}, 120_000);
afterAll(() => server.stop());

describe.each([
  ['before anything was analyzed', false],
  ['after it was analyzed', true],
])('a page of transactions %s', (_, isAnalyzed) => {
  beforeAll(async () => {
    if (!isAnalyzed) return;
    const owner = createPool({ url: db.ownerUrl, max: 1, applicationName: 'owner', log: silentLogger });
    await owner.query('analyze').finally(() => owner.end());
  });

  it.each<[string, TransactionFilter, number | null]>([
    ['of all', {}, null],
    ['of all, deep in the list', {}, TRANSACTIONS / 2],
    ['by external id', { externalId: 'x-30000' }, null],
    ['by an external id that is not there', { externalId: 'nothing' }, null],
    ['by reference', { reference: 'r-3' }, null],
    ['by an account with many', { account: '@world:USD' }, null],
    ['by an account with many, deep in the list', { account: '@world:USD' }, TRANSACTIONS / 2],
    ['by an account with one', { account: 'rare' }, null],
    ['by an account that is not there', { account: 'nobody' }, null],
    ['by an account and an external id', { account: '@world:USD', externalId: 'x-30000' }, null],
  ])('%s reads few blocks', async (_name, filter, position) => expect(await blocksOf(filter, position)).toBeLessThan(BLOCKS_MAX));

  it('up to a time long ago, from one, and between two reads few blocks', async () => {
    expect(await blocksOf({ toTime: timeOf(100) })).toBeLessThan(BLOCKS_MAX);
    expect(await blocksOf({ fromTime: timeOf(TRANSACTIONS - 5) })).toBeLessThan(BLOCKS_MAX);
    expect(await blocksOf({ fromTime: timeOf(1_000), toTime: timeOf(1_020) })).toBeLessThan(BLOCKS_MAX);
    expect(await blocksOf({ account: '@world:USD', toTime: timeOf(100) })).toBeLessThan(BLOCKS_MAX);
    expect(await blocksOf({ account: '@world:USD', fromTime: timeOf(TRANSACTIONS + 5) })).toBeLessThan(BLOCKS_MAX);
  });
});
