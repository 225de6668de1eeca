import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createNamespace, createOperator, installDefinitions } from '../../../testing/cluster.ts';
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from '../../../testing/control-plane/index.ts';
import {
  type Condition,
  conditionOf,
  type Phase,
  PROJECTION_REBUILDS,
  PROJECTION_SCHEDULES,
  type ProjectionRebuild,
} from '../../api/v1alpha1/index.ts';
import { FakeGateway } from '../../gateway/testing.ts';
import { nameOf } from './decide.ts';
import { Namespace, startTestOperator, type TestOperator, uidOf, until } from '../testing.ts';

let plane: ControlPlane;
let gateway: FakeGateway;
let space: Namespace;
let operator: TestOperator;
/** By how much the operator's clock is ahead. */
let aheadMs = 0;

beforeAll(async () => {
  plane = await startControlPlane({ withController: true });
  await installDefinitions(plane);
}, START_TIMEOUT_MS);
afterAll(async () => plane?.stop());

beforeEach(async () => {
  aheadMs = 0;
  gateway = await new FakeGateway().start();
  const name = await createNamespace(plane);
  space = new Namespace(plane, name);
  operator = await startTestOperator(await createOperator(plane, [name]), [name], gateway, { now: () => Date.now() + aheadMs });
});
afterEach(async () => {
  await operator.stop();
  await gateway.stop();
});

const HOUR_MS = 3_600_000;

/** As if an hour had passed since the operator last looked at a schedule. */
async function hourLater(name: string): Promise<void> {
  await until(`${name} is seen`, async () => (await space.get(PROJECTION_SCHEDULES, name))?.status?.nextScheduleTime);
  aheadMs += HOUR_MS;
  await space.patch(PROJECTION_SCHEDULES, name, { metadata: { labels: { hour: `${aheadMs}` } } });
}

const made = async (schedule: string): Promise<ProjectionRebuild[]> =>
  (await space.list(PROJECTION_REBUILDS)).filter(({ metadata }) => metadata.labels?.['ledgerflow.io/schedule'] === schedule);

/** One that a schedule made a while ago. */
async function earlier(schedule: string, minutesAgo: number, phase: Phase): Promise<string> {
  const owner = await until('the schedule is there', () => space.get(PROJECTION_SCHEDULES, schedule));
  const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
  const name = `${schedule}-${minutesAgo}`;
  await space.create(name, { suspend: true });
  await space.phase(name, 'Suspended');
  await space.patch(PROJECTION_REBUILDS, name, {
    metadata: {
      labels: { 'ledgerflow.io/schedule': schedule },
      annotations: { 'ledgerflow.io/scheduled-at': at },
      ownerReferences: [
        { apiVersion: 'ledgerflow.io/v1alpha1', kind: 'ProjectionSchedule', name: schedule, uid: uidOf(owner), controller: true },
      ],
    },
  });
  await space.patch(PROJECTION_REBUILDS, name, { status: { phase, finishedAt: at, conditions: endedAs(phase, at) } }, 'status');
  return name;
}

/** Without them the operator does not believe that it ended. */
const endedAs = (phase: Phase, at: string): Condition[] =>
  [
    { type: 'Running', status: 'False' as const, reason: phase },
    { type: 'Failed', status: phase === 'Failed' ? ('True' as const) : ('False' as const), reason: phase },
  ].map((condition) => ({ ...condition, message: 'as the test has it', lastTransitionTime: at }));

describe('a schedule', () => {
  it('makes one rebuild for the last of all the times it missed, and is told how it ended', async () => {
    await space.schedule('often', { schedule: '*/10 * * * *', timeZone: 'Europe/Berlin' });
    await hourLater('often');
    const [rebuild] = await until('one is made', async () => {
      const all = await made('often');
      return all.length > 0 ? all : null;
    });
    expect(rebuild?.metadata.name).toMatch(/^often-\d+$/);
    const { status } = await until('the schedule says so', async () => {
      const found = await space.get(PROJECTION_SCHEDULES, 'often');
      return found?.status?.active?.length === 1 ? found : null;
    });
    const last = Date.parse(status?.lastScheduleTime ?? '');
    expect(rebuild?.metadata.name).toBe(`often-${last / 60_000}`);
    expect(Date.now() + HOUR_MS - last).toBeLessThan(11 * 60_000);
    expect(Date.parse(status?.nextScheduleTime ?? '') - last).toBe(600_000);
    await space.phase(rebuild!.metadata.name, 'Running');
    gateway.set(uidOf(rebuild!), 'swapped');
    await until('its success is noted', async () => (await space.get(PROJECTION_SCHEDULES, 'often'))?.status?.lastSuccessfulTime);
    expect(await made('often')).toHaveLength(1);
    await space.told('often', ['Made']);
    await space.delete(PROJECTION_SCHEDULES, 'often');
    await space.gone(PROJECTION_REBUILDS, rebuild!.metadata.name);
  });

  it.each([
    ['Forbid', 1, ['StillActive']],
    ['Allow', 2, ['Made']],
    ['Replace', 1, ['Made', 'Replaced']],
  ] as const)('%s: with the one before at work', async (concurrencyPolicy, count, events) => {
    await space.schedule('busy', { schedule: '0 * * * *', concurrencyPolicy });
    const before = await earlier('busy', 50, 'Suspended');
    await until('it is active', async () => (await space.get(PROJECTION_SCHEDULES, 'busy'))?.status?.active?.length === 1);
    await hourLater('busy');
    await until(
      'it is told',
      async () => (await space.events('busy')).length === events.length,
      () => space.events('busy'),
    );
    await until(
      'there are so many',
      async () => (await made('busy')).length === count,
      () => made('busy'),
    );
    expect((await space.events('busy')).sort()).toEqual(events);
    if (concurrencyPolicy === 'Replace') await space.gone(PROJECTION_REBUILDS, before);
  });

  it('says that the API server takes none now, and makes it when it does', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none' },
      spec: { hard: { 'count/projectionrebuilds.ledgerflow.io': '0' } },
    };
    await plane.kubectl(['apply', '--namespace', space.name, '-f', '-'], { input: JSON.stringify(quota) });
    await until('the quota holds', () =>
      space.create('probe', { suspend: true }).then(
        async () => {
          await space.delete(PROJECTION_REBUILDS, 'probe');
          return false;
        },
        () => true,
      ),
    );
    await space.schedule('bounded', { schedule: '0 * * * *' });
    await hourLater('bounded');
    const isNotMade = async () => {
      const { status } = (await space.get(PROJECTION_SCHEDULES, 'bounded'))!;
      return conditionOf(status?.conditions, 'Scheduled')?.reason === 'NotMade' && status;
    };
    const status = await until('it is said', isNotMade);
    expect(conditionOf(status.conditions, 'Scheduled')?.message).toContain('exceeded quota');
    await until('it is told', async () => (await space.events('bounded')).includes('NotMade'));
    await plane.kubectl(['delete', 'resourcequota', 'none', '--namespace', space.name]);
    await space.patch(PROJECTION_SCHEDULES, 'bounded', { metadata: { labels: { look: 'again' } } });
    await until('one is made', async () => (await made('bounded')).length === 1);
    await until(
      'it is right',
      async () => conditionOf((await space.get(PROJECTION_SCHEDULES, 'bounded'))?.status?.conditions, 'Scheduled')?.status === 'True',
    );
  });

  it("leaves a time out whose name is another's", async () => {
    await space.schedule('taken', { schedule: '0 * * * *' });
    const at = Math.floor((Date.now() + HOUR_MS) / HOUR_MS) * HOUR_MS;
    for (const time of [at, at + HOUR_MS]) await space.create(nameOf('taken', time), { suspend: true });
    await hourLater('taken');
    await until('it is told', async () => (await space.events('taken')).includes('NameTaken'));
    expect(await made('taken')).toEqual([]);
  });

  it('keeps as many of those that ended as it is told to', async () => {
    await space.schedule('history', { schedule: '0 3 1 1 *', successfulHistoryLimit: 1, failedHistoryLimit: 1 });
    const kept = [await earlier('history', 10, 'Swapped'), await earlier('history', 20, 'Failed')];
    for (const [minutes, phase] of [
      [30, 'Swapped'],
      [40, 'Proven'],
      [50, 'Cancelled'],
    ] as const)
      await space.gone(PROJECTION_REBUILDS, await earlier('history', minutes, phase));
    expect((await made('history')).map(({ metadata }) => metadata.name).sort()).toEqual(kept.sort());
  });

  it('says what is wrong with its times', async () => {
    await space.schedule('wrong', { schedule: '0 3 31 2 *' });
    const { status } = await until('it is told', async () => {
      const found = await space.get(PROJECTION_SCHEDULES, 'wrong');
      return found?.status?.conditions === undefined ? null : found;
    });
    expect(conditionOf(status?.conditions, 'Scheduled')).toMatchObject({
      status: 'False',
      reason: 'InvalidSchedule',
      message: expect.stringContaining('never comes'),
    });
    await until('it is told', async () => (await space.events('wrong')).includes('InvalidSchedule'));
    await space.patch(PROJECTION_SCHEDULES, 'wrong', { spec: { schedule: '0 3 * * *' } });
    await until('it is right', async () => (await space.get(PROJECTION_SCHEDULES, 'wrong'))?.status?.nextScheduleTime);
  });
});
