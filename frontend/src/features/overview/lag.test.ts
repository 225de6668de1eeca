import { describe, expect, it } from '@jest/globals';
import { lagOf, type LagFacts } from './lag.ts';

const READ_MS = Date.parse('2026-11-22T07:00:09Z');
const READ_AT = '2026-11-22T07:00:09.000000Z';
const SINCE = '2026-11-22T07:00:03.000000Z';

const row = (lagRecords: string | null, lagSeconds: number | null) => ({ lagRecords, lagSeconds }) as LagFacts['rows'][number];
const health = (service: string, check: string, ok: boolean) =>
  ({
    ready: ok,
    services: [{ name: service, version: '1', ready: ok, checks: [{ name: check, ok, since: SINCE }] }],
  }) as LagFacts['health'];
const of = (given: Partial<LagFacts>) => lagOf({ rows: [row('0', 0)], readMs: READ_MS, isOld: false, health: undefined, ...given });

describe('the lag', () => {
  it('is that of the worst projection', () => {
    expect(of({})).toEqual({ isKnown: true, records: '0', seconds: 0 });
    expect(of({ rows: [row('0', 0), row('12', null), row('9', 3)] })).toEqual({ isKnown: true, records: '12', seconds: 3 });
    expect(of({ health: health('read-model-builder', 'heads', true) })).toMatchObject({ isKnown: true });
  });

  it('is not known while heads can not be compared, whatever the last answer was', () => {
    const gone = health('read-model-builder', 'heads', false);
    expect(of({ health: gone })).toEqual({ isKnown: false, why: 'writer', since: SINCE });
    expect(of({ health: gone, isOld: true })).toMatchObject({ since: SINCE });
    expect(of({ rows: [row('0', 0), row(null, null)] })).toEqual({ isKnown: false, why: 'writer', since: null });
  });

  it('is not known of an answer that is not renewed, since that answer', () => {
    expect(of({ isOld: true })).toEqual({ isKnown: false, why: 'old', since: READ_AT });
  });

  it('is not known of a ledger without projections', () => {
    expect(of({ rows: [] })).toEqual({ isKnown: false, why: 'nothing', since: null });
  });

  it('is not hidden by other checks, or by those of others', () => {
    for (const other of [health('search-sink', 'heads', false), health('read-model-builder', 'feed', false)])
      expect(of({ health: other })).toMatchObject({ isKnown: true });
  });
});
