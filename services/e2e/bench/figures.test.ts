import { describe, expect, it } from '@jest/globals';
import { ExecuteRequest } from '@ledgerflow/contracts/grpc';
import { Random } from '../driver/index.ts';
import { Fold } from './as-of-entries.ts';
import { EncodedList } from './commands.ts';
import { withRatios } from './ratios.ts';
import { combine, median, type MeasuredSample } from './result.ts';
import { type Judged, judge } from './targets.ts';

const sample = (rate: number): MeasuredSample => ({
  rate,
  p50Ms: 1,
  p99Ms: 2,
  units: 100,
  usage: { cpuMicros: { writer: 1e6, gone: null }, memory: {}, seconds: 1, walBytes: 5_000 },
});
const row = (name: string, rates: number[]) => combine(name, 'reads', rates.map(sample), 2);

describe('the figures of the bench', () => {
  it('takes the middle, and nothing of nothing', () => {
    expect([median([3, 1, 2]), median([1, null, 4]), median([]), median([Number.NaN])]).toEqual([2, 2.5, null, null]);
  });

  it('combines rounds to medians, range, cost a unit and share of the processors', () => {
    const combined = row('http balance', [10, 30, 20]);
    expect(combined).toMatchObject({ rate: 20, min: 10, max: 30, rounds: 3, busy: 0.5, walBytesPerUnit: 50 });
    expect(combined.cpuMicrosPerUnit).toEqual({ writer: 10_000, gone: null });
    expect(combine('verify', 'records', [], 2)).toMatchObject({ rate: null, min: null, rounds: 0, busy: null });
  });

  it('divides medians by medians, reads by the bare GET too', () => {
    const rows = withRatios([
      row('pgbench', [2]),
      row('bare http', [4]),
      row('bare http get', [8]),
      row('http balance', [16]),
      row('http as-of', [4]),
    ]);
    expect(rows[3]).toMatchObject({ ratioToPgbench: 8, ratioToBareHttp: 4, ratioToBareGet: 2 });
    expect(rows[4]).toMatchObject({ ratioToBalance: 0.25 });
    expect(rows[1]).toMatchObject({ ratioToBareGet: null });
    expect(withRatios([row('http balance', [16])])[0]).toMatchObject({ ratioToPgbench: null, ratioToBareGet: null });
  });

  it('judges by the figure, by what was asked for, and by how it was measured', () => {
    const limit: Judged = { field: 'value', atLeast: 2, stretch: 1, isLimit: true };
    const of = (value: number | null) => ({ ...row('lag', []), value, shed: 1 });
    expect([1, 2, 3, null].map((value) => judge(limit, of(value)))).toEqual(['stretch', 'met', 'NOT MET', 'not measured']);
    expect(judge({ ...limit, isLimit: false }, of(1))).toBe('stretch');
    expect(judge({ ...limit, requires: () => false }, of(1))).toBe('not at full size');
    expect(judge({ ...limit, alsoHolds: ({ shed }) => shed === 0 }, of(1))).toBe('NOT MET');
  });

  it('folds entries by both times', () => {
    const fold = new Fold([
      { recordedMicros: 10, effectiveMicros: 10, cents: 5 },
      { recordedMicros: 20, effectiveMicros: 4, cents: -2 },
    ]);
    expect([9, 10, 19, 20].map((time) => fold.recorded.balanceAt(time))).toEqual([0, 5, 5, 3]);
    expect([3, 4, 9, 10].map((time) => fold.effective.balanceAt(time))).toEqual([0, -2, -2, 3]);
  });

  it.each([false, true])('stamps encoded commands that decode to new transfers (hot: %s)', (isHot) => {
    const list = new EncodedList({ ledger: 'l', accounts: 10, count: 20, isHot, random: new Random(1) });
    list.stamp(0xabc);
    const { commands } = ExecuteRequest.decode(list.bytes);
    expect(commands.map(({ idempotencyKey }) => idempotencyKey)).toEqual(
      commands.map((_, index) => `bench-key-${(0xabc + index).toString(16).padStart(12, '0')}`),
    );
    for (const { body } of commands) {
      if (body?.$case !== 'transfer') throw new Error('no transfer');
      const { from, to } = body.value;
      expect(from).toMatch(isHot ? /^customer-0{15}$/ : /^customer-0{14}\d$/);
      expect(to).toMatch(/^customer-0{14}\d$/);
      expect(to).not.toBe(from);
    }
  });
});
