import { describe, expect, it } from '@jest/globals';
import { chooseRows } from './run.ts';

const names = (rows: string[], more: { pgbench?: boolean; verify?: boolean; growth?: boolean } = {}): string[] =>
  chooseRows({ rows, pgbench: true, verify: true, growth: false, ...more }).flatMap(({ results }) => Object.keys(results));

describe('chooseRows', () => {
  it('takes what a row or its ratio needs', () => {
    expect(names(['half load'])).toEqual(['http single', 'half load', 'visibility']);
    expect(names(['http as-of'])).toEqual(['http balance', 'http as-of']);
    expect(names(['visibility kafka'])).toEqual(['http single', 'half load', 'visibility', 'visibility kafka']);
  });

  it('leaves out what is not wanted, and names what there is', () => {
    expect(names([], { pgbench: false, verify: false })).not.toEqual(expect.arrayContaining(['pgbench']));
    expect(names([], { growth: true, verify: false })).not.toContain('verify growth');
    expect(() => names(['writer spred'])).toThrow(/writer spread/);
  });
});
