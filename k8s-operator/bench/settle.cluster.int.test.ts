import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { START_TIMEOUT_MS } from '../testing/control-plane/index.ts';
import { Ground } from './ground.ts';
import { settle } from './measures.ts';

/**
 * As many as end within two minutes on two processors that a dozen other processes want too (250 took 80 s there, 500 take 208 s): nine tenths of the time are the
 * control plane's, which makes and ends their pods. `npm run bench:operator` takes 500 and measures times; here is counted what load does not change.
 */
const OBJECTS = 250;
const TEST_MS = 300_000;
/** Requests to the gateway that one object costs beside a look at each change of its Job: two before its start, and a look at its finalizer, at its start, and at its end. */
const ASKED_PER_OBJECT_MAX = 5;
/** Looks at rebuilds that go on, a second, of all objects together. */
const LOOKS_PER_SECOND_MAX = 20;
const MEMORY_MAX_MIB = 150;

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.open();
}, START_TIMEOUT_MS);
afterAll(async () => ground?.close(), 60_000);

it(
  `${OBJECTS} objects at once: each ends Swapped by one Job, and costs so many requests and no more`,
  async () => {
    const since = new Date();
    const [settled, wrong] = await settle(ground, { objects: OBJECTS });
    expect(wrong).toMatchObject({ value: 0, note: '' });
    expect(ground.rebuilds.list()).toHaveLength(OBJECTS);
    expect(ground.jobs.list()).toHaveLength(OBJECTS);
    expect(ground.complaints).toEqual([]);

    const counts = new Map<string, number>();
    for (const { verb, resource, subresource, status } of await ground.requests(since)) {
      const kind = `${verb} ${resource}${subresource === null ? '' : `/${subresource}`}${status === 409 ? ' in conflict' : ''}`;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const take = (kind: string): number => {
      const count = counts.get(kind) ?? 0;
      counts.delete(kind);
      return count;
    };
    // The finalizer, on and off; the Job; that it runs, and that it is swapped.
    expect(take('patch projectionrebuilds')).toBe(2 * OBJECTS);
    expect(take('patch jobs')).toBe(OBJECTS);
    expect(take('create events')).toBe(2 * OBJECTS);
    // Started, seen at work, at its end, and whenever a look saw that it had moved. The gateway is asked twice before the start, and once for each look.
    const { asked } = ground.gateway;
    const conflicts = [...counts.keys()].filter((kind) => kind.endsWith(' in conflict')).reduce((sum, kind) => sum + take(kind), 0);
    const written = take('patch projectionrebuilds/status');
    expect(written).toBeGreaterThanOrEqual(2 * OBJECTS);
    expect(written + conflicts).toBeLessThanOrEqual(asked - OBJECTS);
    expect(conflicts).toBeLessThan(OBJECTS / 5);
    expect(asked).toBeLessThan(ASKED_PER_OBJECT_MAX * OBJECTS + ground.jobChanges + LOOKS_PER_SECOND_MAX * settled!.value);
    take('update leases');
    take('get leases');
    // A watch that ended meanwhile is followed by another.
    for (const plural of ['projectionrebuilds', 'projectionschedules', 'jobs']) take(`watch ${plural}`);
    expect([...counts]).toEqual([]);
    expect((await ground.memory()).peak).toBeLessThan(MEMORY_MAX_MIB);
  },
  TEST_MS,
);
