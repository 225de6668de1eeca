import { expect, it, jest } from '@jest/globals';
import { silentLogger } from '@ledgerflow/platform/log';
import { thing } from '../kube/testing.ts';
import { InvalidObjects } from './invalid-objects.ts';

it('tells of an object once for each spec, again when it could not be told, and is looked at again each time', async () => {
  const told: string[] = [];
  let isTold = false;
  const record = async (_about: unknown, _type: string, reason: string): Promise<boolean> => {
    told.push(reason);
    return isTold;
  };
  const invalid = new InvalidObjects({ events: { record }, log: silentLogger, relist: () => undefined });
  const found = { ...thing('a', '1'), metadata: { ...thing('a', '1').metadata, generation: 1 } };
  const tell = () => invalid.tell(found, 'spec: strange');
  expect(await tell()).toEqual({ requeueAfterMs: 60_000 });
  isTold = true;
  for (let i = 0; i < 3; i++) expect(await tell()).toEqual({ requeueAfterMs: 60_000 });
  expect(told).toEqual(['InvalidSpec', 'InvalidSpec']);
  found.metadata.generation = 2;
  await tell();
  expect(told).toHaveLength(3);
});

it('has all read anew, however many are not understood, once in a while', async () => {
  jest.useFakeTimers();
  try {
    let relisted = 0;
    const events = { record: async () => true };
    const invalid = new InvalidObjects({ events, log: silentLogger, relist: () => void relisted++ });
    const all = Array.from({ length: 10 }, (_, i) => thing(`${i}`, '1'));
    for (let minute = 0; minute <= 3; minute++) {
      for (const found of all) await invalid.tell(found, 'spec: strange');
      expect(relisted).toBe(minute);
      jest.advanceTimersByTime(60_000);
    }
  } finally {
    jest.useRealTimers();
  }
});
