import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ProjectionRebuild, ProjectionRebuildStatus } from '../../api/v1alpha1/index.ts';
import { freed, isForALook } from './index.ts';
import { blockerOf, hasBegun, isInTheWay, overlaps, rowsOf } from './overlap.ts';

let number = 0;
function object(change: {
  name?: string;
  created?: number;
  projection?: string;
  ledger?: string;
  suspend?: boolean;
  status?: ProjectionRebuildStatus;
  deleted?: boolean;
}): ProjectionRebuild {
  const { name = `o${number++}`, created = 0, projection = 'all', ledger, suspend = false, status, deleted = false } = change;
  return {
    apiVersion: 'ledgerflow.io/v1alpha1',
    kind: 'ProjectionRebuild',
    metadata: {
      name,
      namespace: 'books',
      uid: name,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, created)).toISOString().replace('.000', ''),
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { projection, scope: ledger === undefined ? {} : { ledger }, retries: 0, suspend, proofGate: 'Required' },
    status,
  };
}
const GOING = { phase: 'Running' as const, rebuildId: 'x' };

describe('which rebuilds touch the same rows', () => {
  it.each([
    [['all', null], ['all', null], true],
    [['all', 'main'], ['all', null], true],
    [['a', null], ['b', null], false],
    [['a', 'main'], ['all', 'main'], true],
    [['a', 'main'], ['a', 'other'], false],
    [['a', null], ['a', 'other'], true],
    [['all', 'main'], ['a', 'other'], false],
  ] as const)('%j and %j: %s', ([p1, l1], [p2, l2], expected) => {
    const a = { projection: p1, ledger: l1 };
    const b = { projection: p2, ledger: l2 };
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });
});

describe('who waits for whom', () => {
  const old = object({ created: 1 });
  const young = object({ created: 2 });
  it.each([
    ['the younger one waits for the older one', young, [old, young], old],
    ['the older one waits for nobody', old, [old, young], null],
    ['of the same second the first by name goes first', object({ name: 'b' }), [object({ name: 'a' })], 'a'],
    ['nobody waits for itself', old, [old], null],
    ['nobody waits for what is at its end', young, [object({ status: { phase: 'Swapped', rebuildId: 'x' } })], null],
    ['nobody waits for what is suspended and has not begun', young, [object({ suspend: true })], null],
    [
      'what is suspended after it had begun is waited for',
      young,
      [object({ name: 's', suspend: true, status: { phase: 'Suspended', rebuildId: 'x' } })],
      's',
    ],
    ['nobody waits for what is deleted and has not begun', young, [object({ deleted: true })], null],
    ['what is deleted and goes on is waited for', young, [object({ name: 'd', deleted: true, status: GOING })], 'd'],
    ['the older one waits for a younger one that has begun', old, [object({ name: 'y', created: 9, status: GOING })], 'y'],
    ['other rows are in nobody’s way', object({ created: 5, ledger: 'a' }), [object({ ledger: 'b' })], null],
    [
      'of many the one just before is waited for',
      object({ created: 5 }),
      [object({ name: 'first', created: 1 }), object({ name: 'second', created: 3 })],
      'second',
    ],
  ])('%s', (_what, who, all, expected) => {
    const blocker = blockerOf(who, all);
    expect(typeof expected === 'string' ? blocker?.metadata.name : blocker).toBe(expected);
  });

  it('whatever is there, what runs at once touches other rows, and somebody may always run', () => {
    const arbitrary = fc.array(
      fc.record({
        created: fc.nat(3),
        projection: fc.constantFrom('all', 'a', 'b'),
        ledger: fc.constantFrom(undefined, 'l', 'm'),
        suspend: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(arbitrary, (changes) => {
        const all = changes.map(object);
        const allowed = all.filter((one) => !one.spec.suspend && blockerOf(one, all) === null);
        for (const a of allowed) for (const b of allowed) if (a !== b) expect(overlaps(rowsOf(a), rowsOf(b))).toBe(false);
        expect(allowed.length > 0).toBe(all.some(({ spec }) => !spec.suspend));
      }),
      { verbose: true },
    );
  });

  it('an end wakes those who named it, and nobody else', () => {
    const waits = object({ name: 'w', status: { phase: 'Waiting', waitsFor: { rebuild: 'old' } } });
    const other = object({ name: 'other' });
    const names = (changed: ProjectionRebuild, isGone = false) =>
      [...freed(changed, isGone, [waits, other])].map(({ metadata }) => metadata.name);
    expect(names(object({ name: 'old', status: GOING }))).toEqual([]);
    expect(names(object({ name: 'old', status: { phase: 'Swapped', rebuildId: 'x' } }))).toEqual(['w']);
    expect(names(object({ name: 'old', status: GOING }), true)).toEqual(['w']);
    expect(names(object({ name: 'old', suspend: true }))).toEqual(['w']);
    expect(names({ ...object({ name: 'old' }), spec: undefined as never })).toEqual(['w']);
  });

  it('is looked at for every change of its own but that of its status', () => {
    const before = object({ name: 'one', status: { phase: 'Waiting', waitsFor: { rebuild: 'old' } } });
    const changed = (metadata: object, status: object = {}) =>
      isForALook(
        { ...before, metadata: { ...before.metadata, resourceVersion: '2', ...metadata }, status: { ...before.status, ...status } },
        before,
      );
    expect(isForALook(before, undefined)).toBe(true);
    expect(changed({})).toBe(false);
    expect(changed({}, { progress: 7, phase: 'Running' })).toBe(false);
    expect(changed({ generation: 9 })).toBe(true);
    expect(changed({ deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe(true);
    expect(changed({ finalizers: [] })).toBe(true);
    expect(changed({}, { waitsFor: { rebuild: 'another' } })).toBe(true);
    expect(changed({}, { phase: 'Swapped' })).toBe(true);
  });

  it('begun and in the way are different things', () => {
    expect(hasBegun(object({ status: { phase: 'Waiting' } }))).toBe(false);
    expect(hasBegun(object({ status: { ...GOING, phase: 'Failed' } }))).toBe(false);
    expect(isInTheWay(object({}))).toBe(true);
    expect(isInTheWay(object({ suspend: true }))).toBe(false);
  });
});
