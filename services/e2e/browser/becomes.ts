import { expect } from '@jest/globals';
import { until } from '../stack/wait.ts';

/** For a step of a test: what takes a quiet machine a second or ten may take a busy one this long. */
export const STEP_MS = 60_000;

/** Waits until `read` finds what is expected (as toEqual); fails with the last difference when it does not in time. */
export async function becomes(what: string, read: () => unknown, expected: unknown, deadlineMs = STEP_MS): Promise<void> {
  await until(
    what,
    async () => {
      expect(await read()).toEqual(expected);
      return true;
    },
    deadlineMs,
  );
}
