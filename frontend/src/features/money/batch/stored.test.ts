import { expect, it } from '@jest/globals';
import { LEDGER } from '../intent/intent.fixture.ts';
import { parseRows, type Row } from './parse.ts';
import { type Batch, newBatch, type RowProblem } from './slice.ts';
import { readBatch, readLeft } from './stored.ts';

const parsed = parseRows('from,to,amount,currency,reference\na,b,1,USD,x\na,b,1,USD,\na,b,1,USD,\na,b,-,USD,', LEDGER);
const rows: Row[] = 'rows' in parsed ? parsed.rows : [];
const problem: RowProblem = { code: 'c', title: 't', detail: 'd', field: null, requestId: null };
const batch: Batch = {
  ...newBatch('key', 'f.csv', rows, 'sha-256:0'),
  phase: 'stopped',
  results: [{ state: 'done', transaction: '7', isReplayed: false }, { state: 'refused', problem }, { state: 'open', problem: null }, null],
};
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('reads a batch as it was kept, and what an earlier version of the page kept', () => {
  expect(readBatch(stored(batch))).toEqual(stored(batch));
  const { digest: _digest, ...earlier } = batch;
  expect(readBatch(stored(earlier))).toEqual(stored({ ...batch, digest: null }));
  const { key, mode, results } = batch;
  expect(readLeft(stored({ key, mode, results }))).toEqual({ key, mode, results });
});

it.each<[string, unknown]>([
  ['nothing', null],
  ['fewer results than rows', { ...batch, results: [] }],
  ['a row without its amount', { ...batch, rows: batch.rows.map((row) => ({ ...row, amount: 1 })) }],
  ['a result that there is not', { ...batch, results: batch.results.map(() => ({ state: 'maybe' })) }],
  ['done without a transaction', { ...batch, results: batch.results.map(() => ({ state: 'done', isReplayed: false })) }],
])('does not take for a batch: %s', (_, value) => expect(readBatch(value)).toBeNull());
