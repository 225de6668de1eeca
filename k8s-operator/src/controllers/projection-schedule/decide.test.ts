import { describe, expect, it } from '@jest/globals';
import { conditionOf, parse, type Phase, type ProjectionSchedule, ProjectionScheduleStatus } from '../../api/v1alpha1/index.ts';
import { decide, nameOf } from './decide.ts';
import type { Made, Situation } from './situation.ts';

const NOW = Date.parse('2026-03-01T03:00:20Z');
const DUE = Date.parse('2026-03-01T03:00:00Z');
const DAY = 86_400_000;

function object(
  spec: Partial<ProjectionSchedule['spec']> = {},
  status?: ProjectionScheduleStatus,
  created = NOW - 10 * DAY,
): ProjectionSchedule {
  return {
    apiVersion: 'ledgerflow.io/v1alpha1',
    kind: 'ProjectionSchedule',
    metadata: { name: 'nightly', namespace: 'books', uid: 'schedule', generation: 3, creationTimestamp: new Date(created).toISOString() },
    spec: {
      schedule: '0 3 * * *',
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      successfulHistoryLimit: 1,
      failedHistoryLimit: 1,
      suspend: false,
      template: { metadata: { labels: { team: 'books' } }, spec: { projection: 'all', scope: {}, retries: 1, proofGate: 'Required' } },
      ...spec,
    },
    status,
  };
}
const made = (phase: Phase, daysAgo: number, more: Partial<Made> = {}): Made => ({
  name: `nightly-${phase}-${daysAgo}`,
  uid: `${phase}${daysAgo}`,
  scheduledAt: DUE - daysAgo * DAY,
  phase,
  isDeleting: false,
  finishedAt: DUE - daysAgo * DAY + 60_000,
  ...more,
});
const situation = (one: ProjectionSchedule, list: Made[] = [], now = NOW): Situation => ({
  now,
  object: one,
  made: list,
  isTaken: () => false,
  refusal: null,
});
const KEPT: ProjectionScheduleStatus = { lastScheduleTime: '2026-02-28T03:00:00Z' };
const reasons = (is: Situation) => decide(is).events.map(({ reason }) => reason);

describe('a schedule', () => {
  it('makes a rebuild when its time has come', () => {
    const decision = decide(situation(object({}, KEPT)));
    expect(decision.make).toMatchObject({
      metadata: {
        name: nameOf('nightly', DUE),
        namespace: 'books',
        labels: { team: 'books', 'ledgerflow.io/schedule': 'nightly' },
        ownerReferences: [{ kind: 'ProjectionSchedule', uid: 'schedule', controller: true }],
      },
      spec: { projection: 'all', suspend: false },
    });
    expect(decision.status).toMatchObject({
      lastScheduleTime: '2026-03-01T03:00:00Z',
      nextScheduleTime: '2026-03-02T03:00:00Z',
      observedGeneration: 3,
    });
    expect(decision.requeueAfterMs).toBe(3_600_000);
    expect(parse(ProjectionScheduleStatus, decision.status).ok).toBe(true);
  });

  it.each<[string, Situation, boolean, string[]]>([
    ['its time was kept', situation(object({}, { lastScheduleTime: '2026-03-01T03:00:00Z' })), false, []],
    ['its time was kept, and the status was lost', situation(object(), [made('Running', 0)]), false, []],
    ['it is younger than its time', situation(object({}, undefined, NOW - 10_000)), false, []],
    ['it is older than its time, and new', situation(object({}, undefined, NOW - 60_000)), true, []],
    ['many times were missed', situation(object({}, { lastScheduleTime: '2026-01-01T03:00:00Z' })), true, []],
    ['its time was missed by more than its deadline', situation(object({ startingDeadlineSeconds: 10 }, KEPT)), false, ['MissedSchedule']],
    ['its time was missed by less than its deadline', situation(object({ startingDeadlineSeconds: 30 }, KEPT)), true, []],
    ['it is suspended', situation(object({ suspend: true }, KEPT)), false, []],
    ['the one before goes on, Forbid', situation(object({}, KEPT), [made('Running', 1)]), false, ['StillActive']],
    ['the one before waits, Forbid', situation(object({}, KEPT), [made('Waiting', 1)]), false, ['StillActive']],
    ['the one before has ended, Forbid', situation(object({}, KEPT), [made('Failed', 1)]), true, []],
    ['the one before goes on, Allow', situation(object({ concurrencyPolicy: 'Allow' }, KEPT), [made('Running', 1)]), true, []],
    ['the one before goes on, Replace', situation(object({ concurrencyPolicy: 'Replace' }, KEPT), [made('Running', 1)]), true, []],
    ['the fields are wrong', situation(object({ schedule: '99 3 * * *' }, KEPT)), false, ['InvalidSchedule']],
    ['the zone is not known', situation(object({ timeZone: 'Mars/Olympus' }, KEPT)), false, ['InvalidSchedule']],
  ])('%s', (_when, is, isMade, events) => {
    const decision = decide(is);
    expect(decision.make !== null).toBe(isMade);
    expect(decision.events.map(({ reason }) => reason)).toEqual(events);
  });

  it('tells of a time that is left out once', () => {
    const first = decide(situation(object({ startingDeadlineSeconds: 10 }, KEPT)));
    expect(reasons(situation(object({ startingDeadlineSeconds: 10 }, first.status)))).toEqual([]);
    const wrong = decide(situation(object({ schedule: '99 3 * * *' })));
    expect(conditionOf(wrong.status.conditions, 'Scheduled')).toMatchObject({ status: 'False', reason: 'InvalidSchedule' });
    expect(wrong.requeueAfterMs).toBeNull();
    expect(reasons(situation(object({ schedule: '99 3 * * *' }, wrong.status)))).toEqual([]);
  });

  it('says that none can be made now, once, and tries again', () => {
    const first = decide({ ...situation(object({}, KEPT)), refusal: 'exceeded quota' });
    expect(first).toMatchObject({
      make: null,
      requeueAfterMs: 60_000,
      events: [{ type: 'Warning', reason: 'NotMade', note: 'exceeded quota' }],
    });
    expect(conditionOf(first.status.conditions, 'Scheduled')).toMatchObject({ status: 'False', reason: 'NotMade' });
    expect(first.status).toMatchObject({ ...KEPT, nextScheduleTime: '2026-03-02T03:00:00Z' });
    const later = situation(object({}, first.status), [], NOW + 60_000);
    expect(decide(later).make).not.toBeNull();
    const again = decide({ ...later, refusal: 'exceeded quota' });
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(first.status);
  });

  it("leaves a time out whose name is another's, and says so", () => {
    const decision = decide({ ...situation(object({}, KEPT)), isTaken: (name) => name === nameOf('nightly', DUE) });
    expect(decision).toMatchObject({ make: null, status: { lastScheduleTime: '2026-03-01T03:00:00Z' }, events: [{ reason: 'NameTaken' }] });
  });

  it.each(['Allow', 'Replace'] as const)('%s: makes no more when ten are not at their end', (concurrencyPolicy) => {
    const list = Array.from({ length: 10 }, (_, i) => made('Waiting', i + 1, { isDeleting: true }));
    expect(reasons(situation(object({ concurrencyPolicy }, KEPT), list.slice(1)))).toEqual([]);
    const decision = decide(situation(object({ concurrencyPolicy }, KEPT), list));
    expect(decision.make).toBeNull();
    expect(decision.events.map(({ reason }) => reason)).toEqual(['StillActive']);
  });

  it('replaces what goes on, and not what is going already', () => {
    const list = [made('Running', 1), made('Waiting', 2, { isDeleting: true })];
    expect(decide(situation(object({ concurrencyPolicy: 'Replace' }, KEPT), list)).remove.map(({ name }) => name)).toEqual([
      'nightly-Running-1',
    ]);
  });

  it('keeps so many of those that ended, the newest, and all that go on', () => {
    const list = [
      made('Swapped', 5),
      made('Proven', 3),
      made('Failed', 4),
      made('Cancelled', 2),
      made('Running', 1),
      made('Swapped', 6, { isDeleting: true }),
    ];
    const decision = decide(situation(object({}, { lastScheduleTime: '2026-03-01T03:00:00Z' }), list));
    expect(decision.remove.map(({ name }) => name)).toEqual(['nightly-Swapped-5', 'nightly-Failed-4']);
    expect(decision.status.active).toEqual([{ name: 'nightly-Running-1', uid: 'Running1' }]);
    expect(decision.status.lastSuccessfulTime).toBe('2026-02-26T03:01:00Z');
    const none = decide(situation(object({ successfulHistoryLimit: 0, failedHistoryLimit: 0, suspend: true }), list));
    expect(none.remove).toHaveLength(4);
  });

  it('says the same again when nothing has changed', () => {
    const first = decide(situation(object({}, KEPT)));
    const second = decide(situation(object({}, first.status), [made('Running', 0)], NOW + 1_000));
    expect(second.make).toBeNull();
    expect({ ...second.status, active: [] }).toEqual(first.status);
  });

  it('notes what was made when the status could not be written', () => {
    const one = made('Running', 0);
    expect(decide(situation(object({}, KEPT), [one])).status.lastScheduleTime).toBe('2026-03-01T03:00:00Z');
    expect(decide(situation(object(), [])).status.lastScheduleTime).toBe('2026-03-01T03:00:00Z');
    expect(decide(situation(object({}, undefined, NOW - 1_000), [])).status.lastScheduleTime).toBeUndefined();
  });

  it('does nothing when it is deleted', () => {
    const one = object({}, KEPT);
    const deleted = { ...one, metadata: { ...one.metadata, deletionTimestamp: '2026-03-01T03:00:10Z' } };
    expect(decide(situation(deleted, [made('Swapped', 1), made('Swapped', 2)]))).toMatchObject({ make: null, remove: [], status: KEPT });
  });

  it('has names of its own for each minute', () => {
    expect(nameOf('x'.repeat(52), DUE)).toHaveLength(61);
    expect(nameOf('n', DUE + 59_999)).toBe(nameOf('n', DUE));
    expect(nameOf('n', DUE + 60_000)).not.toBe(nameOf('n', DUE));
  });
});
