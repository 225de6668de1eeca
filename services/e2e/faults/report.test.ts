import { describe, expect, it } from '@jest/globals';
import { isFailed, renderResults } from './report.ts';
import { rowResult } from './results.fixture.ts';

describe('the report at the terminal', () => {
  it('is a line a row, and the reasons and the command of what failed', () => {
    const failed = rowResult({ id: 'b', outcome: 'failed', reasons: ['lost: a write', 'events'], command: 'npm run faults -- --rows=b' });
    const impossible = rowResult({ id: 'c', outcome: 'not possible', measured: null, reasons: ['no tmpfs'] });
    const text = renderResults([rowResult(), failed, impossible]);
    expect(text).toMatch(/^gateway-killed +ok +1000 +0 +0 +0 +0 +1\.2 +2\.5 +begin +1\.3$/m);
    expect(text).toContain('b failed: lost: a write\nevents\n  npm run faults -- --rows=b');
    expect(text).toContain('c not possible: no tmpfs');
    expect(text).toContain('3 rows: 1 ok, 1 failed, 1 not possible here');
  });

  it('counts only what failed as a failure: a machine that can not do it is none', () => {
    expect([rowResult(), rowResult({ outcome: 'failed' }), rowResult({ outcome: 'not possible' })].map(isFailed)).toEqual([
      false,
      true,
      false,
    ]);
  });
});
