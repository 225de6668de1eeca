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
let recorder: EventRecorder;
const log = { ...silentLogger, warn: jest.fn(), debug: jest.fn() };

beforeEach(() => {
  now = Date.parse('2026-01-02T03:04:05.678Z');
  created = [];
  patched = [];
  failure = null;
  log.warn.mockClear();
  log.debug.mockClear();
  const client = {
    create: async (_resource: unknown, _namespace: string, event: Event): Promise<Event> => {
      if (failure !== null) throw failure;
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
    log: log as never,
    now: () => now,
  });
});

const record = (note = 'it began', name = 'a'): Promise<void> => recorder.record(thing(name, '7'), 'Normal', 'Started', 'Start', note);

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

  it('under way at once: 32', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => record('it began', `${i}`)));
    expect(created).toHaveLength(32);
    await record('it began', 'next');
    expect(created).toHaveLength(33);
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
