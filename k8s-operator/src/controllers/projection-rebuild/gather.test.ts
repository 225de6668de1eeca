import { expect, it } from '@jest/globals';
import type { ProjectionRebuild } from '../../api/v1alpha1/index.ts';
import { gather, UnderstoodObjects } from './gather.ts';
import { TIMING } from './situation.ts';

const object = (name: string, isGoing: boolean, suspend = false): ProjectionRebuild => ({
  apiVersion: 'ledgerflow.io/v1alpha1',
  kind: 'ProjectionRebuild',
  metadata: { name, namespace: 'books', uid: name },
  spec: { projection: 'all', scope: { ledger: name }, retries: 0, suspend, proofGate: 'Required' },
  status: isGoing ? { phase: 'Running', rebuildId: name } : { phase: 'Swapped', rebuildId: name },
});

it.each([
  [1, TIMING.pollMs],
  [100, TIMING.pollMs],
  [400, 20_000],
])('of %i rebuilds that go on each is looked at every %i ms', async (count, expected) => {
  const going = Array.from({ length: count }, (_, i) => object(`going-${i}`, true));
  const others = Array.from({ length: 300 }, (_, i) => object(`other-${i}`, i % 2 === 0, i % 2 === 0));
  const sources = {
    rebuilds: { get: () => undefined, list: () => [...going, ...others] },
    jobs: { get: () => undefined, list: () => [] },
    listJobs: () => Promise.resolve([]),
    gateway: { getRebuild: () => Promise.resolve(null), listRebuilds: () => Promise.resolve([]) },
    timing: TIMING,
    now: () => 0,
  };
  const { timing } = await gather(going[0]!, sources, new UnderstoodObjects());
  expect(timing).toEqual({ ...TIMING, pollMs: expected });
});
