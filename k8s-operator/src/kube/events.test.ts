import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { KubeError, NotLeaderError } from './errors.ts';
import { EventRecorder } from './events.ts';
import type { Event } from './resources.ts';
import { thing } from './testing.ts';

let now: number;
let created: Event[];
let patched: { name: string; patch: object }[];
let failure: Error | null;
/** How many requests it is for; then they go well. */
let failures: number;
let waits: number[];
let recorder: EventRecorder;
const log = { ...silentLogger, warn: jest.fn(), debug: jest.fn() };

beforeEach(() => {
  now = Date.parse('2026-01-02T03:04:05.678Z');
  created = [];
  patched = [];
  failure = null;
  failures = Number.POSITIVE_INFINITY;
  waits = [];
  log.warn.mockClear();
  log.debug.mockClear();
  const client = {
    create: async (_resource: unknown, _namespace: string, event: Event): Promise<Event> => {
      if (failure !== null && failures-- > 0) throw failure;
      created.push(event);
      return event;
    },
    patch: async (_resource: unknown, _namespace: string, name: string, patch: object): Promise<void> => {
      if (failure !== null) throw failure;
      patched.push({ name, patch });
    },
  };
  recorder = new EventRecorder({
    client: client as never,
    reportingController: 'ledgerflow.io/operator',
    instance: 'pod-1',
    underWayMax: 32,
    log: log as never,
    now: () => now,
    sleep: async (ms) => void waits.push(ms),
  });
});

const record = (note = 'it began', name = 'a'): Promise<boolean> => recorder.record(thing(name, '7'), 'Normal', 'Started', 'Start', note);

describe('an event', () => {
  it('says about what, by whom and when', async () => {
    await record();
    expect(created).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'default', name: expect.stringMatching(/^a\.[0-9a-f]+$/) },
        eventTime: '2026-01-02T03:04:05.678000Z',
        reportingController: 'ledgerflow.io/operator',
        reportingInstance: 'pod-1',
        type: 'Normal',
        reason: 'Started',
        action: 'Start',
        note: 'it began',
        regarding: { apiVersion: 'test.ledgerflow.io/v1', kind: 'Thing', namespace: 'default', name: 'a', uid: 'a', resourceVersion: '7' },
      },
    ]);
  });

  it('that comes again is the same with a count, told at once and then each minute', async () => {
    for (let i = 0; i < 1_000; i++) {
      now += 1_000;
      await record();
    }
    expect(created).toHaveLength(1);
    // The second, and one a minute.
    expect(patched).toHaveLength(17);
    expect(patched[0]).toEqual({
      name: created[0]?.metadata.name,
      patch: { series: { count: 2, lastObservedTime: '2026-01-02T03:04:07.678000Z' } },
    });
    expect(patched.at(-1)).toMatchObject({ patch: { series: { count: 962 } } });
  });

  it('that comes again after a long time is another', async () => {
    await record();
    now += 6 * 60_000;
    await record();
    expect(created).toHaveLength(2);
    expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(2);
  });

  it('whose series somebody deleted is told anew', async () => {
    await record();
    failure = new KubeError('gone', { status: 404, reason: 'NotFound' });
    await record();
    failure = null;
    await record();
    expect(created).toHaveLength(2);
  });

  it('has a note no longer than the API takes, cut between letters', async () => {
    await record('ü'.repeat(1_000));
    const note = created[0]?.note ?? '';
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024);
    expect(note).toMatch(/^ü+…$/);
  });
});

describe('events do not get out of hand', () => {
  it('about one object: 25, then one each half minute; others are not held back', async () => {
    for (let i = 0; i < 100; i++) await record(`step ${i}`);
    expect(created).toHaveLength(25);
    expect(log.warn).toHaveBeenCalledTimes(75);
    await record('hello', 'b');
    expect(created).toHaveLength(26);
    now += 60_000;
    for (let i = 0; i < 10; i++) await record(`later ${i}`);
    expect(created).toHaveLength(28);
  });

  it('under way at once: as many as it was told', async () => {
    const told = await Promise.all(Array.from({ length: 50 }, (_, i) => record('it began', `${i}`)));
    expect(created).toHaveLength(32);
    expect(told.filter((is) => is)).toHaveLength(32);
    expect(await record('it began', 'next')).toBe(true);
    expect(created).toHaveLength(33);
  });
});

describe('an event that the API server can not take now', () => {
  it.each([
    [0, 'Timeout'],
    [429, 'TooManyRequests'],
    [503, 'ServiceUnavailable'],
  ])('%i %s: is tried again, and told once', async (status, reason) => {
    failure = new KubeError('not now', { status, reason });
    failures = 2;
    expect(await record()).toBe(true);
    expect([created.length, waits]).toEqual([1, [200, 1_000]]);
    expect(log.warn).not.toHaveBeenCalled();
  });

  it('is told when only the answer to the first try was lost', async () => {
    failure = new KubeError('there', { status: 409, reason: 'AlreadyExists' });
    expect(await record()).toBe(true);
  });

  it('is given up after three tries; one that it does not want after the first', async () => {
    failure = new KubeError('not now', { status: 0, reason: 'Unreachable' });
    expect(await record()).toBe(false);
    expect(waits).toHaveLength(2);
    failure = new KubeError('no', { status: 403, reason: 'Forbidden' });
    expect(await record('another')).toBe(false);
    expect(waits).toHaveLength(2);
    expect(log.warn).toHaveBeenCalledTimes(2);
  });
});

it('never fails: what could not be told is in the log, and is told the next time', async () => {
  failure = new KubeError('no', { status: 403, reason: 'Forbidden' });
  await record();
  expect(log.warn).toHaveBeenCalledWith(
    expect.objectContaining({ namespace: 'default', name: 'a', reason: 'Started', err: failure }),
    expect.any(String),
  );
  failure = new NotLeaderError('no');
  await record();
  expect(log.warn).toHaveBeenCalledTimes(1);
  failure = null;
  await record();
  expect(created).toHaveLength(1);
  expect(patched).toHaveLength(0);
});
