import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTestPostgres, type TestPostgres } from '@ledgerflow/local/postgres';
import { silentLogger } from '../log/index.ts';
import { copyIn } from './copy-in.ts';
import { CopyRows } from './copy-rows.ts';
import { createPool, type Pool } from './pool.ts';

let postgres: TestPostgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await createTestPostgres();
  pool = createPool({ url: postgres.superuserUrl(), max: 1, applicationName: 'test', log: silentLogger, pipeline: true });
  await pool.query(
    'create table kept (id int primary key, small smallint, big bigint, is_so bool, amount numeric, name text, body jsonb, key uuid)',
  );
});
afterAll(async () => {
  await pool?.end();
  await postgres?.stop();
});

const COLUMNS = 8;
const numeric = fc.oneof(
  fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n }),
  fc.bigInt({ min: -99_999n, max: 99_999n }),
  fc.tuple(fc.bigInt({ min: -99n, max: 99n }), fc.nat(36)).map(([digits, zeros]) => digits * 10n ** BigInt(zeros)),
);
const row = fc.record({
  small: fc.integer({ min: -32_767, max: 32_767 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  is_so: fc.boolean(),
  amount: numeric,
  name: fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))),
  body: fc.dictionary(fc.constantFrom('a', 'b', 'ü'), fc.integer(), { noNullPrototype: true }),
  key: fc.uuid(),
});

function add(
  rows: CopyRows,
  id: number,
  { small, big, is_so, amount, name, body, key }: typeof row extends fc.Arbitrary<infer R> ? R : never,
): void {
  rows.row(COLUMNS);
  rows.int4(id);
  rows.int2(small);
  rows.int8(big);
  rows.bool(is_so);
  rows.numeric(amount);
  if (name === null) rows.null();
  else rows.text(name);
  rows.jsonb(JSON.stringify(body));
  rows.uuid(key);
}

/** What a row of ids alone would be. */
function idsOnly(...ids: number[]): Buffer {
  const rows = new CopyRows(0);
  for (const id of ids) {
    rows.row(1);
    rows.int4(id);
  }
  return rows.finish();
}

describe('COPY into a table', () => {
  it('brings every value as it was, whatever the size that was guessed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 50 }), fc.nat(5_000), async (values, size) => {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const rows = new CopyRows(size);
          values.forEach((value, id) => add(rows, id, value));
          await copyIn(client, 'kept', rows.finish());
          const stored = await client.query('select small, big, is_so, amount::text, name, body, key from kept order by id');
          expect(stored.rows).toEqual(values.map((value) => ({ ...value, big: `${value.big}`, amount: `${value.amount}` })));
        } finally {
          await client.query('rollback');
          client.release();
        }
      }),
      { verbose: 1, numRuns: 50 },
    );
  });

  it('takes part in a pipeline: of statements around it, and of one that fails', async () => {
    const client = await pool.connect();
    try {
      const around = [
        client.query('begin'),
        copyIn(client, 'kept (id)', idsOnly(1, 2)),
        client.query<{ count: string }>('select count(*) from kept'),
        copyIn(client, 'kept (id)', idsOnly(3, 1)),
        client.query('select 1'),
        copyIn(client, 'kept (id)', idsOnly(4)),
        client.query('rollback'),
        client.query<{ count: string }>('select count(*) from kept'),
      ] as const;
      const settled = await Promise.allSettled(around);
      expect(settled.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'fulfilled',
        'rejected',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect((await around[2]).rows).toEqual([{ count: '2' }]);
      await expect(around[3]).rejects.toMatchObject({ code: '23505' });
      await expect(around[5]).rejects.toMatchObject({ code: '25P02' });
      expect((await around[7]).rows).toEqual([{ count: '0' }]);
    } finally {
      client.release();
    }
  });

  it('refuses a value that does not fit', () => {
    const rows = new CopyRows(0);
    expect(() => rows.int2(40_000)).toThrow(RangeError);
    expect(() => rows.int4(2 ** 31)).toThrow(RangeError);
    expect(() => rows.int8(2n ** 63n)).toThrow(RangeError);
    expect(() => rows.numeric(10n ** 1_001n)).toThrow(RangeError);
    expect(() => rows.uuid('no')).toThrow(RangeError);
  });
});
