import type { Measured, RowResult } from './harness/result.ts';

const MEASURED: Measured = {
  writes: { asked: 1_010, answered: 1_000, refused: 10, neverAnswered: 0 },
  reads: { asked: 500, answered: 490, withToken: 400 },
  lost: 0,
  doubled: 0,
  stale: 0,
  wrong: 0,
  during: { writes: 20, seconds: 3.04 },
  gapSeconds: 1.25,
  recovery: { since: 'begin', writesSeconds: 1.24, readsSeconds: 2.5 },
  records: 1_006,
};

/** A row in which all went well, but for what the test says. */
export function rowResult(change: Partial<RowResult> = {}, measured: Partial<Measured> = {}): RowResult {
  return {
    id: 'gateway-killed',
    title: 'Gateway killed',
    did: 'It was killed | three times.',
    outcome: 'ok',
    reasons: [],
    measured: { ...MEASURED, ...measured },
    human: null,
    notes: [],
    seed: 7,
    command: 'npm run faults -- --rows=gateway-killed --seed=7',
    seconds: 20,
    ...change,
  };
}
